//! What became of echoed messages.

use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

/// Totals of an echo, in messages unless said otherwise.
/// Always: `taken = withheld + delivered + refused + lost + waiting`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EchoCounts {
    /// Kept by the tracking API since the echo began.
    pub taken: u64,
    /// Not meant for the destination, by `integrations`.
    pub withheld: u64,
    /// Answered with 2xx.
    pub delivered: u64,
    /// Answered with a status that isn't retried.
    pub refused: u64,
    /// Given up after four hours, or one too many to wait.
    pub lost: u64,
    /// Still to be delivered.
    pub waiting: u64,
    /// Requests, every attempt of each.
    pub requests: u64,
    /// Requests that were attempts after the first.
    pub retries: u64,
}

/// The counts as the sender and the readers share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Counting(Arc<Mutex<EchoCounts>>);

impl Counting {
    pub(super) fn add(&self, change: impl FnOnce(&mut EchoCounts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn read(&self) -> EchoCounts {
        let mut counts = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.waiting = counts.taken - counts.withheld - counts.delivered - counts.refused - counts.lost;
        counts
    }
}
