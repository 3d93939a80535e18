//! Things to store.

use crate::state::{Block, BlockId, Change, DeadLetter, DeadLetterStatus};
use crate::{Entry, Journal, Position, Record, Source};
use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub(crate) fn record(body: impl Into<Bytes>) -> Record {
    Record { source: Source(1), received_at: 0, meta: Bytes::new(), body: body.into() }
}

/// Records that can be told apart.
pub(crate) fn records(count: usize) -> Vec<Record> {
    (0..count).map(|number| record(format!("record {number}"))).collect()
}

pub(crate) fn received_at(received_at: i64) -> Record {
    Record { received_at, ..record("") }
}

/// Bytes that do not compress; the same for the same seed.
pub(crate) fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; count];
    StdRng::seed_from_u64(seed).fill_bytes(&mut bytes);
    bytes
}

/// All that a journal holds.
pub(crate) fn everything(journal: &impl Journal) -> Vec<Entry> {
    journal.read(Position(0), usize::MAX).unwrap()
}

pub(crate) fn positions(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.position.0).collect()
}

pub(crate) fn records_of(entries: Vec<Entry>) -> Vec<Record> {
    entries.into_iter().map(|entry| entry.record).collect()
}

/// A block of eight entries made from one position.
pub(crate) fn block(id: u64, destination: &str) -> Block {
    Block {
        id: BlockId(id),
        destination: destination.into(),
        hour: 3_600_000,
        from: (Position(id), Position(id)),
        entries: 8,
        heads: Bytes::from(format!("heads of {id}")),
        payload: Bytes::from(format!("payload of {id}")),
        settled: Bytes::new(),
    }
}

pub(crate) fn blocks(ids: impl IntoIterator<Item = u64>, destination: &str) -> Change {
    Change { outbox: ids.into_iter().map(|id| block(id, destination)).collect(), ..Change::default() }
}

pub(crate) fn numbers(blocks: &[Block]) -> Vec<u64> {
    blocks.iter().map(|block| block.id.0).collect()
}

pub(crate) fn letter(id: &str, died_at: i64) -> DeadLetter {
    DeadLetter {
        id: id.into(),
        flow: "search-events".into(),
        destination: "segment".into(),
        event: format!("event of {id}"),
        person: "user-1".into(),
        cause: "refused".into(),
        reason: "400: no such write key".into(),
        payload: Bytes::from_static(b"{\"type\":\"track\"}"),
        attempts: "[]".into(),
        hour: 3_600_000,
        died_at,
        position: Position(7),
        status: DeadLetterStatus::Dead,
        note: String::new(),
        revision: String::new(),
    }
}

pub(crate) fn letters(letters: Vec<DeadLetter>) -> Change {
    Change { dead_letters: letters, ..Change::default() }
}
