//! Counters by flow and hour.

use crate::state::{LedgerRow, Tally};
use rusqlite::{Connection, params};

pub(super) fn add(connection: &Connection, rows: &[LedgerRow]) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET
         accepted = accepted + excluded.accepted, delivered = delivered + excluded.delivered,
         filtered = filtered + excluded.filtered, dead_lettered = dead_lettered + excluded.dead_lettered",
    )?;
    for LedgerRow { flow, hour, tally } in rows {
        let Tally { accepted, delivered, filtered, dead_lettered } = tally;
        upsert.execute(params![hour, flow, accepted, delivered, filtered, dead_lettered])?;
    }
    Ok(())
}

pub(super) fn since(connection: &Connection, hour: i64) -> rusqlite::Result<Vec<LedgerRow>> {
    connection
        .prepare_cached("SELECT * FROM ledger WHERE hour >= ?1 ORDER BY hour, flow")?
        .query_map([hour], |row| {
            let tally = Tally {
                accepted: row.get(2)?,
                delivered: row.get(3)?,
                filtered: row.get(4)?,
                dead_lettered: row.get(5)?,
            };
            Ok(LedgerRow { hour: row.get(0)?, flow: row.get(1)?, tally })
        })?
        .collect()
}
