//! Alive, and ready: the store is writable, the disk has room, the backlog is within bounds.

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use causeway_store::Position;
use http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What readiness depends on; updated by those who know.
#[derive(Debug, Default)]
pub struct Health {
    /// Since when something is wrong with the store, in words.
    store_fails: AtomicBool,
    /// The engine ended abnormally.
    engine_stopped: AtomicBool,
    /// The bridge is going down.
    stopping: AtomicBool,
    /// Bytes accepted since the start.
    accepted: AtomicU64,
    /// Bytes processed since the start.
    processed: AtomicU64,
    /// The bound of the difference.
    backlog: AtomicU64,
}

impl Health {
    /// Well, with a bound for the backlog in bytes.
    pub fn new(backlog: u64) -> Self {
        Self { backlog: AtomicU64::new(backlog), ..Self::default() }
    }

    /// A write to the journal worked, or did not.
    pub fn store_works(&self, works: bool) {
        self.store_fails.store(!works, Ordering::Relaxed);
    }

    /// The engine ended.
    pub fn engine_stopped(&self) {
        self.engine_stopped.store(true, Ordering::Relaxed);
    }

    /// The bridge is going down: not ready for new requests.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// So many bytes were accepted.
    pub fn accepted(&self, bytes: u64) {
        self.accepted.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes were processed.
    pub fn processed(&self, bytes: u64) {
        self.processed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether more waits to be processed than the operator allows.
    pub fn backlog_is_full(&self) -> bool {
        let waiting =
            self.accepted.load(Ordering::Relaxed).saturating_sub(self.processed.load(Ordering::Relaxed));
        waiting > self.backlog.load(Ordering::Relaxed)
    }

    /// Why the bridge is not ready, if it is not.
    pub fn complaint(&self) -> Option<&'static str> {
        if self.stopping.load(Ordering::Relaxed) {
            return Some("the bridge is stopping");
        }
        if self.engine_stopped.load(Ordering::Relaxed) {
            return Some("the engine stopped; see the log and restart");
        }
        if self.store_fails.load(Ordering::Relaxed) {
            return Some("the store can't be written; free disk space or mend the disk");
        }
        self.backlog_is_full().then_some("the backlog is full; see limits.backlog")
    }
}

/// How much there is in the journal beyond the cursor is not known in bytes at the start; records count as this much.
pub const RECORD_GUESS: u64 = 1024;

/// What a restart finds unprocessed.
pub fn found_waiting(last: Position, cursor: Position) -> u64 {
    last.0.saturating_sub(cursor.0) * RECORD_GUESS
}

/// `/healthz` and `/readyz`.
pub fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> impl IntoResponse {
    match health.complaint() {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(complaint) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {complaint}\n")),
    }
}
