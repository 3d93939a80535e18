//! Moving the WAL into its file, off the path of commits.
//!
//! SQLite can start a WAL over only at an instant when all of it has been moved, and under steady load that instant
//! never comes by itself: while one part is moved the next is written. So the work is shared. A thread moves nearly
//! everything, beside the commits, without holding anybody up; when little is left it says so, and the writer, between
//! two commits, moves the rest and starts the WAL over. That pause is a few pages and one sync long.
//!
//! Readers hold a WAL back for as long as they look at an older part of it, which is why reads are short. A backup is
//! not: while it runs the WAL grows, and is cut back to size afterwards.
//!
//! A WAL that starts over keeps old bytes until they are written over; [`empty`] is for when they must go.

use super::database::{Database, Trouble};
use super::writer::Refusal;
use crate::Error;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The thread's rounds over what was written meanwhile, before it leaves the rest to the writer.
const ROUNDS: u32 = 3;
/// What the writer may be left with, in bytes.
const LITTLE_BYTES: u32 = 2 << 20;
/// How long the writer waits for readers of the WAL's older part; if they take longer it tries again later.
const PATIENCE: Duration = Duration::from_millis(5);
/// A connection that only moves the WAL reads pages from it and writes them to the file; it caches none.
pub(super) const CACHE_KIB: u32 = 64;
/// A WAL file that outgrew this many times its size is cut back when it starts over.
const CUT_AT: u64 = 4;

/// The writer's side.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    little_is_left: Arc<AtomicBool>,
    threshold: u32,
    wake_at: AtomicU32,
}

/// How far a WAL has been moved, in pages.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Somebody reads the WAL, or another moves it.
    hindered: bool,
    written: u32,
    moved: u32,
}

impl Checkpointer {
    pub(super) fn start(database: &Database, wal_bytes: u64, refusal: Refusal) -> Result<Self, Error> {
        let page_bytes = database.kind.page_bytes;
        let threshold = u32::try_from(wal_bytes / u64::from(page_bytes)).unwrap_or(u32::MAX).max(1);
        let connection = database.writer(CACHE_KIB)?;
        let little_is_left = Arc::new(AtomicBool::new(false));
        let mover = Mover {
            connection,
            little_is_left: little_is_left.clone(),
            little: LITTLE_BYTES / page_bytes,
            refusal,
        };
        let (wake, wakes) = sync_channel(1);
        let thread = thread::Builder::new()
            .name(format!("checkpoint {}", database.kind.file))
            .spawn(move || mover.run(&wakes))
            .map_err(|error| Error::Backend {
                doing: "starting the checkpoint thread",
                source: error.into(),
            })?;
        let wake_at = AtomicU32::new(threshold);
        Ok(Self { wake: Some(wake), thread: Some(thread), little_is_left, threshold, wake_at })
    }

    /// Settings that the writer's connection needs for this.
    pub(super) fn prepare(connection: &Connection, wal_bytes: u64) -> rusqlite::Result<()> {
        let limit = i64::try_from(wal_bytes.saturating_mul(CUT_AT)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "journal_size_limit", limit)
    }

    /// Called by the writer before a commit: starts the WAL over if the thread has left little of it.
    pub(super) fn before_commit(&self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.little_is_left.swap(false, Ordering::Acquire) {
            return Ok(());
        }
        patiently(connection, "PRAGMA wal_checkpoint(RESTART)").map(|_| ())
    }

    /// Called by the writer after a commit: wakes the thread each time the WAL has grown by the threshold.
    pub(super) fn after_commit(&self, connection: &Connection) -> rusqlite::Result<()> {
        let written = run(connection, "PRAGMA wal_checkpoint(NOOP)")?.written;
        let wake_at = self.wake_at.load(Ordering::Relaxed);
        if written >= wake_at {
            self.wake_at.store(written.saturating_add(self.threshold), Ordering::Relaxed);
            // A full channel means that the thread is about to look anyway.
            let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
        } else if written + self.threshold < wake_at {
            self.wake_at.store(self.threshold, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        // A panic of the thread has been reported by its own message; there is nothing to add.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The thread's side.
struct Mover {
    connection: Connection,
    little_is_left: Arc<AtomicBool>,
    little: u32,
    refusal: Refusal,
}

impl Mover {
    fn run(self, wakes: &Receiver<()>) {
        while wakes.recv().is_ok() {
            match self.move_most() {
                Ok(left) => self.little_is_left.store(left <= self.little, Ordering::Release),
                Err(error) => self.refuse_after(&error),
            }
        }
    }

    /// Moves what is there and then what came meanwhile; answers how many pages are left.
    fn move_most(&self) -> rusqlite::Result<u32> {
        let mut left = u32::MAX;
        for _ in 0..ROUNDS {
            let progress = run(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
            left = progress.written.saturating_sub(progress.moved);
            if left <= self.little / 4 {
                break;
            }
        }
        Ok(left)
    }

    /// A failed sync may have dropped pages that a second one would call safe, so the file is not trusted any more.
    /// Lack of room is harmless: the WAL still has everything.
    fn refuse_after(&self, error: &rusqlite::Error) {
        if Trouble::of(error) == Trouble::Io {
            self.refusal.set(format!("moving the WAL into its file: {error}"));
        }
    }
}

/// Moves what a commit left in the WAL so far, beside other commits, so that little is left for [`empty`].
pub(super) fn move_beside_commits(connection: &Connection) -> rusqlite::Result<()> {
    run(connection, "PRAGMA wal_checkpoint(PASSIVE)").map(|_| ())
}

/// Between two commits, moves all that is left and cuts the WAL's file to nothing; `false` if somebody reads the WAL.
pub(super) fn empty(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(!patiently(connection, "PRAGMA wal_checkpoint(TRUNCATE)")?.hindered)
}

/// Waits for readers of the WAL's older part, but not for long.
fn patiently(connection: &Connection, pragma: &str) -> rusqlite::Result<Progress> {
    let usual: u32 = connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0))?;
    connection.busy_timeout(PATIENCE)?;
    let outcome = run(connection, pragma);
    connection.busy_timeout(Duration::from_millis(usual.into()))?;
    outcome
}

fn run(connection: &Connection, pragma: &str) -> rusqlite::Result<Progress> {
    connection.prepare_cached(pragma)?.query_row([], |row| {
        Ok(Progress {
            hindered: row.get(0)?,
            written: row.get::<_, i64>(1)?.max(0) as u32,
            moved: row.get::<_, i64>(2)?.max(0) as u32,
        })
    })
}
