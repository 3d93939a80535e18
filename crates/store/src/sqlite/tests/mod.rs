//! The conformance suite on the embedded backend, and stories that only it has.

mod backup;
mod damage;
mod erase;
mod format;
mod kill;
mod ownership;
mod torn;

use super::{Options, SqliteJournal, SqliteState, Store, open, open_read_only};
use crate::Error;
use crate::conformance::{self, Backend};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

conformance::suite!(Directory);

/// A store in a directory that goes when the test ends.
pub(crate) struct Directory(TempDir);

impl Default for Directory {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Directory {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Opens the store, waiting a little while it is locked: a process that another test starts has this process's files
    /// open, with their locks, for the instant before it becomes another program.
    pub(crate) fn open_with(&self, options: &Options) -> Store {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            match open(self.path(), options) {
                Err(Error::Locked { .. }) if Instant::now() < patience => thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }
}

impl Backend for Directory {
    type Journal = SqliteJournal;
    type State = SqliteState;

    fn open(&self) -> (SqliteJournal, SqliteState) {
        let Store { journal, state } = self.open_with(&Options::default());
        (journal, state)
    }

    /// What a killed process leaves is what its files hold at that moment.
    fn after_a_crash(&self) -> Self {
        let copy = Self::default();
        for file in fs::read_dir(self.path()).unwrap().map(Result::unwrap) {
            fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }
}
