//! How records lie in a block: one after the other, each with a head of 17 bytes, all numbers little-endian.
//!
//! ```text
//! source u8 | received_at i64 | meta length u32 | body length u32 | meta | body
//! ```

use crate::{Entry, Position, Record, Source};
use bytes::Bytes;

const HEAD_BYTES: usize = 17;

/// A block's records as bytes, added to `out`.
pub(super) fn encode(records: &[Record], out: &mut Vec<u8>) {
    for record in records {
        out.push(record.source.0);
        out.extend_from_slice(&record.received_at.to_le_bytes());
        out.extend_from_slice(&(record.meta.len() as u32).to_le_bytes());
        out.extend_from_slice(&(record.body.len() as u32).to_le_bytes());
        out.extend_from_slice(&record.meta);
        out.extend_from_slice(&record.body);
    }
}

/// The records again, the first at this position; they share the block's memory. `None` if the bytes are no block.
pub(super) fn decode(first: u64, count: u64, block: &Bytes) -> Option<Vec<Entry>> {
    let mut rest = block.clone();
    let mut entries = Vec::with_capacity((count as usize).min(block.len() / HEAD_BYTES));
    for position in (first..).take(count as usize) {
        entries.push(Entry { position: Position(position), record: decode_one(&mut rest)? });
    }
    rest.is_empty().then_some(entries)
}

fn decode_one(rest: &mut Bytes) -> Option<Record> {
    let source = Source(*rest.first()?);
    let received_at = i64::from_le_bytes(*rest.get(1..)?.first_chunk()?);
    let meta_length = u32::from_le_bytes(*rest.get(9..)?.first_chunk()?) as usize;
    let body_length = u32::from_le_bytes(*rest.get(13..)?.first_chunk()?) as usize;
    if rest.len() < HEAD_BYTES + meta_length + body_length {
        return None;
    }
    let mut contents = rest.split_to(HEAD_BYTES + meta_length + body_length).split_off(HEAD_BYTES);
    let meta = contents.split_to(meta_length);
    Some(Record { source, received_at, meta, body: contents })
}

/// Cuts the records of one append into blocks of at most `block_bytes`, each with at least one record, so that reading
/// one record of a large append does not load all of it.
pub(super) fn blocks(records: &[Record], block_bytes: usize) -> impl Iterator<Item = &[Record]> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let (block, after) = rest.split_at(fitting(rest, block_bytes));
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}

fn fitting(records: &[Record], mut room: usize) -> usize {
    let fits = |record: &&Record| match room.checked_sub(stored_bytes(record)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    records.iter().take_while(fits).count().max(1).min(records.len())
}

/// Bytes that a record takes in a block.
pub(super) fn stored_bytes(record: &Record) -> usize {
    HEAD_BYTES + record.meta.len() + record.body.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records() -> impl Strategy<Value = Vec<Record>> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
        let record =
            (any::<u8>(), any::<i64>(), bytes(), bytes()).prop_map(|(source, received_at, meta, body)| {
                Record { source: Source(source), received_at, meta, body }
            });
        prop::collection::vec(record, 0..20)
    }

    proptest! {
        #[test]
        fn records_come_back_as_they_were(records in records()) {
            let mut bytes = Vec::new();
            encode(&records, &mut bytes);
            let entries = decode(7, records.len() as u64, &bytes.into()).unwrap();
            let positions: Vec<u64> = entries.iter().map(|entry| entry.position.0).collect();
            prop_assert_eq!(positions, (7..).take(records.len()).collect::<Vec<_>>());
            prop_assert_eq!(entries.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
        }

        #[test]
        fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), count in 0..9_u64) {
            let _ = decode(1, count, &bytes.into());
        }

        #[test]
        fn blocks_are_all_records_in_order_and_only_a_lone_record_is_larger(records in records(), limit in 1..200_usize) {
            let blocks: Vec<&[Record]> = blocks(&records, limit).collect();
            prop_assert_eq!(&blocks.concat(), &records);
            for block in blocks {
                prop_assert!(block.len() == 1 || block.iter().map(stored_bytes).sum::<usize>() <= limit);
            }
        }
    }
}
