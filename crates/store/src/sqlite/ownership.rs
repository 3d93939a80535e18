//! One writer a directory: a lock that the system drops with the process, however it ends.

use crate::Error;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The right to write into a directory, shared by the parts of one store.
#[derive(Debug, Clone)]
pub(super) struct Ownership {
    directory: PathBuf,
    _lock: Arc<File>,
}

impl Ownership {
    /// Makes the directory if there is none, and takes it or answers [`Error::Locked`].
    pub(super) fn take(directory: &Path) -> Result<Self, Error> {
        let failed = |doing| failed(doing, directory);
        fs::create_dir_all(directory).map_err(failed("making the store's directory"))?;
        let lock = File::create(directory.join("lock")).map_err(failed("making the store's lock file"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.into(), _lock: Arc::new(lock) }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: directory.display().to_string() }),
            Err(TryLockError::Error(error)) => Err(failed("locking the store's directory")(error)),
        }
    }

    /// Makes the names of newly made files survive a loss of power.
    pub(super) fn sync_directory(&self) -> Result<(), Error> {
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(failed("syncing the store's directory", &self.directory))
    }
}

fn failed(doing: &'static str, directory: &Path) -> impl Fn(io::Error) -> Error {
    move |error| Error::Backend { doing, source: format!("{}: {error}", directory.display()).into() }
}
