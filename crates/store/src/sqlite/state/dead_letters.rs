//! What could not be delivered or processed.

use crate::Position;
use crate::state::{DeadLetter, DeadLetterQuery, DeadLetterReason, DeadLetterStatus, Resolution};
use bytes::Bytes;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::iter;

/// Adds the dead; one whose id is known (it was retried and died again) takes the former one's place.
pub(super) fn add(connection: &Connection, dead: &[DeadLetter]) -> rusqlite::Result<()> {
    let mut replace = connection.prepare_cached(
        "INSERT OR REPLACE INTO dead_letter VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    for letter in dead {
        replace.execute(params![
            letter.id,
            letter.flow,
            letter.destination,
            letter.event,
            letter.person,
            letter.cause,
            letter.reason,
            &letter.payload[..],
            letter.attempts,
            letter.hour,
            letter.died_at,
            letter.position.0 as i64,
            number(letter.status),
            letter.note,
            letter.revision,
        ])?;
    }
    Ok(())
}

pub(super) fn resolve(connection: &Connection, resolutions: &[Resolution]) -> rusqlite::Result<()> {
    let mut update =
        connection.prepare_cached("UPDATE dead_letter SET status = ?2, note = ?3 WHERE id = ?1")?;
    for Resolution { id, status, note } in resolutions {
        update.execute(params![id, number(*status), note])?;
    }
    Ok(())
}

pub(super) fn erase(connection: &Connection, ids: &[String]) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM dead_letter WHERE id = ?1")?;
    ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
}

pub(super) fn get(connection: &Connection, id: &str) -> rusqlite::Result<Option<DeadLetter>> {
    connection.prepare_cached("SELECT * FROM dead_letter WHERE id = ?1")?.query_row([id], from_row).optional()
}

/// Newest first; the same moment's in the order of their ids.
pub(super) fn list(connection: &Connection, query: &DeadLetterQuery) -> rusqlite::Result<Vec<DeadLetter>> {
    let conditions = conditions(query);
    let wanted: Vec<&str> =
        iter::once("true").chain(conditions.iter().map(|condition| condition.0)).collect();
    let wanted = wanted.join(" AND ");
    let limit = if query.limit == 0 { -1 } else { i64::from(query.limit) };
    connection
        .prepare_cached(&format!(
            "SELECT * FROM dead_letter WHERE {wanted} ORDER BY died_at DESC, id LIMIT {limit}"
        ))?
        .query_map(params_from_iter(conditions.into_iter().map(|(_, value)| value)), from_row)?
        .collect()
}

/// Counted by what they have in common.
pub(super) fn reasons(
    connection: &Connection,
    status: DeadLetterStatus,
) -> rusqlite::Result<Vec<DeadLetterReason>> {
    let counted = "SELECT flow, destination, cause, reason, COUNT(*), MIN(died_at), MAX(died_at), MIN(id) \
                   FROM dead_letter WHERE status = ?1 GROUP BY flow, destination, cause, reason";
    connection.prepare_cached(counted)?.query_map([number(status)], reason_from_row)?.collect()
}

fn reason_from_row(row: &Row<'_>) -> rusqlite::Result<DeadLetterReason> {
    Ok(DeadLetterReason {
        flow: row.get(0)?,
        destination: row.get(1)?,
        cause: row.get(2)?,
        reason: row.get(3)?,
        count: row.get::<_, i64>(4)? as u64,
        first: row.get(5)?,
        last: row.get(6)?,
        example: row.get(7)?,
    })
}

/// Only the conditions that are asked for, so that SQLite can choose an index for them.
fn conditions(query: &DeadLetterQuery) -> Vec<(&'static str, Value)> {
    let text = |text: &Option<String>| text.clone().map(Value::from);
    [
        ("flow = ?", text(&query.flow)),
        ("event = ?", text(&query.event)),
        ("status = ?", query.status.map(|status| Value::from(number(status)))),
        ("person = ?", text(&query.person)),
        ("instr(reason, ?) > 0", text(&query.reason)),
        // Between two blobs, SQLite compares bytes.
        ("instr(payload, ?) > 0", query.mentions.clone().map(|text| Value::from(text.into_bytes()))),
    ]
    .into_iter()
    .filter_map(|(condition, value)| Some((condition, value?)))
    .collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get(0)?,
        flow: row.get(1)?,
        destination: row.get(2)?,
        event: row.get(3)?,
        person: row.get(4)?,
        cause: row.get(5)?,
        reason: row.get(6)?,
        payload: Bytes::from(row.get::<_, Vec<u8>>(7)?),
        attempts: row.get(8)?,
        hour: row.get(9)?,
        died_at: row.get(10)?,
        position: Position(row.get::<_, i64>(11)? as u64),
        status: status(row.get(12)?),
        note: row.get(13)?,
        revision: row.get(14)?,
    })
}

/// The number on disk.
pub(super) fn number(status: DeadLetterStatus) -> i64 {
    match status {
        DeadLetterStatus::Dead => 0,
        DeadLetterStatus::Retried => 1,
        DeadLetterStatus::Discarded => 2,
    }
}

/// An unknown number is shown as dead: the status in which somebody looks at it.
fn status(number: i64) -> DeadLetterStatus {
    match number {
        1 => DeadLetterStatus::Retried,
        2 => DeadLetterStatus::Discarded,
        _ => DeadLetterStatus::Dead,
    }
}
