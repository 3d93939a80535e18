//! The one connection that writes a file.

use super::checkpoint::Checkpointer;
use super::database::{Database, Trouble};
use super::ownership::Ownership;
use crate::Error;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Why writes are refused, once they are: until the store is opened again.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal(Arc<OnceLock<String>>);

impl Refusal {
    pub(super) fn set(&self, why: String) {
        // The first failure is the one to tell; later ones follow from it.
        let _ = self.0.set(why);
    }

    fn check(&self) -> Result<(), Error> {
        self.0.get().map_or(Ok(()), |why| Err(Error::Poisoned(why.clone())))
    }
}

/// Runs transactions one after the other.
#[derive(Debug)]
pub(super) struct Writer {
    database: Database,
    refusal: Refusal,
    checkpointer: Checkpointer,
    connection: Mutex<Connection>,
    _ownership: Ownership,
}

impl Writer {
    pub(super) fn new(
        database: Database,
        connection: Connection,
        wal_bytes: u64,
        ownership: Ownership,
    ) -> Result<Self, Error> {
        Checkpointer::prepare(&connection, wal_bytes)
            .map_err(|error| database.failure("opening the store", error))?;
        let refusal = Refusal::default();
        let checkpointer = Checkpointer::start(&database, wal_bytes, refusal.clone())?;
        Ok(Self {
            database,
            refusal,
            checkpointer,
            connection: Mutex::new(connection),
            _ownership: ownership,
        })
    }

    /// Does the work in one transaction: all of it is kept, or on error nothing.
    ///
    /// After a failure of the disk (not: lack of room) nobody knows whether the transaction is kept, so everything is
    /// refused from then on; opening the store again shows what is there.
    pub(super) fn commit<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        self.refusal.check()?;
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        self.checkpointer.before_commit(&connection).map_err(|error| self.failed(doing, error))?;
        let done = transact(&connection, work).map_err(|error| self.failed(doing, error))?;
        // The commit is kept, so trouble with the WAL's size must not be told as its failure.
        if let Err(error) = self.checkpointer.after_commit(&connection) {
            self.failed("measuring the WAL", error);
        }
        Ok(done)
    }

    fn failed(&self, doing: &'static str, error: rusqlite::Error) -> Error {
        if Trouble::of(&error) == Trouble::Io {
            self.refusal.set(format!("{doing}: {error}"));
        }
        self.database.failure(doing, error)
    }

    /// Runs statements outside of any transaction, for tests that bend the connection.
    #[cfg(test)]
    pub(super) fn bend(&self, statements: &str) {
        self.connection.lock().unwrap().execute_batch(statements).unwrap();
    }

    /// Refuses writes as after a failed disk.
    #[cfg(test)]
    pub(super) fn refuse(&self, why: &str) {
        self.refusal.set(why.into());
    }
}

fn transact<T>(
    connection: &Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}
