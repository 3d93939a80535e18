//! Look-up filters: which ids occur in which stretch of the journal.
//!
//! Indexing each id of each event would cost more than all other work together. Instead every commit of the engine
//! leaves one Bloom filter over its stretch of the journal; a trace asks the filters and reads only the stretches that
//! may hold the id. With ten bits an id and four probes about one stretch in eighty is read in vain.

use bytes::Bytes;
use causeway_store::Position;
use xxhash_rust::xxh3::xxh3_64;

const BITS_PER_ID: usize = 10;
const PROBES: u32 = 4;

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
        self.hashes.push(short);
    }

    /// The filter over the stretch, as the store keeps it.
    pub fn build(self, first: Position, last: Position) -> Option<Bytes> {
        if self.hashes.is_empty() {
            return None;
        }
        let bytes = (self.hashes.len() * BITS_PER_ID).div_ceil(8).next_multiple_of(8);
        let mut data = vec![0; 16 + bytes];
        data[..8].copy_from_slice(&first.0.to_le_bytes());
        data[8..16].copy_from_slice(&last.0.to_le_bytes());
        let bits = &mut data[16..];
        for hash in self.hashes {
            probes(hash, bytes).for_each(|bit| bits[bit / 8] |= 1 << (bit % 8));
        }
        Some(data.into())
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Needle(u64);

impl Needle {
    /// An id of any kind but an event's.
    pub fn id(id: &str) -> Self {
        Self(xxh3_64(id.as_bytes()))
    }

    /// An event's id.
    pub fn event(short: u64) -> Self {
        Self(short)
    }

    /// The stretch that a stored filter covers, if it may hold the id.
    pub fn find(self, data: &[u8]) -> Option<(Position, Position)> {
        let (first, rest) = data.split_first_chunk()?;
        let (last, bits) = rest.split_first_chunk()?;
        let held =
            !bits.is_empty() && probes(self.0, bits.len()).all(|bit| bits[bit / 8] >> (bit % 8) & 1 == 1);
        held.then(|| (Position(u64::from_le_bytes(*first)), Position(u64::from_le_bytes(*last))))
    }
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
        let data = gathering.build(Position(3), Position(8)).unwrap();
        assert!(
            (0..1_000)
                .all(|id| Needle::id(&format!("in-{id}")).find(&data) == Some((Position(3), Position(8))))
        );
        let false_hits =
            (0..10_000).filter(|id| Needle::id(&format!("out-{id}")).find(&data).is_some()).count();
        assert!(false_hits < 400, "{false_hits} of 10,000");
    }

    #[test]
    fn a_cut_off_filter_finds_nothing() {
        assert!(Needle::id("x").find(&[0; 16]).is_none() && Needle::id("x").find(&[]).is_none());
    }
}
