//! Alive, and ready: the store is writable, the disk has room, the backlog is within bounds.

use crate::clock::instant;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use causeway_store::{Entry, Position};
use http::StatusCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For so long a full disk counts as not ready. Then requests are asked for again, since only a write finds out whether
/// somebody made room.
const FULL_FOR: Duration = Duration::from_secs(5);

/// What readiness depends on; updated by those who know.
#[derive(Debug, Default)]
pub struct Health {
    /// The last write to the journal failed, and not for lack of room.
    store_fails: AtomicBool,
    /// When the last write to the journal found no room, if it did.
    found_full: Mutex<Option<Instant>>,
    /// Something that should run as long as the bridge ended.
    part_stopped: AtomicBool,
    /// The bridge is going down.
    stopping: AtomicBool,
    /// Bytes accepted since the start.
    accepted: AtomicU64,
    /// Bytes processed since the start.
    processed: AtomicU64,
    /// The bound of the difference.
    backlog: AtomicU64,
}

/// How it stands with what readiness depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// The engine, or a destination's lane, ended abnormally.
    pub part_stopped: bool,
    /// The last write to the journal failed, and not for lack of room.
    pub store_fails: bool,
    /// The last write to the journal found no room.
    pub disk_full: bool,
    /// Bytes that wait to be processed.
    pub backlog: u64,
    /// As many as the operator allows.
    pub backlog_bound: u64,
}

impl Health {
    /// Well, with a bound for the backlog in bytes.
    pub fn new(backlog: u64) -> Self {
        Self { backlog: AtomicU64::new(backlog), ..Self::default() }
    }

    /// Other bytes that may wait to be processed.
    pub fn bound_backlog(&self, bytes: u64) {
        self.backlog.store(bytes, Ordering::Relaxed);
    }

    /// A write to the journal worked.
    pub fn store_works(&self) {
        self.store_fails.store(false, Ordering::Relaxed);
        self.set_found_full(None);
    }

    /// A write to the journal found no room.
    pub fn store_full(&self, now: Instant) {
        self.set_found_full(Some(now));
    }

    /// A write to the journal failed for another reason.
    pub fn store_fails(&self) {
        self.store_fails.store(true, Ordering::Relaxed);
    }

    fn set_found_full(&self, at: Option<Instant>) {
        *self.found_full.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn is_full(&self, now: Instant) -> bool {
        let found = *self.found_full.lock().unwrap_or_else(PoisonError::into_inner);
        found.is_some_and(|at| now.saturating_duration_since(at) < FULL_FOR)
    }

    /// The engine, or a destination's lane, ended abnormally.
    pub fn part_stopped(&self) {
        self.part_stopped.store(true, Ordering::Relaxed);
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
        self.waiting() > self.backlog.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed).saturating_sub(self.processed.load(Ordering::Relaxed))
    }

    /// What alerts are made of.
    pub fn signs(&self, now: Instant) -> Signs {
        Signs {
            part_stopped: self.part_stopped.load(Ordering::Relaxed),
            store_fails: self.store_fails.load(Ordering::Relaxed),
            disk_full: self.is_full(now),
            backlog: self.waiting(),
            backlog_bound: self.backlog.load(Ordering::Relaxed),
        }
    }

    /// Why the bridge is not ready, if it is not.
    pub fn complaint(&self, now: Instant) -> Option<&'static str> {
        if self.stopping.load(Ordering::Relaxed) {
            return Some("the bridge is stopping");
        }
        if self.part_stopped.load(Ordering::Relaxed) {
            return Some("a part of the bridge stopped; see the log and restart");
        }
        if self.store_fails.load(Ordering::Relaxed) {
            return Some("the store can't be written; see the log, mend the disk and restart");
        }
        if self.is_full(now) {
            return Some("the disk is full; make room");
        }
        self.backlog_is_full().then_some("the backlog is full; see limits.backlog")
    }
}

/// Reports when whoever holds it is ended by a panic.
#[derive(Debug)]
pub struct Watch(pub Arc<Health>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.part_stopped();
        }
    }
}

/// Runs a part of the bridge; if it ends by a panic, health tells.
pub async fn watched(health: Arc<Health>, part: impl Future<Output = ()>) {
    let _watch = Watch(health);
    part.await;
}

/// How much there is in the journal beyond the cursor is not known in bytes at the start; records count as this much.
pub const RECORD_GUESS: u64 = 1024;

/// What a restart finds unprocessed.
pub fn found_waiting(last: Position, cursor: Position) -> u64 {
    last.0.saturating_sub(cursor.0) * RECORD_GUESS
}

/// How much of the backlog a step from `cursor` took away: each record as it was counted, by guess up to `found`, the
/// newest record at the start, and by its bytes after it.
pub fn worked_off(entries: &[Entry], cursor: Position, found: Position) -> u64 {
    let last = entries.last().map_or(cursor, |entry| entry.position);
    let fresh = entries.iter().filter(|entry| entry.position > found);
    found_waiting(last.min(found), cursor) + fresh.map(|entry| entry.record.body.len() as u64).sum::<u64>()
}

/// `/healthz` and `/readyz`.
pub fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> impl IntoResponse {
    match health.complaint(instant()) {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(complaint) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {complaint}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_complaint_for_a_while_and_a_broken_one_until_a_write_works() {
        let (health, start) = (Health::new(1_000), Instant::now());
        health.store_full(start);
        assert!(health.complaint(start).is_some_and(|complaint| complaint.contains("full")));
        assert_eq!(health.complaint(start + FULL_FOR), None);
        health.store_fails();
        assert!(health.complaint(start + FULL_FOR).is_some());
        health.store_works();
        assert_eq!(health.complaint(start), None);
    }

    #[tokio::test]
    async fn a_part_that_ends_by_a_panic_is_a_complaint_and_one_that_ends_in_peace_is_none() {
        let health = Arc::new(Health::new(1_000));
        watched(Arc::clone(&health), async {}).await;
        assert_eq!(health.complaint(Instant::now()), None);
        let ended = tokio::spawn(watched(Arc::clone(&health), async { panic!("a bug") })).await;
        assert!(ended.is_err() && health.complaint(Instant::now()).is_some());
    }
}
