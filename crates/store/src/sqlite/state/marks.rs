//! Single numbers.

use crate::Position;
use crate::state::BlockId;
use rusqlite::{Connection, OptionalExtension, params};

const CURSOR: &str = "cursor";
const LAST_BLOCK: &str = "last block";

pub(super) fn cursor(connection: &Connection) -> rusqlite::Result<Position> {
    get(connection, CURSOR).map(Position)
}

pub(super) fn set_cursor(connection: &Connection, cursor: Position) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO mark VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute(params![CURSOR, cursor.0 as i64])
        .map(drop)
}

/// Kept apart from the blocks, since those are deleted at last.
pub(super) fn last_block(connection: &Connection) -> rusqlite::Result<BlockId> {
    get(connection, LAST_BLOCK).map(BlockId)
}

pub(super) fn raise_last_block(connection: &Connection, id: BlockId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO mark VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        )?
        .execute(params![LAST_BLOCK, id.0 as i64])
        .map(drop)
}

fn get(connection: &Connection, name: &str) -> rusqlite::Result<u64> {
    let value: Option<i64> = connection
        .prepare_cached("SELECT value FROM mark WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value.unwrap_or(0) as u64)
}
