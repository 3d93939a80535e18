//! What a running sandbox remembers.

use crate::analytics::Searches;
use crate::clock::iso;
use crate::counts::{Counts, Tally};
use crate::fault::{Fault, Faults, Strike, Target};
use crate::kept::Kept;
use crate::options::Options;
use crate::personalization::Personalization;
use crate::quota::Quota;
use crate::search::Indices;
use crate::seen::Seen;
use crate::segment::echo::{Destination, Echo};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    memory: Mutex<Memory>,
    echo: Mutex<Option<Echo>>,
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
    /// Search's records, and the tasks still to write some.
    pub(crate) indices: Indices,
    /// Operations that Search accepted.
    pub(crate) writes: Kept,
    /// Searches that were answered.
    pub(crate) searches: Kept,
    /// The same for analytics.
    pub(crate) searched: Searches,
    /// Calls of analytics in this minute.
    pub(crate) analytics_calls: Quota,
    /// What any of Algolia's interfaces was told to delete.
    pub(crate) deletions: Kept,
    /// Profiles and the strategy.
    pub(crate) personalization: Personalization,
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
            indices: Indices::new(options.largest_record, options.products),
            writes: kept(),
            searches: kept(),
            searched: Searches::new(options.keep),
            analytics_calls: Quota::per_minute(options.analytics_calls_per_minute),
            deletions: kept(),
            personalization: Personalization::new(options),
            seen: Seen::new(options.remember_ids),
            assigned: 0,
            deletes: Quota::per_minute(options.token_deletes_per_minute),
        }
    }

    /// The records that can be read now, of one index or of all: `{"index", "writes", "record"}`.
    pub(crate) fn records(&mut self, index: Option<&str>) -> Vec<Value> {
        self.indices.settle(Instant::now());
        let chosen = self.indices.all().filter(|(name, _)| index.is_none_or(|index| index == *name));
        let records =
            chosen.flat_map(|(name, index)| index.records.values().map(move |record| (name, record)));
        records
            .map(|(name, record)| json!({"index": name, "writes": record.writes, "record": record.fields}))
            .collect()
    }

    /// Notes that an interface of Algolia's was told to delete what belongs to a token.
    pub(crate) fn note_deletion(&mut self, api: &str, token: &str, now: i64) {
        let deletion = json!({"at": iso(now), "api": api, "token": token});
        self.deletions.push(deletion.to_string().into());
    }

    /// The totals of the vendor behind a target; analytics has none.
    pub(crate) fn tally(&mut self, target: Target) -> Option<&mut Tally> {
        match target {
            Target::Segment => Some(&mut self.counts.segment),
            Target::Insights => Some(&mut self.counts.algolia),
            Target::Search => Some(&mut self.counts.search),
            Target::Personalization => Some(&mut self.counts.personalization),
            Target::Analytics => None,
        }
    }
}

impl World {
    pub(crate) fn new(options: Options) -> Self {
        let memory = Mutex::new(Memory::new(&options));
        let faults = Mutex::new(Faults::new(options.seed));
        Self { options, memory, faults, echo: Mutex::default() }
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

    /// The echo under way, for a moment: never across an await.
    pub(crate) fn echo(&self) -> MutexGuard<'_, Option<Echo>> {
        self.echo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts an echo in place of the one under way, or ends that. On a runtime.
    pub(crate) fn set_echo(&self, destination: Option<Destination>) {
        *self.echo() = destination.map(|destination| Echo::start(destination, self.options.seed));
    }

    /// As if just started: no messages, no records but the shop's, no counts, no faults, no known ids, no echo.
    pub(crate) fn reset(&self) {
        *self.memory() = Memory::new(&self.options);
        self.clear_faults();
        self.set_echo(None);
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
