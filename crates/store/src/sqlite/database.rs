//! One SQLite file: how it is opened, and what its failures mean.

use super::room;
use crate::Error;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for a lock. None is ever held for long; this bridges the instants in which another
/// process opens or leaves the store.
const BUSY: Duration = Duration::from_secs(5);

/// What is fixed about a kind of file.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name in the store's directory.
    pub(super) file: &'static str,
    /// Bytes a page.
    pub(super) page_bytes: u32,
    /// SQLite's word for what a commit survives.
    pub(super) synchronous: &'static str,
    /// The statements that lead from each format to the next; the first makes format 1 from nothing.
    pub(super) versions: &'static [&'static str],
}

/// A file of a kind in a directory.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) directory: PathBuf,
    pub(super) kind: &'static Kind,
}

impl Database {
    pub(super) fn new(directory: &Path, kind: &'static Kind) -> Self {
        Self { directory: directory.into(), kind }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(self.kind.file)
    }

    /// A connection that writes; makes the file if there is none.
    pub(super) fn writer(&self, cache_kib: u32) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let settings = format!(
            "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous={}; PRAGMA wal_autocheckpoint=0;",
            self.kind.page_bytes, self.kind.synchronous
        );
        self.connect(flags, cache_kib, &settings)
    }

    /// A connection that reads; the file must exist.
    pub(super) fn reader(&self, cache_kib: u32) -> Result<Connection, Error> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, cache_kib, "")
    }

    fn connect(&self, flags: OpenFlags, cache_kib: u32, settings: &str) -> Result<Connection, Error> {
        // Every connection has one owner at a time, so SQLite needs no mutex of its own.
        Connection::open_with_flags(self.path(), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .and_then(|connection| {
                connection.busy_timeout(BUSY)?;
                connection.set_prepared_statement_cache_capacity(64);
                let common = format!("PRAGMA cache_size=-{cache_kib}; PRAGMA cell_size_check=ON; {settings}");
                connection.execute_batch(&common)?;
                Ok(connection)
            })
            .map_err(|error| self.failure("opening the store", error))
    }

    /// What a failure of SQLite means to the operator.
    pub(super) fn failure(&self, doing: &'static str, error: rusqlite::Error) -> Error {
        match Trouble::of(&error) {
            Trouble::Full => room::full(&self.directory),
            Trouble::Corrupt => Error::Damaged {
                what: self.path().display().to_string(),
                detail: format!("{doing}: {error}"),
            },
            Trouble::Io | Trouble::Other => Error::Backend { doing, source: error.into() },
        }
    }
}

/// The kinds of failure that the store tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No room on the disk; the transaction is undone and may be tried again.
    Full,
    /// The disk failed; nobody knows what it holds now.
    Io,
    /// The file is not as it was written.
    Corrupt,
    /// Anything else; the transaction is undone.
    Other,
}

impl Trouble {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        if not_of_our_writing(error) {
            return Self::Corrupt;
        }
        match error.sqlite_error() {
            // The WAL's index could not grow: that is the disk's room too, though SQLite calls it an I/O error.
            Some(failure) if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full,
            Some(failure) => Self::of_code(failure.code),
            None => Self::Other,
        }
    }

    fn of_code(code: ErrorCode) -> Self {
        match code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::SystemIoFailure => Self::Io,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
            _ => Self::Other,
        }
    }
}

/// Whether a row holds values that cannot have been written into it. SQLite reads a row with a flipped byte without
/// complaint; it has no checksums.
fn not_of_our_writing(error: &rusqlite::Error) -> bool {
    use rusqlite::Error;
    matches!(
        error,
        Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::FromSqlConversionFailure(..)
            | Error::Utf8Error(..)
    )
}
