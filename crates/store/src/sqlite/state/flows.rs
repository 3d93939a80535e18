//! Flows made by users, with all their versions.

use crate::state::FlowVersion;
use rusqlite::{Connection, Row, params};

pub(super) fn versions(connection: &Connection, name: &str) -> rusqlite::Result<Vec<FlowVersion>> {
    connection
        .prepare_cached("SELECT * FROM flow WHERE name = ?1 ORDER BY version")?
        .query_map([name], from_row)?
        .collect()
}

/// In the order of their names.
pub(super) fn active(connection: &Connection) -> rusqlite::Result<Vec<FlowVersion>> {
    connection
        .prepare_cached("SELECT * FROM flow WHERE active = 1 ORDER BY name")?
        .query_map([], from_row)?
        .collect()
}

pub(super) fn save(
    connection: &Connection,
    flows: &[(String, String)],
    author: &str,
    at: i64,
) -> rusqlite::Result<Vec<u32>> {
    flows.iter().map(|(name, definition)| save_one(connection, name, definition, author, at)).collect()
}

fn save_one(
    connection: &Connection,
    name: &str,
    definition: &str,
    author: &str,
    at: i64,
) -> rusqlite::Result<u32> {
    deactivate(connection, name)?;
    connection
        .prepare_cached(
            "INSERT INTO flow SELECT ?1, coalesce(max(version), 0) + 1, 1, ?2, ?3, ?4 FROM flow WHERE name = ?1
             RETURNING version",
        )?
        .query_row(params![name, at, author, definition], |row| row.get(0))
}

/// Whether there is such a version; if not, nothing changes.
pub(super) fn activate(connection: &Connection, name: &str, version: u32) -> rusqlite::Result<bool> {
    let known = connection
        .prepare_cached("SELECT 1 FROM flow WHERE name = ?1 AND version = ?2")?
        .exists(params![name, version])?;
    if known {
        deactivate(connection, name)?;
        connection
            .prepare_cached("UPDATE flow SET active = 1 WHERE name = ?1 AND version = ?2")?
            .execute(params![name, version])?;
    }
    Ok(known)
}

fn deactivate(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE flow SET active = 0 WHERE name = ?1 AND active = 1")?
        .execute([name])
        .map(drop)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<FlowVersion> {
    Ok(FlowVersion {
        name: row.get(0)?,
        version: row.get(1)?,
        active: row.get(2)?,
        at: row.get(3)?,
        author: row.get(4)?,
        definition: row.get(5)?,
    })
}
