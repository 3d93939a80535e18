//! Removing what is no longer needed.

use super::super::writer::Writer;
use super::rows::{self, Head};
use super::{Error, Retention};
use rusqlite::Connection;
use std::thread;
use std::time::Duration;

/// Stored bytes that one step removes: about a millisecond's work, which is what an append may have to wait for.
const STEP_BYTES: u64 = 256 << 10;
/// Blocks that one step removes at most.
const STEP_BLOCKS: usize = 64;
/// A lock that is taken again at once is never given to those who wait; the pause lets the appends through.
const PAUSE: Duration = Duration::from_millis(2);

/// Removes blocks from the oldest on, until one must be kept; answers how many records went.
pub(super) fn run(writer: &Writer, retention: Retention) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        match writer.commit("removing old records", |transaction| step(transaction, retention))? {
            0 => return Ok(removed),
            records => removed += records,
        }
        thread::sleep(PAUSE);
    }
}

/// Removes a few blocks; answers how many records they had.
fn step(connection: &Connection, retention: Retention) -> rusqlite::Result<u64> {
    let mut used = rows::used_bytes(connection)?;
    let (mut records, mut bytes) = (0, 0);
    for _ in 0..STEP_BLOCKS {
        let Some(head) = rows::at_or_after(connection, 0)?.filter(|head| may_go(head, used, retention))
        else {
            break;
        };
        let stored = rows::stored_bytes(connection, head.first)?;
        rows::delete(connection, head.first)?;
        rows::set_removed(connection, head.end() - 1)?;
        used = used.saturating_sub(stored);
        records += head.count;
        bytes += stored;
        if bytes >= STEP_BYTES {
            break;
        }
    }
    Ok(records)
}

fn may_go(head: &Head, used: u64, retention: Retention) -> bool {
    let processed = head.end() <= retention.processed.0.saturating_add(1);
    processed && (head.newest < retention.keep_since || used > retention.max_bytes)
}
