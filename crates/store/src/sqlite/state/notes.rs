//! Append-only lists.

use crate::state::{List, Note};
use bytes::Bytes;
use rusqlite::{Connection, params};
use std::ops::ControlFlow;

pub(super) fn add(connection: &Connection, notes: &[Note]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO note (list, at, data) VALUES (?1, ?2, ?3)")?;
    for Note { list, at, data } in notes {
        insert.execute(params![number(*list), at, &data[..]])?;
    }
    Ok(())
}

/// Oldest first; the same moment's in the order in which they were added.
pub(super) fn since(
    connection: &Connection,
    list: List,
    since: i64,
    each: &mut dyn FnMut(Note) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let mut query = connection
        .prepare_cached("SELECT at, data FROM note WHERE list = ?1 AND at >= ?2 ORDER BY at, id")?;
    let mut rows = query.query(params![number(list), since])?;
    while let Some(row) = rows.next()? {
        let note = Note { list, at: row.get(0)?, data: Bytes::from(row.get::<_, Vec<u8>>(1)?) };
        if each(note).is_break() {
            break;
        }
    }
    Ok(())
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
