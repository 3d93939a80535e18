//! Look-up filters: which ids occur in which stretch of the journal.
//!
//! Indexing each id of each event would cost more than all other work together. Instead the engine leaves Bloom filters, each
//! over a stretch of the journal; a trace asks the filters and reads only the stretches that may hold the id. Ids are
//! gathered over steps until a filter is worth a row ([`Growing`]); what no filter covers yet is read without one, and after
//! a restart its ids are gathered again. With ten bits an id and four probes about one stretch in eighty is read in vain. What holds an event's id
//! can only be told by parsing all of a stretch, so these are in it twice, by hashes that have nothing to do with each other:
//! one stretch in some thousands is parsed in vain.

mod growing;
mod told;

pub use growing::{Growing, MAX_IDS, MAX_RECORDS};

use bytes::Bytes;
use causeway_store::Position;
use xxhash_rust::xxh3::xxh3_64;

const BITS_PER_ID: usize = 10;
const PROBES: u32 = 4;

/// In the first position of a filter that has event ids twice.
const TWICE: u64 = 1 << 63;

/// Gathers the ids of a stretch.
#[derive(Debug, Default)]
pub struct Gathering {
    hashes: Vec<u64>,
}

impl Gathering {
    /// Adds an id of any kind.
    pub fn add(&mut self, id: &str) {
        self.hashes.push(xxh3_64(id.as_bytes()));
    }

    /// Adds an event's id by the digits it is written with.
    pub fn add_event(&mut self, short: u64) {
        self.hashes.extend([short, again(short)]);
    }

    /// The filter over the stretch, as the store keeps it: the first position (with a flag) and the last, 64 bits each, little
    /// endian, and the bits; without ids none.
    pub fn build(self, first: Position, last: Position) -> Bytes {
        let bytes = (self.hashes.len() * BITS_PER_ID).div_ceil(8).next_multiple_of(8);
        let mut data = vec![0; 16 + bytes];
        data[..8].copy_from_slice(&(first.0 | TWICE).to_le_bytes());
        data[8..16].copy_from_slice(&last.0.to_le_bytes());
        let bits = &mut data[16..];
        for hash in self.hashes {
            probes(hash, bytes).for_each(|bit| bits[bit / 8] |= 1 << (bit % 8));
        }
        data.into()
    }
}

/// The last position that a stored filter covers.
pub fn last(data: &[u8]) -> Option<Position> {
    let last = data.get(8..)?.first_chunk()?;
    Some(Position(u64::from_le_bytes(*last)))
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Needle {
    hash: u64,
    /// For an event's id.
    again: Option<u64>,
}

impl Needle {
    /// An id of any kind but an event's.
    pub fn id(id: &str) -> Self {
        Self { hash: xxh3_64(id.as_bytes()), again: None }
    }

    /// An event's id.
    pub fn event(short: u64) -> Self {
        Self { hash: short, again: Some(again(short)) }
    }

    /// The stretch that a stored filter covers, if it may hold the id.
    pub fn find(self, data: &[u8]) -> Option<(Position, Position)> {
        let (first, rest) = data.split_first_chunk()?;
        let (last, bits) = rest.split_first_chunk()?;
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        let again = self.again.filter(|_| first & TWICE != 0);
        let held =
            !bits.is_empty() && [Some(self.hash), again].into_iter().flatten().all(|hash| holds(bits, hash));
        held.then_some((Position(first & !TWICE), Position(last)))
    }
}

fn holds(bits: &[u8], hash: u64) -> bool {
    probes(hash, bits.len()).all(|bit| bits[bit / 8] >> (bit % 8) & 1 == 1)
}

/// The other hash of an event's id.
fn again(short: u64) -> u64 {
    xxh3_64(&short.to_le_bytes())
}

fn probes(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (start, step) = (hash, (hash >> 32) | 1);
    (0..u64::from(PROBES))
        .map(move |probe| (start.wrapping_add(probe.wrapping_mul(step)) % (bytes as u64 * 8)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_holds_every_id_it_was_given_and_few_others() {
        let mut gathering = Gathering::default();
        (0..1_000).for_each(|id| gathering.add(&format!("in-{id}")));
        let data = gathering.build(Position(3), Position(8));
        assert!(
            (0..1_000)
                .all(|id| Needle::id(&format!("in-{id}")).find(&data) == Some((Position(3), Position(8))))
        );
        let false_hits =
            (0..10_000).filter(|id| Needle::id(&format!("out-{id}")).find(&data).is_some()).count();
        assert!(false_hits < 400, "{false_hits} of 10,000");
    }

    #[test]
    fn an_event_is_looked_for_where_it_is_and_hardly_anywhere_else() {
        let (mut gathering, short) = (Gathering::default(), |id: u64| xxh3_64(&id.to_be_bytes()));
        (0..1_000).for_each(|id| gathering.add_event(short(id)));
        let data = gathering.build(Position(3), Position(8));
        let hits = |ids: std::ops::Range<u64>| {
            ids.filter(|id| Needle::event(short(*id)).find(&data) == Some((Position(3), Position(8)))).count()
        };
        assert_eq!(hits(0..1_000), 1_000);
        assert!(hits(1_000..101_000) < 100, "{} of 100,000", hits(1_000..101_000));
    }

    #[test]
    fn an_event_is_found_in_a_filter_that_has_its_id_once() {
        let mut gathering = Gathering::default();
        gathering.hashes.push(7);
        let mut data = gathering.build(Position(3), Position(8)).to_vec();
        data[7] = 0;
        assert_eq!(Needle::event(7).find(&data), Some((Position(3), Position(8))));
    }

    #[test]
    fn a_cut_off_filter_finds_nothing() {
        assert!(Needle::id("x").find(&[0; 16]).is_none() && Needle::id("x").find(&[]).is_none());
    }
}
