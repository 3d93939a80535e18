//! A store that nobody can read for a while.

use anyhow::Context;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{F_WRLCK, SEEK_SET, flock};
use std::fs::File;
use std::path::Path;

/// Where SQLite's readers lock the WAL's index: `WAL_READ_LOCK(0)` to `WAL_READ_LOCK(4)`, as its file format has it
/// (<https://www.sqlite.org/walformat.html#wal_locks>). Who finds all of them taken tries again, for up to ten seconds.
const FIRST_READ_LOCK: i64 = 123;
const READ_LOCKS: i64 = 5;

/// While this lives, no new reading of the state begins.
#[derive(Debug)]
pub(super) struct Stall(
    #[expect(dead_code, reason = "the system lets go of the locks when it is closed")] File,
);

impl Stall {
    /// Waits for those who read, and holds up whoever comes after them.
    pub(super) fn begin(store: &Path) -> anyhow::Result<Self> {
        let path = store.join("state.db-shm");
        let file = File::options().read(true).write(true).open(&path).context(path.display().to_string())?;
        let lock = flock {
            l_type: F_WRLCK as _,
            l_whence: SEEK_SET as _,
            l_start: FIRST_READ_LOCK,
            l_len: READ_LOCKS,
            l_pid: 0,
        };
        fcntl(&file, FcntlArg::F_SETLKW(&lock))?;
        Ok(Self(file))
    }
}
