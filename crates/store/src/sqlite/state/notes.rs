//! Append-only lists.

use crate::state::{EachNote, List, Note, Order};
use rusqlite::{Connection, params};

pub(super) fn add(connection: &Connection, notes: &[Note]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached("INSERT INTO note (list, at, data) VALUES (?1, ?2, ?3)")?;
    for Note { list, at, data } in notes {
        insert.execute(params![number(*list), at, &data[..]])?;
    }
    Ok(())
}

/// The same moment's in the order in which they were added, or the other way round.
pub(super) fn each(
    connection: &Connection,
    list: List,
    order: Order,
    each: EachNote<'_>,
) -> rusqlite::Result<()> {
    let (since, query) = match order {
        Order::Since(since) => {
            (since, "SELECT at, data FROM note WHERE list = ?1 AND at >= ?2 ORDER BY at, id")
        }
        Order::Back => {
            (i64::MIN, "SELECT at, data FROM note WHERE list = ?1 AND at >= ?2 ORDER BY at DESC, id DESC")
        }
    };
    let mut query = connection.prepare_cached(query)?;
    let mut rows = query.query(params![number(list), since])?;
    while let Some(row) = rows.next()? {
        if each(row.get(0)?, row.get_ref(1)?.as_blob()?).is_break() {
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
