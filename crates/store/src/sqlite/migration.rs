//! Formats: numbered from 1, forwards only, changed when the store is opened.

use super::database::Database;
use super::room;
use crate::Error;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::fs;

/// Brings the file to the newest format, each step in a transaction.
pub(super) fn run(database: &Database, connection: &Connection) -> Result<(), Error> {
    let found = version(database, connection)?;
    let steps = &database.kind.versions[found..];
    if found > 0 && !steps.is_empty() {
        check_room(database)?;
    }
    for (number, step) in (found + 1..).zip(steps) {
        apply(connection, step, number)
            .map_err(|error| database.failure("changing the store's format", error))?;
    }
    Ok(())
}

/// Fails unless the file has the newest format, for those who may not change it.
pub(super) fn expect_current(database: &Database, connection: &Connection) -> Result<(), Error> {
    match version(database, connection)? {
        found if found == database.kind.versions.len() => Ok(()),
        found => Err(Error::Backend {
            doing: "opening the store for reading",
            source: format!(
                "{} has the older format {found}; start `causeway run` once to bring it up to date",
                database.path().display()
            )
            .into(),
        }),
    }
}

/// The file's format, 0 if it is new; at most the newest that we know.
fn version(database: &Database, connection: &Connection) -> Result<usize, Error> {
    let found: u32 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| database.failure("reading the store's format", error))?;
    let supported = database.kind.versions.len() as u32;
    if found > supported {
        return Err(Error::TooNew { path: database.path().display().to_string(), found, supported });
    }
    Ok(found as usize)
}

/// A step may write every page anew, first into the WAL, then into the file.
fn check_room(database: &Database) -> Result<(), Error> {
    let size = fs::metadata(database.path())
        .map_err(|error| Error::Backend { doing: "measuring the store", source: error.into() })?
        .len();
    if room::free_bytes(&database.directory)? < size.saturating_mul(2) {
        return Err(room::full(&database.directory));
    }
    Ok(())
}

fn apply(connection: &Connection, step: &str, number: usize) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(step)?;
    transaction.execute_batch(&format!("PRAGMA user_version={number}"))?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::super::database::Kind;
    use super::*;

    static OLD: Kind = kind(&["CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1)"]);
    static NEW: Kind = kind(&["CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 7"]);

    const fn kind(versions: &'static [&'static str]) -> Kind {
        Kind { file: "test.db", page_bytes: 4096, synchronous: "FULL", versions }
    }

    fn open(directory: &std::path::Path, kind: &'static Kind) -> Result<Connection, Error> {
        let database = Database::new(directory, kind);
        let connection = database.writer(100)?;
        run(&database, &connection).map(|()| connection)
    }

    #[test]
    fn an_older_file_is_brought_forward_and_keeps_its_rows() {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path(), &OLD).unwrap();
        let connection = open(directory.path(), &NEW).unwrap();
        let row = connection.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(row, Ok((1, 7)));
    }

    #[test]
    fn a_newer_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path(), &NEW).unwrap();
        let refused = open(directory.path(), &OLD).unwrap_err();
        assert!(matches!(refused, Error::TooNew { found: 2, supported: 1, .. }), "{refused}");
    }
}
