//! The embedded backend: two SQLite files in one directory, nothing to set up.
//!
//! - `journal.db` takes what comes in. One append is one transaction that is on disk when the call returns
//!   (`synchronous=FULL`).
//! - `state.db` keeps what follows. A loss of power may undo its latest transactions (`synchronous=NORMAL`), since the
//!   journal brings them back. Being another file, it never makes an append wait.
//! - `lock` is held by the one process that writes.
//!
//! Both files are in WAL mode: readers never wait for the writer, nor the writer for readers. Moving the WAL into the
//! file is left to a thread of its own (`checkpoint`), so that a commit rarely pays for it.
//!
//! Deleted and replaced rows leave bytes behind, in free pages and in the WAL, until `scrub` wipes them. That takes an SQLite
//! built with `SQLITE_ENABLE_DBPAGE_VTAB`, as `.cargo/config.toml` has it built.
//!
//! A copy taken with [`Store::backup`] is again a store; so is a copy of the directory of a stopped process.

mod backup;
mod checkpoint;
mod database;
mod journal;
mod migration;
mod options;
mod ownership;
mod pack;
mod readers;
mod room;
mod scrub;
mod state;
#[cfg(test)]
mod tests;
mod writer;

pub use journal::SqliteJournal;
pub use options::Options;
pub use room::free_bytes;
pub use state::SqliteState;

use crate::{Error, State};
use ownership::Ownership;
use std::path::Path;

/// Both halves of an open store. Each may be moved where it is needed; the directory is free again once both are dropped.
#[derive(Debug)]
pub struct Store {
    /// What came in.
    pub journal: SqliteJournal,
    /// What follows from it.
    pub state: SqliteState,
}

/// Opens the store in this directory for writing, making it and bringing its format up to date where needed.
///
/// Fails with [`Error::Locked`] while another process (or another `Store` of this one) writes to it, with
/// [`Error::TooNew`] if a newer version wrote it, and with [`Error::Full`] if the disk has no room for a change of format.
pub fn open(path: &Path, options: &Options) -> Result<Store, Error> {
    let ownership = Ownership::take(path)?;
    let journal = SqliteJournal::open(path, options, ownership.clone())?;
    let state = SqliteState::open(path, options, ownership.clone())?;
    journal.go_on_after(state.cursor()?)?;
    ownership.sync_directory()?;
    Ok(Store { journal, state })
}

/// Opens the store in this directory for reading, whether or not another process writes to it. Every write is answered
/// with [`Error::ReadOnly`]; the directory and its files must have the current format. [`Error::NotFound`] if there are none.
pub fn open_read_only(path: &Path) -> Result<Store, Error> {
    if [&journal::KIND, &state::KIND].iter().all(|kind| !path.join(kind.file).exists()) {
        return Err(Error::NotFound(format!("store in {} yet; the first run makes it", path.display())));
    }
    let options = Options::default();
    let journal = SqliteJournal::open_read_only(path, &options)?;
    let state = SqliteState::open_read_only(path, &options)?;
    Ok(Store { journal, state })
}
