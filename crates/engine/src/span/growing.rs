//! The filter that is not written yet.

use super::Gathering;
use bytes::Bytes;
use causeway_store::Position;

/// A filter is written once it has so many ids: some kilobytes, whatever they came in. Of a trickle, each step would otherwise
/// leave one of a few bytes, and a trace would have to ask millions.
pub const MAX_IDS: usize = 4_096;

/// A filter is written once it covers so many records, so that this many are read without one at most.
pub const MAX_RECORDS: u64 = 1_024;

/// Gathers ids over steps of the engine.
#[derive(Debug, Default)]
pub struct Growing {
    ids: Gathering,
    first: Option<Position>,
}

impl Growing {
    /// Adds the ids of the next stretch; answers the filter if it is to be written. A stretch without ids counts too: what no
    /// filter covers is read.
    pub fn add(&mut self, ids: Gathering, first: Position, last: Position) -> Option<Bytes> {
        let first = self.restore(ids, first);
        let is_full = self.ids.hashes.len() >= MAX_IDS || last.0 - first.0 + 1 >= MAX_RECORDS;
        is_full.then(|| std::mem::take(self).ids.build(first, last))
    }

    /// Adds ids that were gathered before a restart, the oldest first; answers where the stretch begins.
    pub fn restore(&mut self, ids: Gathering, first: Position) -> Position {
        self.ids.hashes.extend(ids.hashes);
        *self.first.get_or_insert(first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Needle, last};
    use super::*;

    fn of(id: &str) -> Gathering {
        let mut ids = Gathering::default();
        ids.add(id);
        ids
    }

    #[test]
    fn a_filter_is_gathered_over_steps_until_it_has_many_ids_or_records() {
        let mut growing = Growing::default();
        for at in 1..MAX_RECORDS {
            assert_eq!(growing.add(of("some-one"), Position(at), Position(at)), None);
        }
        let many = (0..MAX_IDS).fold(Gathering::default(), |mut ids, id| {
            ids.add(&id.to_string());
            ids
        });
        let by_records = growing.add(of("else"), Position(MAX_RECORDS), Position(MAX_RECORDS)).unwrap();
        let by_ids = growing.add(many, Position(2_000), Position(2_001)).unwrap();
        let found = |id, filter| Needle::id(id).find(filter);
        assert_eq!(found("some-one", &by_records), Some((Position(1), Position(MAX_RECORDS))));
        assert_eq!(found("else", &by_records), Some((Position(1), Position(MAX_RECORDS))));
        assert_eq!(found("7", &by_ids), Some((Position(2_000), Position(2_001))));
    }

    #[test]
    fn records_without_ids_are_covered_and_never_found() {
        let filter =
            Growing::default().add(Gathering::default(), Position(1), Position(MAX_RECORDS)).unwrap();
        assert_eq!(last(&filter), Some(Position(MAX_RECORDS)));
        assert_eq!(Needle::id("").find(&filter), None);
    }
}
