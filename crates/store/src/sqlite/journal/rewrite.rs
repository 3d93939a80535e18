//! Other bodies for records, block by block.
//!
//! A block is read, changed and packed beside the appends; only putting it back waits for its turn, and does so if the block
//! is still what was read.

use super::super::pack::Packer;
use super::rows::{self, Head};
use super::{COMPRESS_FROM, Error, Position, Record, SqliteJournal, Writing, check_size, layout};
use crate::Entry;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

const REWRITING: &str = "rewriting the journal";
/// A lock that is taken again at once is never given to those who wait; the pause lets the appends through.
const PAUSE: Duration = Duration::from_millis(2);

type Bodies = BTreeMap<u64, Bytes>;

impl SqliteJournal {
    pub(super) fn rewrite_blocks(
        &self,
        writing: &Writing,
        bodies: &[(Position, Bytes)],
    ) -> Result<(), Error> {
        let bodies: Bodies = bodies.iter().map(|(position, body)| (position.0, body.clone())).collect();
        let mut from = Some(0);
        while let Some((position, _)) = from.and_then(|from| bodies.range(from..).next()) {
            from = self.rewrite_block(writing, &bodies, *position)?;
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Changes the block that holds the position; answers where to go on, `None` at the journal's end.
    fn rewrite_block(&self, writing: &Writing, bodies: &Bodies, position: u64) -> Result<Option<u64>, Error> {
        let connection = self.readers.borrow()?;
        let Some(found) = self.next_block(&connection, position)? else { return Ok(None) };
        if found.first > position {
            return Ok(Some(found.first));
        }
        let (block, end) = self.load(&connection, &found)?;
        drop(connection);
        let Some((head, entries)) = block else { return Ok(Some(end)) };
        let replaced = replace(writing, &head, &with_bodies(entries, bodies))?;
        Ok(Some(if replaced { end } else { position }))
    }
}

fn with_bodies(entries: Vec<Entry>, bodies: &Bodies) -> Vec<Record> {
    let changed = |Entry { position, record }| match bodies.get(&position.0) {
        Some(body) => Record { body: body.clone(), ..record },
        None => record,
    };
    entries.into_iter().map(changed).collect()
}

/// Puts other records into a block; `false` if it is not as it was any more.
fn replace(writing: &Writing, was: &Head, records: &[Record]) -> Result<bool, Error> {
    check_size(REWRITING, records.iter().map(layout::stored_bytes).sum())?;
    let mut raw = Vec::new();
    layout::encode(records, &mut raw);
    let mut packer = Packer::default();
    let content = packer.pack(&raw, COMPRESS_FROM);
    let now = Head { codec: content.codec as u8, size: content.size as u64, ..*was };
    writing.writer.commit(REWRITING, |transaction| rows::replace(transaction, was, now, content.bytes))
}
