//! Deleting what has outlived its use.

use super::super::writer::Writer;
use super::{dead_letters, notes};
use crate::Error;
use crate::state::{DeadLetterStatus, List, Prune};
use rusqlite::Connection;
use std::thread;
use std::time::Duration;

/// Rows that one step deletes: a few milliseconds' work, which is what a commit may have to wait for.
const STEP_ROWS: u32 = 64;
/// A lock that is taken again at once is never given to those who wait; the pause lets the commits through.
const PAUSE: Duration = Duration::from_millis(2);

const NOTES: &str =
    "DELETE FROM note WHERE id IN (SELECT id FROM note WHERE list = ?1 AND at < ?2 ORDER BY at LIMIT ?3)";
const DEAD_LETTERS: &str = "DELETE FROM dead_letter WHERE id IN
    (SELECT id FROM dead_letter WHERE status = ?1 AND died_at < ?2 ORDER BY died_at LIMIT ?3)";

pub(super) fn run(writer: &Writer, prune: Prune) -> Result<(), Error> {
    let Prune { seen_before, traces_before, dead_letters_before, audit_before } = prune;
    for (list, before) in [
        (List::Seen, seen_before),
        (List::Attempts, traces_before),
        (List::Spans, traces_before),
        (List::Audit, audit_before),
    ] {
        in_steps(writer, |connection| delete(connection, NOTES, notes::number(list), before))?;
    }
    for status in [DeadLetterStatus::Retried, DeadLetterStatus::Discarded] {
        let status = dead_letters::number(status);
        in_steps(writer, |connection| delete(connection, DEAD_LETTERS, status, dead_letters_before))?;
    }
    in_steps(writer, |connection| delete_blocks(connection, traces_before))
}

/// Repeats a step until it has nothing left to do.
fn in_steps(writer: &Writer, step: impl Fn(&Connection) -> rusqlite::Result<usize>) -> Result<(), Error> {
    while writer.commit("deleting old rows", |transaction| step(transaction))? > 0 {
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn delete(connection: &Connection, statement: &str, what: i64, before: i64) -> rusqlite::Result<usize> {
    connection.prepare_cached(statement)?.execute((what, before, STEP_ROWS))
}

/// Finished blocks have a row and heads, nothing else.
fn delete_blocks(connection: &Connection, before: i64) -> rusqlite::Result<usize> {
    let finished: Vec<i64> = connection
        .prepare_cached("SELECT id FROM block WHERE finished_at < ?1 ORDER BY finished_at LIMIT ?2")?
        .query_map((before, STEP_ROWS), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &finished {
        connection.prepare_cached("DELETE FROM heads WHERE id = ?1")?.execute([id])?;
        connection.prepare_cached("DELETE FROM block WHERE id = ?1")?.execute([id])?;
    }
    Ok(finished.len())
}
