//! Log lines on their way to the exporter.

use super::{Tracer, nanos};
use std::fmt::Debug;
use std::sync::OnceLock;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;

/// Where lines go once a bridge exports.
static TRACER: OnceLock<Tracer> = OnceLock::new();

/// Only what we write ourselves: what the exporter's connection writes about itself would never end.
const OWN: &str = "causeway";

/// The exporter's own lines stay here.
const EXPORTER: &str = "causeway::telemetry::otlp";

/// Exports log lines from now on; the first bridge of a process has them all.
pub fn export(tracer: &Tracer) {
    if tracer.is_on() {
        let _ = TRACER.set(tracer.clone());
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) at: u64,
    pub(super) level: Level,
    pub(super) message: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Log {
    /// The number that OTLP has for the level.
    pub(super) fn severity(&self) -> u8 {
        match self.level {
            Level::TRACE => 1,
            Level::DEBUG => 5,
            Level::INFO => 9,
            Level::WARN => 13,
            Level::ERROR => 17,
        }
    }
}

/// Sees every line that the log's filter lets through.
#[derive(Debug)]
pub struct Layer;

impl<S: Subscriber> tracing_subscriber::Layer<S> for Layer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(tracer) = TRACER.get() else { return };
        let target = event.metadata().target();
        if !target.starts_with(OWN) || target.starts_with(EXPORTER) {
            return;
        }
        let fields = vec![("target".to_owned(), target.to_owned())];
        let mut log = Log { at: nanos(), level: *event.metadata().level(), message: String::new(), fields };
        event.record(&mut log);
        tracer.log(log);
    }
}

impl Visit for Log {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.fields.push((field.name().to_owned(), value.to_owned()));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
