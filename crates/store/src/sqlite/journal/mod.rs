//! The journal in `journal.db`: one row a commit.
//!
//! An append stores its records as one block (or a few, if it is large): head columns and one packed content. A block is
//! written, read, checked and removed as a whole. Positions are given by counting; the only index is the table itself.
//!
//! Space that retention frees is filled again by later appends, so the file stays as large as it was at its fullest; a
//! backup is compact.

mod damage;
mod layout;
mod read;
mod retain;
mod rewrite;
mod rows;

use super::backup;
use super::database::{Database, Kind};
use super::migration;
use super::options::Options;
use super::ownership::Ownership;
use super::pack::{Packer, forget_excess};
use super::readers::Readers;
use super::room::Reserve;
use super::scrub;
use super::writer::Writer;
use crate::{Entry, Error, Extent, Journal, Position, Record, Retention};
use bytes::Bytes;
use damage::Damage;
use rows::Head;
use rusqlite::Connection;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub(super) static KIND: Kind =
    Kind { file: "journal.db", page_bytes: 8192, synchronous: "FULL", versions: &[include_str!("v1.sql")] };

const APPENDING: &str = "appending to the journal";
/// Appends larger than this are stored as several blocks, in the same transaction.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks smaller than this are not compressed: they take a page either way.
const COMPRESS_FROM: usize = 1 << 10;
/// The largest record: SQLite stores at most 10^9 bytes in a row, and half of it leaves room for everything.
const MAX_RECORD_BYTES: usize = 500_000_000;

/// The embedded journal.
#[derive(Debug)]
pub struct SqliteJournal {
    readers: Readers,
    damage: Damage,
    /// `None` when opened for reading only.
    writing: Option<Writing>,
}

/// What only the process that writes has.
#[derive(Debug)]
struct Writing {
    reserve: Reserve,
    tail: Mutex<Tail>,
    writer: Writer,
}

/// Where the next append goes on.
struct Tail {
    next: u64,
    /// The latest time at which any record was received.
    latest: i64,
    raw: Vec<u8>,
    packer: Packer,
}

impl fmt::Debug for Tail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tail").field("next", &self.next).finish_non_exhaustive()
    }
}

impl SqliteJournal {
    pub(super) fn open(directory: &Path, options: &Options, ownership: Ownership) -> Result<Self, Error> {
        let database = Database::new(directory, &KIND);
        let connection = database.writer(options.journal_cache_kib)?;
        migration::run(&database, &connection)?;
        let tail =
            Tail::load(&connection).map_err(|error| database.failure("finding the journal's end", error))?;
        let writing = Writing {
            reserve: Reserve::new(directory, options.reserve_bytes),
            tail: Mutex::new(tail),
            writer: Writer::new(database.clone(), connection, options.wal_bytes, ownership)?,
        };
        Ok(Self::new(database, options, Some(writing)))
    }

    pub(super) fn open_read_only(directory: &Path, options: &Options) -> Result<Self, Error> {
        let database = Database::new(directory, &KIND);
        migration::expect_current(&database, &database.reader(options.reader_cache_kib)?)?;
        Ok(Self::new(database, options, None))
    }

    fn new(database: Database, options: &Options, writing: Option<Writing>) -> Self {
        let readers = Readers::new(database, options.reader_cache_kib, options.readers);
        Self { readers, damage: Damage::default(), writing }
    }

    /// Writes a compact copy of the journal, as it is now, to a file that does not exist yet.
    pub(super) fn backup(&self, file: &Path) -> Result<(), Error> {
        backup::copy(&self.readers, file)
    }

    fn writing(&self) -> Result<&Writing, Error> {
        self.writing
            .as_ref()
            .ok_or_else(|| Error::ReadOnly { path: self.readers.database().directory.display().to_string() })
    }

    /// Makes sure that no position up to this one is given (again). The state knows of these records, so if they are not
    /// here the journal has lost its end: its file was replaced by an older one, or damaged.
    pub(super) fn go_on_after(&self, position: Position) -> Result<(), Error> {
        let writing = self.writing()?;
        let mut tail = writing.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.next <= position.0 {
            let doing = "stepping over the journal's lost end";
            writing.writer.commit(doing, |transaction| rows::raise_removed(transaction, position.0))?;
            self.damage.add(tail.next, position.0);
            tail.next = position.0 + 1;
        }
        Ok(())
    }
}

