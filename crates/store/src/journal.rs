//! The journal: every accepted request, as the bytes that came, in the order in which they were made durable.

use crate::Error;
use bytes::Bytes;

/// A record's place in the journal: 1 for the first record ever, then 2, 3, … without gaps. 0 means "before all".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// Which intake a record came through. The numbers are the caller's; the journal only keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(pub u8);

/// One accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The intake that accepted it.
    pub source: Source,
    /// When it was accepted, in milliseconds since the Unix epoch.
    pub received_at: i64,
    /// What the intake wants to remember beside the body (usually empty).
    pub meta: Bytes,
    /// The body as it came, after content decoding.
    pub body: Bytes,
}

/// A record with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// What was accepted.
    pub record: Record,
}

/// What the journal holds now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// The oldest record still held; `last + 1` when none is.
    pub first: Position,
    /// The newest durable record; 0 when there never was one.
    pub last: Position,
    /// Bytes that the journal takes on disk.
    pub bytes: u64,
}

/// How long records are kept. A record is removed when it is processed *and* too old or beyond the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Records received before this instant (milliseconds since the Unix epoch) may go.
    pub keep_since: i64,
    /// The oldest records may go while the journal is larger than this many bytes.
    pub max_bytes: u64,
    /// Records after this position are never removed: they are not processed yet.
    pub processed: Position,
}

/// The one durability point. All methods block; callers own a thread for it.
pub trait Journal: Send + Sync + 'static {
    /// Appends the records in order with **one** durable commit (survives power loss once this returns) and answers
    /// the position of the first. On error none of them was appended.
    fn append(&self, records: &[Record]) -> Result<Position, Error>;

    /// Reads entries after `after`, oldest first, until about `max_bytes` of bodies are collected (at least one entry
    /// if there is any). Positions removed by retention are skipped silently; damaged records are reported by
    /// [`Journal::damaged`] and skipped.
    fn read(&self, after: Position, max_bytes: usize) -> Result<Vec<Entry>, Error>;

    /// Reads the records of the inclusive range that are still held.
    fn range(&self, first: Position, last: Position) -> Result<Vec<Entry>, Error>;

    /// The first position whose record was received at or after `at` (milliseconds), or `last + 1`.
    fn position_at(&self, at: i64) -> Result<Position, Error>;

    /// What is held now.
    fn extent(&self) -> Result<Extent, Error>;

    /// Removes what the policy lets go, in small steps that never hold up an append for long; answers how many
    /// records were removed.
    fn retain(&self, retention: Retention) -> Result<u64, Error>;

    /// Gives these records other bodies; everything else about them stays. Durable once this returns. Records that are
    /// stored together are changed together or not at all; on error others may have been changed already, and doing the
    /// same again does no harm. The last word on a position counts. Positions that are not held are skipped, damaged ones
    /// too, and reported by [`Journal::damaged`]. Works in small steps that never hold up an append for long.
    ///
    /// The former bodies may be found in the files until [`Journal::scrub`].
    fn rewrite(&self, bodies: &[(Position, Bytes)]) -> Result<(), Error>;

    /// Wipes what rows left behind that were deleted or replaced before this was called: once it returns, their bytes are
    /// in none of the files. Works beside everything else in small steps that never hold up an append for long; takes
    /// about as long as reading the file twice.
    fn scrub(&self) -> Result<(), Error>;

    /// Position ranges found damaged by a checksum since opening, oldest first.
    fn damaged(&self) -> Vec<(Position, Position)>;
}
