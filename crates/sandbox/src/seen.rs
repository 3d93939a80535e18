//! Which message ids were seen lately.

use std::collections::{HashSet, VecDeque};
use xxhash_rust::xxh3::xxh3_128;

/// How long Segment recognises a `messageId`: "approximately 24 h" (guides/duplicate-data).
pub(crate) const WINDOW_MS: i64 = 24 * 3600 * 1000;

/// A window over message ids, bounded in time and number. Ids are kept as 128-bit fingerprints: two different ids out
/// of a million share one with a chance of about 1 in 10^26.
#[derive(Debug)]
pub(crate) struct Seen {
    known: HashSet<u128>,
    order: VecDeque<(u128, i64)>,
    most: usize,
}

impl Seen {
    pub(crate) fn new(most: usize) -> Self {
        Self { known: HashSet::new(), order: VecDeque::new(), most }
    }

    /// Whether the id is new at `now` (milliseconds); from then on it is known.
    pub(crate) fn is_new(&mut self, id: &str, now: i64) -> bool {
        self.forget(now);
        let fingerprint = xxh3_128(id.as_bytes());
        let new = self.known.insert(fingerprint);
        if new {
            self.order.push_back((fingerprint, now));
        }
        new
    }

    fn forget(&mut self, now: i64) {
        while let Some(&(fingerprint, since)) = self.order.front() {
            if self.order.len() < self.most && now - since < WINDOW_MS {
                return;
            }
            self.order.pop_front();
            self.known.remove(&fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_for_a_day_after_it_was_first_seen() {
        let mut seen = Seen::new(10);
        assert!(seen.is_new("a", 0));
        assert!(!seen.is_new("a", WINDOW_MS - 1));
        assert!(seen.is_new("a", WINDOW_MS));
    }

    #[test]
    fn the_oldest_id_makes_room() {
        let mut seen = Seen::new(2);
        assert!(["a", "b", "c"].iter().all(|id| seen.is_new(id, 0)));
        assert!(!seen.is_new("c", 0) && seen.is_new("a", 0));
        assert!(seen.order.len() <= 2 && seen.known.len() <= 2);
    }
}
