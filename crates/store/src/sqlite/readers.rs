//! A small pool of connections that read.

use super::database::Database;
use crate::Error;
use rusqlite::Connection;
use std::ops::Deref;
use std::sync::{Condvar, Mutex, PoisonError};

/// Connections are opened when first needed, up to the limit; then callers wait for one to come back.
#[derive(Debug)]
pub(super) struct Readers {
    database: Database,
    cache_kib: u32,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Debug)]
struct Pool {
    idle: Vec<Connection>,
    unopened: usize,
}

/// A borrowed connection; goes back to the pool when dropped.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Readers {
    pub(super) fn new(database: Database, cache_kib: u32, limit: usize) -> Self {
        let pool = Mutex::new(Pool { idle: Vec::new(), unopened: limit.max(1) });
        Self { database, cache_kib, pool, returned: Condvar::new() }
    }

    /// The file that they read.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Runs the work on a connection of the pool, telling its failures in the operator's words.
    pub(super) fn with<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let reader = self.borrow()?;
        work(&reader).map_err(|error| self.database.failure(doing, error))
    }

    pub(super) fn borrow(&self) -> Result<Reader<'_>, Error> {
        let connection = match self.idle_or_permit() {
            Some(connection) => connection,
            None => self.database.reader(self.cache_kib).inspect_err(|_| self.give_permit_back())?,
        };
        Ok(Reader { connection: Some(connection), readers: self })
    }

    /// An idle connection, or `None`: the permit to open one more.
    fn idle_or_permit(&self) -> Option<Connection> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pool = self
            .returned
            .wait_while(pool, |pool| pool.idle.is_empty() && pool.unopened == 0)
            .unwrap_or_else(PoisonError::into_inner);
        let idle = pool.idle.pop();
        if idle.is_none() {
            pool.unopened -= 1;
        }
        idle
    }

    fn give_permit_back(&self) {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).unopened += 1;
        self.returned.notify_one();
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a reader has its connection until it is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.idle.extend(self.connection.take());
        self.readers.returned.notify_one();
    }
}
