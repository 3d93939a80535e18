//! OpenTelemetry: spans and logs as OTLP/HTTP in JSON (<https://opentelemetry.io/docs/specs/otlp/>), off unless `telemetry.otlp_url`
//! is set.
//!
//! A sampled request is followed over threads and time: the server's span, the journal's commit, the engine's step, and each
//! attempt to deliver what was made of its events. The way is kept in memory only (`Board`), bounded; after a restart what waits
//! is delivered without spans. Nothing that came in is in a span: names of routes and destinations, numbers, status codes.
//!
//! Spans are put together by hand where the work is done, since none of them lives on one thread or in one task; so the usual
//! crates would be a second way to write the same few lines, with a code generator and an executor beside.

mod board;
mod context;
mod encode;
mod exporter;
mod logs;
mod serve;
mod span;

pub use context::Context;
pub use exporter::{Exporter, Target};
pub use logs::{Layer, export};
pub use serve::{current, serve};
pub use span::{Kind, Span, nanos};

use crate::telemetry::Metrics;
use crate::telemetry::metrics::Signal;
use board::Board;
use causeway_engine::event::EventId;
use causeway_store::Position;
use logs::Log;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// What waits to be exported; more is dropped and counted.
const QUEUE: usize = 4096;

enum Item {
    Span(Span),
    Log(Log),
}

/// Where spans and logs are handed in. Cheap to clone; does nothing where telemetry is off.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

struct Inner {
    queue: mpsc::Sender<Item>,
    sample: f64,
    board: Mutex<Board>,
    metrics: Arc<Metrics>,
}

impl Tracer {
    fn new(sample: f64, metrics: Arc<Metrics>) -> (Self, mpsc::Receiver<Item>) {
        let (queue, items) = mpsc::channel(QUEUE);
        (Self(Some(Arc::new(Inner { queue, sample, board: Mutex::default(), metrics }))), items)
    }

    /// Whether anything is exported.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// The span of a request that came with this `traceparent`: nothing if it is not sampled.
    fn enter(&self, traceparent: Option<&str>) -> Option<(Context, Option<Context>)> {
        let inner = self.0.as_ref()?;
        match traceparent.and_then(Context::parse) {
            Some((parent, sampled)) => sampled.then(|| (parent.child(), Some(parent))),
            None => (rand::random::<f64>() < inner.sample).then(|| (Context::root(), None)),
        }
    }

    /// Hands a span in.
    pub fn record(&self, span: Span) {
        self.hand_in(Item::Span(span), "spans");
    }

    fn log(&self, log: Log) {
        self.hand_in(Item::Log(log), "logs");
    }

    fn hand_in(&self, item: Item, signal: &'static str) {
        let Some(inner) = &self.0 else { return };
        if inner.queue.try_send(item).is_err() {
            inner.metrics.telemetry_dropped.get_or_create(&Signal { signal }).inc();
        }
    }

    /// Remembers the span that made a record durable.
    pub fn committed(&self, position: Position, context: Context) {
        self.with_board((), |board| board.positions.put(position, context));
    }

    /// Forgets and answers the span that made a record durable.
    pub fn take_committed(&self, position: Position) -> Option<Context> {
        self.with_board(None, |board| board.positions.take(&position))
    }

    /// Whether any record is followed at the moment.
    pub fn follows_any(&self) -> bool {
        self.with_board(false, |board| !board.positions.is_empty())
    }

    /// Remembers the span that an event went through the engine in.
    pub fn processed(&self, event: EventId, context: Context) {
        self.with_board((), |board| board.events.put(event, context));
    }

    /// The spans that these events went through the engine in.
    pub fn events(&self, events: impl Iterator<Item = EventId>) -> Vec<Context> {
        self.with_board(Vec::new(), |board| {
            if board.events.is_empty() {
                return Vec::new();
            }
            let mut found: Vec<Context> = events.filter_map(|event| board.events.get(&event)).collect();
            found.sort();
            found.dedup();
            found
        })
    }

    fn with_board<T>(&self, none: T, act: impl FnOnce(&mut Board) -> T) -> T {
        let lock = |inner: &'_ Arc<Inner>| act(&mut lock(&inner.board));
        self.0.as_ref().map_or(none, lock)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Tracer({})", if self.is_on() { "on" } else { "off" })
    }
}
