//! What the engine knows: keys and values, both its own.

use crate::state::Fact;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(super) fn put(connection: &Connection, facts: &[(Vec<u8>, Option<Vec<u8>>)]) -> rusqlite::Result<()> {
    let mut know = connection.prepare_cached(
        "INSERT INTO fact VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
    )?;
    let mut forget = connection.prepare_cached("DELETE FROM fact WHERE key = ?1")?;
    for (key, value) in facts {
        match value {
            Some(value) => know.execute(params![key, value])?,
            None => forget.execute([key])?,
        };
    }
    Ok(())
}

pub(super) fn get(connection: &Connection, keys: &[&[u8]]) -> rusqlite::Result<Vec<Option<Vec<u8>>>> {
    // A single statement is a snapshot by itself, and most who ask want one fact.
    let _snapshot = (keys.len() > 1).then(|| connection.unchecked_transaction()).transpose()?;
    let mut query = connection.prepare_cached("SELECT value FROM fact WHERE key = ?1")?;
    keys.iter().map(|key| query.query_row([key], |row| row.get(0)).optional()).collect()
}

pub(super) fn with_prefix(
    connection: &Connection,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: u32,
) -> rusqlite::Result<Vec<Fact>> {
    // The larger of two lower bounds is the one that counts, so SQLite seeks right to it.
    let (from, beyond) = match after {
        Some(after) if after >= prefix => (after, "key > ?1"),
        _ => (prefix, "key >= ?1"),
    };
    let query = |conditions: &str| {
        connection
            .prepare_cached(&format!("SELECT key, value FROM fact WHERE {conditions} ORDER BY key LIMIT ?2"))
    };
    match successor(prefix) {
        Some(end) => {
            query(&format!("{beyond} AND key < ?3"))?.query_map(params![from, limit, end], fact)?.collect()
        }
        None => query(beyond)?.query_map(params![from, limit], fact)?.collect(),
    }
}

fn fact(row: &Row<'_>) -> rusqlite::Result<Fact> {
    Ok((row.get(0)?, row.get(1)?))
}

/// The smallest key above all keys with this prefix; `None` if there is no such key.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let raised = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut successor = prefix[..=raised].to_vec();
    successor[raised] += 1;
    Some(successor)
}
