//! How much room the disk has.

use crate::Error;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer of the file system is believed.
const FRESH: Duration = Duration::from_secs(1);

/// Bytes that an unprivileged process may still write to the disk that holds this directory.
pub fn free_bytes(directory: &Path) -> Result<u64, Error> {
    let disk = rustix::fs::statvfs(directory)
        .map_err(|error| Error::Backend { doing: "asking for the disk's free room", source: error.into() })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The disk is full, as an error.
pub(super) fn full(directory: &Path) -> Error {
    Error::Full { path: directory.display().to_string() }
}

/// Holds back a reserve of the disk, asking the file system now and then.
#[derive(Debug)]
pub(super) struct Reserve {
    directory: PathBuf,
    bytes: u64,
    /// When the disk was last found to have room; `None` if it had none.
    had_room: Mutex<Option<Instant>>,
}

impl Reserve {
    pub(super) fn new(directory: &Path, bytes: u64) -> Self {
        Self { directory: directory.into(), bytes, had_room: Mutex::new(None) }
    }

    /// [`Error::Full`] while the reserve is touched. Lack of room is never remembered, so the first try after somebody
    /// made room succeeds.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut had_room = self.had_room.lock().unwrap_or_else(PoisonError::into_inner);
        if had_room.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        *had_room = None;
        if free_bytes(&self.directory)? < self.bytes {
            return Err(full(&self.directory));
        }
        *had_room = Some(Instant::now());
        Ok(())
    }
}
