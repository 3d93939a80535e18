//! The one connection that writes a file.

use super::checkpoint::{self, Checkpointer};
use super::database::{Database, Trouble};
use super::ownership::Ownership;
use crate::Error;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long emptying the WAL waits for others who read it. Backups take long.
const EMPTY_WITHIN: Duration = Duration::from_secs(600);
/// Between two tries to empty it, so that commits get through.
const PAUSE: Duration = Duration::from_millis(10);

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
    overwriting: Mutex<()>,
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
            overwriting: Mutex::default(),
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

    /// From now on, until the answer is dropped, what is deleted is overwritten at once, which costs a write of each page
    /// that becomes free. One caller at a time; others wait.
    pub(super) fn overwrite_deleted(&self) -> Result<Overwriting<'_>, Error> {
        let alone = self.overwriting.lock().unwrap_or_else(PoisonError::into_inner);
        self.set_overwriting(true).map_err(|error| self.failed("overwriting what is deleted", error))?;
        Ok(Overwriting { writer: self, _alone: alone })
    }

    fn set_overwriting(&self, on: bool) -> rusqlite::Result<()> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).pragma_update(
            None,
            "secure_delete",
            on,
        )
    }

    /// Moves all of the WAL into the file and cuts it to nothing, beside other commits; each waits for a few pages and one
    /// sync at most.
    pub(super) fn empty_wal(&self) -> Result<(), Error> {
        let doing = "emptying the WAL";
        let mover = self.database.writer(checkpoint::CACHE_KIB)?;
        let until = Instant::now() + EMPTY_WITHIN;
        while Instant::now() < until {
            self.refusal.check()?;
            checkpoint::move_beside_commits(&mover).map_err(|error| self.failed(doing, error))?;
            let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
            if checkpoint::empty(&connection).map_err(|error| self.failed(doing, error))? {
                return Ok(());
            }
            drop(connection);
            thread::sleep(PAUSE);
        }
        let source = format!("somebody reads the WAL since {} s: a backup?", EMPTY_WITHIN.as_secs()).into();
        Err(Error::Backend { doing, source })
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

/// While this lives, deleting is overwriting.
#[derive(Debug)]
pub(super) struct Overwriting<'a> {
    writer: &'a Writer,
    _alone: MutexGuard<'a, ()>,
}

impl Drop for Overwriting<'_> {
    fn drop(&mut self) {
        // Deleting would only be slower; there is nobody to tell.
        let _ = self.writer.set_overwriting(false);
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
