//! What a running sandbox remembers.

use crate::counts::{Counts, Tally};
use crate::fault::{Fault, Faults, Strike, Target};
use crate::insights::Quota;
use crate::kept::Kept;
use crate::options::Options;
use crate::seen::Seen;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    memory: Mutex<Memory>,
    faults: Mutex<Faults>,
}

/// What a reset forgets.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) counts: Counts,
    /// Segment's final messages.
    pub(crate) messages: Kept,
    /// Messages that Segment answered with 200 and threw away, with the reason.
    pub(crate) dropped: Kept,
    /// Insights events.
    pub(crate) events: Kept,
    /// Message ids of the last day.
    pub(crate) seen: Seen,
    /// How many message ids were assigned to messages that came without.
    pub(crate) assigned: u64,
    /// Deletes of this minute.
    pub(crate) deletes: Quota,
}

impl Memory {
    fn new(options: &Options) -> Self {
        let kept = || Kept::new(options.keep, options.keep_bytes);
        Self {
            counts: Counts::default(),
            messages: kept(),
            dropped: kept(),
            events: kept(),
            seen: Seen::new(options.remember_ids),
            assigned: 0,
            deletes: Quota::new(options.token_deletes_per_minute),
        }
    }

    /// The totals of the vendor behind a target; search and analytics have none.
    pub(crate) fn tally(&mut self, target: Target) -> Option<&mut Tally> {
        match target {
            Target::Segment => Some(&mut self.counts.segment),
            Target::Insights => Some(&mut self.counts.algolia),
            Target::Search | Target::Analytics => None,
        }
    }
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        let memory = Mutex::new(Memory::new(&options));
        let faults = Mutex::new(Faults::new(options.seed));
        Self { options, memory, faults }
    }

    /// The memory, for a moment: never across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn strike(&self, target: Target) -> Strike {
        self.faults().strike(target, Instant::now())
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.faults().add(fault, Instant::now());
    }

    pub(crate) fn active_faults(&self) -> Vec<Fault> {
        self.faults().list(Instant::now())
    }

    pub(crate) fn clear_faults(&self) {
        self.faults().clear();
    }

    /// As if just started: no messages, no counts, no faults, no known ids.
    pub(crate) fn reset(&self) {
        *self.memory() = Memory::new(&self.options);
        self.clear_faults();
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wall clock in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
