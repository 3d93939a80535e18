//! Structured logs on standard error.

use super::otlp;
use crate::config::settings::{Log, LogFormat};
use std::io::IsTerminal;
use std::sync::OnceLock;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// What a filter may name without a target. A word that is none of these would be a target of its own, and silence the rest.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Where the level is changed while the process runs.
static LEVEL: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Reads a filter: a level, or levels for targets, such as `info,causeway::delivery=debug`.
pub fn filter(text: &str) -> Result<EnvFilter, String> {
    let known = |part: &str| part.contains('=') || LEVELS.contains(&part.to_ascii_lowercase().as_str());
    match text.split(',').map(str::trim).find(|part| !known(part)) {
        Some(part) => Err(format!("{part:?} is no level; write {}, or target=level", LEVELS.join(", "))),
        None => EnvFilter::try_new(text).map_err(|error| error.to_string()),
    }
}

/// Starts logging; later calls change nothing.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = filter(&log.level).map_err(|error| format!("log.level: {error}"))?;
    let (filter, level) = reload::Layer::new(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Already started: a second bridge in one process (tests) shares the first one's log.
    let all = lines.and_then(otlp::Layer).with_filter(filter);
    if tracing_subscriber::registry().with(all).try_init().is_ok() {
        let _ = LEVEL.set(level);
    }
    Ok(())
}

/// Goes on with another filter, if logging was started here; the configuration has checked it.
pub fn set_level(text: &str) {
    if let (Some(level), Ok(filter)) = (LEVEL.get(), filter(text)) {
        let _ = level.reload(filter);
    }
}
