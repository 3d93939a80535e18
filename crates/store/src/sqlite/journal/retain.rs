//! Removing what is no longer needed.

use super::super::database::Trouble;
use super::super::writer::Writer;
use super::rows::{self, Head};
use super::{Error, Position, Retention};
use rusqlite::{Connection, Transaction};
use std::thread;
use std::time::Duration;

/// Stored bytes that one step removes: about a millisecond's work, which is what an append may have to wait for.
const STEP_BYTES: u64 = 256 << 10;
/// Blocks that one step removes at most.
const STEP_BLOCKS: usize = 64;
/// A lock that is taken again at once is never given to those who wait; the pause lets the appends through.
const PAUSE: Duration = Duration::from_millis(2);

/// Removes blocks from the oldest on, until one must be kept; answers how many records went.
///
/// A block that is damaged so badly that SQLite cannot delete it stays where it is, and those after it go.
pub(super) fn run(writer: &Writer, retention: Retention) -> Result<u64, Error> {
    let (mut removed, mut after, mut blocks) = (0, 0, STEP_BLOCKS);
    loop {
        let mut reached = after;
        let step = |transaction: &Transaction<'_>| step(transaction, retention, blocks, &mut reached);
        match writer.commit("removing old records", step) {
            Ok(0) => return Ok(removed),
            Ok(records) => removed += records,
            // Everything in the step is undone, so the sound ones are tried again, each in a step of its own.
            Err(Error::Damaged { .. }) if reached > after && blocks > 1 => (blocks, reached) = (1, after),
            Err(Error::Damaged { .. }) if reached > after => {}
            Err(error) => return Err(error),
        }
        after = reached;
        thread::sleep(PAUSE);
    }
}

/// Removes a few blocks after a position, which is raised to the block reached; answers how many records they had.
fn step(
    connection: &Connection,
    retention: Retention,
    blocks: usize,
    reached: &mut u64,
) -> rusqlite::Result<u64> {
    let mut used = rows::used_bytes(connection)?;
    let (mut records, mut bytes) = (0, 0);
    for _ in 0..blocks {
        let Some((first, end)) = removable(connection, *reached, used, retention)? else { break };
        *reached = first;
        let stored = rows::stored_bytes(connection, first)?;
        rows::delete(connection, first)?;
        rows::raise_removed(connection, end - 1)?;
        used = used.saturating_sub(stored);
        records += end - first;
        bytes += stored;
        if bytes >= STEP_BYTES {
            break;
        }
    }
    Ok(records)
}

/// Where the oldest block after a position begins and ends, if it may go.
fn removable(
    connection: &Connection,
    after: u64,
    used: u64,
    retention: Retention,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let Some(first) = rows::first_after(connection, after)? else { return Ok(None) };
    match rows::at_or_after(connection, first) {
        Ok(Some(head)) if may_go(&head, used, retention) => Ok(Some((first, head.end()))),
        Ok(Some(head)) if rows::is_sound(connection, &head)? => Ok(None),
        Err(error) if Trouble::of(&error) != Trouble::Corrupt => Err(error),
        _ => damaged(connection, first, retention.processed),
    }
}

/// A damaged block does not tell its age, and must not keep all that come after it: it may go once it is passed.
fn damaged(connection: &Connection, first: u64, processed: Position) -> rusqlite::Result<Option<(u64, u64)>> {
    let next = rows::first_after(connection, first)?;
    Ok(next.filter(|next| *next <= processed.0.saturating_add(1)).map(|next| (first, next)))
}

fn may_go(head: &Head, used: u64, retention: Retention) -> bool {
    let processed = head.end() <= retention.processed.0.saturating_add(1);
    processed && (head.newest < retention.keep_since || used > retention.max_bytes)
}
