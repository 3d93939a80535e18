//! What was found damaged.

use super::Position;
use std::sync::{Mutex, PoisonError};

/// Ranges of positions, in order and apart from each other.
#[derive(Debug, Default)]
pub(super) struct Damage(Mutex<Vec<(Position, Position)>>);

impl Damage {
    pub(super) fn ranges(&self) -> Vec<(Position, Position)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds an inclusive range, joining it with those that it touches.
    pub(super) fn add(&self, first: u64, last: u64) {
        let mut ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = ranges.partition_point(|range| range.1.0.saturating_add(1) < first);
        let touched = ranges[before..].iter().take_while(|range| range.0.0 <= last.saturating_add(1)).count();
        let touching = &ranges[before..before + touched];
        let first = touching.first().map_or(first, |range| range.0.0.min(first));
        let last = touching.last().map_or(last, |range| range.1.0.max(last));
        ranges.splice(before..before + touched, [(Position(first), Position(last))]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_are_the_union_of_what_was_added(added in prop::collection::vec((1..60_u64, 0..9_u64), 0..12)) {
            let damage = Damage::default();
            let mut union = BTreeSet::new();
            for (first, length) in added {
                damage.add(first, first + length);
                union.extend(first..=first + length);
            }
            let ranges = damage.ranges();
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1.0 + 1 < pair[1].0.0));
            let found: BTreeSet<u64> = ranges.iter().flat_map(|range| range.0.0..=range.1.0).collect();
            prop_assert_eq!(found, union);
        }
    }
}
