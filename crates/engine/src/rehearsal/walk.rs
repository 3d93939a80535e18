//! The journal's records of a stretch of time, chunk by chunk.

use crate::core::Source;
use bytes::Bytes;
use causeway_store::{Entry, Error, Journal, Position, Record, State};

/// Bytes of bodies in a chunk.
const CHUNK: usize = 1 << 20;

/// So long before the stretch the walk begins, so that what was under way then is under way again.
const WARM_UP_MS: i64 = 5 * 60_000;

/// So long after it time goes on, so that what began within settles.
pub(crate) const SETTLE_MS: i64 = 60_000;

/// The walk.
pub struct Walk<'j> {
    journal: &'j dyn Journal,
    next: Position,
    counted: Position,
    end: Position,
    tick_at: Option<i64>,
}

/// Some records.
#[derive(Debug)]
pub struct Chunk {
    /// The records, oldest first.
    pub entries: Vec<Entry>,
    /// Whether they are of the stretch and not of the time before.
    pub counted: bool,
    /// Whether it is the last, which holds nothing but the time.
    pub ends: bool,
}

impl<'j> Walk<'j> {
    /// Over the records that came from `since` until before `until` and that the engine has processed; both are milliseconds
    /// since the Unix epoch, and so is `now`.
    pub fn new(
        journal: &'j dyn Journal,
        state: &dyn State,
        (since, until): (i64, i64),
        now: i64,
    ) -> Result<Self, Error> {
        let first = journal.extent()?.first;
        let after_last = Position(state.cursor()?.0 + 1);
        Ok(Self {
            journal,
            next: journal.position_at(since.saturating_sub(WARM_UP_MS))?.max(first),
            counted: journal.position_at(since)?.max(first),
            end: journal.position_at(until)?.min(after_last),
            tick_at: Some(until.saturating_add(SETTLE_MS).min(now)),
        })
    }

    /// The first record that the walk reads, and when it came.
    pub fn start(&self) -> Result<(Position, i64), Error> {
        let first = self.journal.range(self.next, self.next)?.pop();
        Ok((self.next, first.map_or(i64::MAX, |entry| entry.record.received_at)))
    }

    /// The records that are counted: from the first until before the other.
    pub fn counted(&self) -> (Position, Position) {
        (self.counted, self.end)
    }

    /// The next records; nothing at the end. No chunk goes across `stop`, which is where another walk ended.
    pub fn next(&mut self, stop: Position) -> Result<Option<Chunk>, Error> {
        if self.next >= self.end {
            return Ok(self.tick());
        }
        let mut entries = self.journal.read(Position(self.next.0 - 1), CHUNK)?;
        let bound = |border: Position| if self.next < border { border } else { self.end };
        let border = bound(self.counted).min(bound(Position(stop.0.saturating_add(1)))).min(self.end);
        entries.retain(|entry| entry.position < border);
        let counted = self.next >= self.counted;
        // Where nothing is left to read before the border, it was removed.
        self.next = entries.last().map_or(border, |last| Position(last.position.0 + 1));
        Ok(Some(Chunk { entries, counted, ends: false }))
    }

    /// Nothing but the time, at the end.
    fn tick(&mut self) -> Option<Chunk> {
        let at = self.tick_at.take()?;
        let position = Position(self.end.0.saturating_sub(1));
        Some(Chunk { entries: vec![tick(position, at)], counted: self.end > self.counted, ends: true })
    }
}

/// A record that holds nothing but its time.
pub fn tick(position: Position, received_at: i64) -> Entry {
    let record = Record { source: Source::Tick.into(), received_at, meta: Bytes::new(), body: Bytes::new() };
    Entry { position, record }
}
