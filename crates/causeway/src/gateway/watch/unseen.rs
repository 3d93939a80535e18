//! What was not seen: counted always, told now and then.

use crate::clock::Clock;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Unseen as Label;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The log tells of it again after so many milliseconds, not before.
const QUIET_MS: i64 = 60_000;

/// Why a search was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Too many answers wait to be read.
    Memory,
    /// More waits for the engine than the operator allows.
    Backlog,
    /// The disk is full.
    Disk,
    /// The journal refuses writes, or the bridge is going down.
    Journal,
    /// The answer is none that can be read.
    Unreadable,
}

impl Reason {
    /// Its name in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Backlog => "backlog",
            Self::Disk => "disk",
            Self::Journal => "journal",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Counts what was not seen, and what was.
pub(super) struct Unseen {
    pub(super) metrics: Arc<Metrics>,
    clock: Clock,
    told_at: AtomicI64,
}

impl Unseen {
    pub(super) fn new(metrics: Arc<Metrics>, clock: Clock) -> Self {
        Self { metrics, clock, told_at: AtomicI64::new(i64::MIN) }
    }

    pub(super) fn count(&self, reason: Reason, searches: usize) {
        let reason = reason.word();
        self.metrics.unseen.get_or_create(&Label { reason }).inc_by(searches as u64);
        let (now, told_at) = (self.clock.now(), self.told_at.load(Ordering::Relaxed));
        if now.saturating_sub(told_at) >= QUIET_MS && self.tells(told_at, now) {
            tracing::warn!(
                reason,
                "searches are not seen, their answers are not touched; see causeway_searches_unseen_total"
            );
        }
    }

    /// Of several who would tell at once one does.
    fn tells(&self, told_at: i64, now: i64) -> bool {
        self.told_at.compare_exchange(told_at, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
