//! Append-only lists.

use crate::state::{List, Note};
use bytes::Bytes;
use rusqlite::{Connection, params};

pub(super) fn add(connection: &Connection, notes: &[Note]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO note (list, at, data) VALUES (?1, ?2, ?3)")?;
    for Note { list, at, data } in notes {
        insert.execute(params![number(*list), at, &data[..]])?;
    }
    Ok(())
}

/// Oldest first; the same moment's in the order in which they were added.
pub(super) fn since(connection: &Connection, list: List, since: i64) -> rusqlite::Result<Vec<Note>> {
    connection
        .prepare_cached("SELECT at, data FROM note WHERE list = ?1 AND at >= ?2 ORDER BY at, id")?
        .query_map(params![number(list), since], |row| {
            Ok(Note { list, at: row.get(0)?, data: Bytes::from(row.get::<_, Vec<u8>>(1)?) })
        })?
        .collect()
}

/// The number on disk.
pub(super) fn number(list: List) -> i64 {
    match list {
        List::Seen => 0,
        List::Attempts => 1,
        List::Spans => 2,
        List::Audit => 3,
    }
}
