//! What is learned from searches over time.

use super::Settings;
use super::clicks::Clicks;
use super::demand::Demands;
use super::nearest::Queries;
use super::newcomer::Newcomers;

/// All of it.
#[derive(Debug)]
pub(crate) struct Learned {
    /// Queries that give results.
    pub(crate) queries: Queries,
    /// Queries that don't, and who waits.
    pub(crate) demands: Demands,
    /// What people acted on.
    pub(crate) clicks: Clicks,
    /// Who was seen before.
    pub(crate) newcomers: Newcomers,
}

impl Learned {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            queries: Queries::default(),
            demands: Demands::new(settings.demand),
            clicks: Clicks::new(settings.memory_ms),
            newcomers: Newcomers::new(),
        }
    }

    /// Puts back what was kept under a key.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        self.clicks.restore(key, stored);
        self.demands.restore(key, stored);
        self.newcomers.restore(key, stored);
    }

    /// When something happens next though nobody does anything: at once, if people are still to be told of results.
    pub(crate) fn next_due(&self) -> Option<i64> {
        if self.demands.has_news() { Some(0) } else { self.newcomers.next_due() }
    }

    /// The changes since the last call, for the store.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changes = self.queries.take_changes();
        changes.extend(self.demands.take_changes());
        changes.extend(self.clicks.take_changes());
        changes.extend(self.newcomers.take_changes());
        changes
    }
}