impl Journal for SqliteJournal {
    fn append(&self, records: &[Record]) -> Result<Position, Error> {
        let writing = self.writing()?;
        writing.reserve.check()?;
        check_sizes(records)?;
        let mut tail = writing.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let first = tail.next;
        if !records.is_empty() {
            let latest = writing.writer.commit(APPENDING, |transaction| tail.insert(transaction, records))?;
            tail.advance(records.len(), latest);
        }
        Ok(Position(first))
    }

    fn read(&self, after: Position, max_bytes: usize) -> Result<Vec<Entry>, Error> {
        self.collect(after.0.saturating_add(1), u64::MAX, max_bytes)
    }

    fn range(&self, first: Position, last: Position) -> Result<Vec<Entry>, Error> {
        self.collect(first.0, last.0, usize::MAX)
    }

    fn position_at(&self, at: i64) -> Result<Position, Error> {
        self.find_time(at)
    }

    fn extent(&self) -> Result<Extent, Error> {
        self.readers.with("measuring the journal", |connection| {
            let end = rows::end(connection)?;
            let first = rows::at_or_after(connection, 0)?.map_or(end, |head| head.first);
            Ok(Extent {
                first: Position(first),
                last: Position(end - 1),
                bytes: rows::used_bytes(connection)?,
            })
        })
    }

    fn retain(&self, retention: Retention) -> Result<u64, Error> {
        retain::run(&self.writing()?.writer, retention)
    }

    fn rewrite(&self, bodies: &[(Position, Bytes)]) -> Result<(), Error> {
        self.rewrite_blocks(self.writing()?, bodies)
    }

    fn scrub(&self) -> Result<(), Error> {
        scrub::run(&self.readers, &self.writing()?.writer)
    }

    fn damaged(&self) -> Vec<(Position, Position)> {
        self.damage.ranges()
    }
}

impl Writing {
    /// The position that the next record gets.
    fn next(&self) -> u64 {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).next
    }
}

impl Tail {
    fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let next = rows::end(connection)?;
        let latest = rows::last(connection)?.map_or(i64::MIN, |head| head.latest);
        Ok(Self { next, latest, raw: Vec::new(), packer: Packer::default() })
    }

    /// Stores the records; answers the latest time so far.
    fn insert(&mut self, connection: &Connection, records: &[Record]) -> rusqlite::Result<i64> {
        let (mut first, mut latest) = (self.next, self.latest);
        for block in layout::blocks(records, BLOCK_BYTES) {
            let newest = block.iter().map(|record| record.received_at).max().unwrap_or(i64::MIN);
            latest = latest.max(newest);
            self.insert_block(connection, first, latest, newest, block)?;
            first += block.len() as u64;
        }
        Ok(latest)
    }

    fn insert_block(
        &mut self,
        connection: &Connection,
        first: u64,
        latest: i64,
        newest: i64,
        block: &[Record],
    ) -> rusqlite::Result<()> {
        self.raw.clear();
        layout::encode(block, &mut self.raw);
        let content = self.packer.pack(&self.raw, COMPRESS_FROM);
        let (codec, size, count) = (content.codec as u8, content.size as u64, block.len() as u64);
        rows::insert(connection, Head { first, count, newest, latest, codec, size, crc: 0 }, content.bytes)
    }

    fn advance(&mut self, count: usize, latest: i64) {
        self.next += count as u64;
        self.latest = latest;
        forget_excess(&mut self.raw);
        self.packer.forget_excess();
    }
}

fn check_sizes(records: &[Record]) -> Result<(), Error> {
    records.iter().map(layout::stored_bytes).try_for_each(|bytes| check_size(APPENDING, bytes))
}

fn check_size(doing: &'static str, bytes: usize) -> Result<(), Error> {
    if bytes <= MAX_RECORD_BYTES {
        return Ok(());
    }
    let source = format!("a record of {bytes} bytes is over the limit of {MAX_RECORD_BYTES}").into();
    Err(Error::Backend { doing, source })
}

#[cfg(test)]
mod tests;
