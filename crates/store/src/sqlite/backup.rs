//! Copies of a store that is in use.

use super::Store;
use super::database::Kind;
use super::readers::Readers;
use super::{journal, state};
use crate::Error;
use std::fs::{self, File};
use std::io;
use std::path::Path;

impl Store {
    /// Writes a compact copy of both files into a directory, which is made and must not hold a store yet. Others may go
    /// on writing; the journal is copied last, so it has everything that the state speaks of.
    pub fn backup(&self, directory: &Path) -> Result<(), Error> {
        fs::create_dir_all(directory).map_err(failed)?;
        let file = |kind: &Kind| directory.join(kind.file);
        self.state.backup(&file(&state::KIND))?;
        self.journal.backup(&file(&journal::KIND))?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
    }
}

/// Copies a whole file to one that does not exist yet, and makes the copy durable.
pub(super) fn copy(from: &Readers, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} exists", to.display()))));
    }
    let name = to.to_str().ok_or_else(|| {
        failed(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not UTF-8", to.display())))
    })?;
    from.with("backing up the store", |connection| connection.execute("VACUUM INTO ?1", [name]))?;
    File::open(to).and_then(|copy| copy.sync_all()).map_err(failed)
}

fn failed(error: io::Error) -> Error {
    Error::Backend { doing: "backing up the store", source: error.into() }
}
