//! The latest of several instants, with what was known of it when.

use super::Origin;

/// The instants that matter: each is later than those that were known before it. Sorted, both by time and by origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Latest(pub(super) Vec<Instant>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// Milliseconds since the Unix epoch.
    pub(super) time: i64,
    pub(super) origin: Origin,
}

impl Latest {
    /// How many are remembered: the first that was known, and the latest. The others only tell what was believed in between.
    const MAX: usize = 8;

    /// The latest, as far as was known at this place of the journal.
    pub(super) fn at(&self, known: Origin) -> Option<i64> {
        self.0.iter().rev().find(|instant| instant.origin <= known).map(|instant| instant.time)
    }

    /// The earliest place in the journal that told of any.
    pub(super) fn origin(&self) -> Option<Origin> {
        self.0.first().map(|instant| instant.origin)
    }

    /// Whether adding this would change nothing.
    pub(super) fn holds(&self, time: i64, origin: Origin) -> bool {
        self.0.iter().any(|instant| instant.time >= time && instant.origin <= origin)
    }

    /// Adds one; answers whether it changes anything.
    pub(super) fn add(&mut self, time: i64, origin: Origin) -> bool {
        if self.holds(time, origin) {
            return false;
        }
        self.0.retain(|instant| instant.time > time || instant.origin < origin);
        let place = self.0.partition_point(|instant| instant.time < time);
        self.0.insert(place, Instant { time, origin });
        if self.0.len() > Self::MAX {
            self.0.remove(1);
        }
        true
    }
}
