//! Reading: block by block, each found by its own short statement, so that no snapshot is held between them.

use super::super::database::Trouble;
use super::super::pack;
use super::rows::{self, Head};
use super::{Entry, Error, Position, SqliteJournal, layout};
use rusqlite::Connection;

const READING: &str = "reading the journal";

/// A block's head and its entries.
pub(super) type Block = (Head, Vec<Entry>);

impl SqliteJournal {
    /// Entries of the inclusive range of positions, until about `max_bytes` are collected.
    ///
    /// A block that does not fit whole waits for the next read, so that a reader that goes through the journal unpacks
    /// each block once. Only the first is cut.
    pub(super) fn collect(&self, mut from: u64, to: u64, max_bytes: usize) -> Result<Vec<Entry>, Error> {
        let connection = self.readers.borrow()?;
        let mut collected = Vec::new();
        let mut room = max_bytes;
        while let Some(head) = self.next_block(&connection, from)? {
            if head.first > to || (!collected.is_empty() && head.size > room as u64) {
                break;
            }
            let (entries, end) = self.entries(&connection, &head)?;
            let wanted = entries.into_iter().filter(|entry| (from..=to).contains(&entry.position.0));
            collected.extend(take_bytes(wanted, room));
            room = room.saturating_sub(head.size as usize);
            from = end;
        }
        Ok(collected)
    }

    /// The first position whose record was received at or after `at`, or the journal's end.
    pub(super) fn find_time(&self, at: i64) -> Result<Position, Error> {
        let connection = self.readers.borrow()?;
        let mut from = self.search(&connection, at)?;
        while let Some(head) = self.seek(&connection, from)? {
            let (entries, end) = self.entries(&connection, &head)?;
            if let Some(found) = entries.iter().find(|entry| entry.record.received_at >= at) {
                return Ok(found.position);
            }
            from = end;
        }
        Ok(Position(from.max(self.known(rows::end(&connection))?)))
    }

    /// A position before which nothing was received at or after `at`: found by halves, since `latest` never decreases.
    fn search(&self, connection: &Connection, at: i64) -> Result<u64, Error> {
        let (mut low, mut high) = (0, self.known(rows::end(connection))?);
        while low < high {
            let middle = u64::midpoint(low, high);
            match self.seek(connection, middle)? {
                Some(head) if head.latest < at && self.known(rows::is_sound(connection, &head))? => {
                    low = head.end();
                }
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// The block that holds the position or the first after it. Positions have no gaps, so what is missing in between
    /// and was not removed is damaged.
    pub(super) fn next_block(&self, connection: &Connection, from: u64) -> Result<Option<Head>, Error> {
        let mut found = self.seek(connection, from)?;
        let end = match found {
            Some(head) => head.first,
            None => self.end_beside_damage(connection)?,
        };
        if found.is_none() && from < end {
            // What was appended between the two looks is not missing.
            found = self.seek(connection, from)?;
        }
        let begin = found.map_or(end, |head| head.first);
        if let Some(head) = found
            && from < begin
            && !self.known(rows::is_sound(connection, &head))?
        {
            // Its position may be what is damaged, and must not lead over all that is sound before it.
            return self.step_over(connection, from);
        }
        if from < begin {
            self.note_missing(connection, from, begin)?;
        }
        Ok(found)
    }

    /// Remembers a gap as damaged, but for what was removed.
    fn note_missing(&self, connection: &Connection, from: u64, end: u64) -> Result<(), Error> {
        let from = from.max(self.known(rows::removed(connection))? + 1);
        if from < end {
            self.damage.add(from, end - 1);
        }
        Ok(())
    }

    /// The block that holds the position or the first after it, stepping over pages that cannot be read.
    fn seek(&self, connection: &Connection, position: u64) -> Result<Option<Head>, Error> {
        match rows::holding(connection, position) {
            Err(error) if Trouble::of(&error) == Trouble::Corrupt => self.step_over(connection, position),
            found => self.known(found),
        }
    }

    /// The first block behind the damage at this position. A look-up behind the damage succeeds, one inside it fails: so
    /// its end is found by doubling the step and then by halves.
    fn step_over(&self, connection: &Connection, position: u64) -> Result<Option<Head>, Error> {
        let readable = |from| match rows::at_or_after(connection, from) {
            Ok(Some(head)) => rows::is_sound(connection, &head).unwrap_or(false),
            found => found.is_ok(),
        };
        let mut steps = (0..63).map(|doubling| position.saturating_add(1 << doubling));
        let Some(mut behind) = steps.find(|from| readable(*from)) else {
            return self.give_up(connection, position);
        };
        let mut inside = position;
        while inside + 1 < behind {
            let middle = u64::midpoint(inside, behind);
            if readable(middle) {
                behind = middle;
            } else {
                inside = middle;
            }
        }
        match self.known(rows::at_or_after(connection, behind))? {
            Some(head) => {
                self.damage.add(position, head.first - 1);
                Ok(Some(head))
            }
            None => self.give_up(connection, position),
        }
    }

    /// Nothing behind the damage can be read: everything up to the journal's end counts as damaged.
    fn give_up(&self, connection: &Connection, position: u64) -> Result<Option<Head>, Error> {
        let end = self.end_beside_damage(connection)?;
        if position < end {
            self.damage.add(position, end - 1);
        }
        Ok(None)
    }

    /// A block's entries and the position after them; no entries if [`Self::load`] has none.
    fn entries(&self, connection: &Connection, head: &Head) -> Result<(Vec<Entry>, u64), Error> {
        let (block, end) = self.load(connection, head)?;
        Ok((block.map(|(_, entries)| entries).unwrap_or_default(), end))
    }

    /// A block as it is now, and the position after it; `None` if it is damaged (which is remembered) or was removed
    /// meanwhile.
    pub(super) fn load(&self, connection: &Connection, head: &Head) -> Result<(Option<Block>, u64), Error> {
        let open = |now: &Head, content: &[u8]| open(now, content).filter(|(now, _)| now.is_of_block(head));
        match rows::content(connection, head.first, open) {
            Ok(Some(Some(block))) => Ok((Some(block), head.end())),
            Ok(None) => {
                self.note_missing(connection, head.first, head.end())?;
                Ok((None, head.end()))
            }
            Ok(Some(None)) => Ok((None, self.isolate(connection, head)?)),
            Err(error) if Trouble::of(&error) == Trouble::Corrupt => {
                Ok((None, self.isolate(connection, head)?))
            }
            Err(error) => self.known(Err(error)),
        }
    }

    /// Remembers that a block is damaged; answers where the next begins. The block's own count may be what is damaged, so
    /// it is not asked.
    fn isolate(&self, connection: &Connection, head: &Head) -> Result<u64, Error> {
        let next = rows::first_after(connection, head.first).ok().flatten();
        let end = match next {
            Some(next) => next,
            None => self.end_beside_damage(connection)?,
        };
        self.damage.add(head.first, end - 1);
        Ok(end)
    }

    /// The journal's end, even if the file is not able to tell.
    fn end_beside_damage(&self, connection: &Connection) -> Result<u64, Error> {
        match (rows::end(connection), &self.writing) {
            (Err(error), Some(writing)) if Trouble::of(&error) == Trouble::Corrupt => Ok(writing.next()),
            (end, _) => self.known(end),
        }
    }

    fn known<T>(&self, outcome: rusqlite::Result<T>) -> Result<T, Error> {
        outcome.map_err(|error| self.readers.database().failure(READING, error))
    }
}

/// The block, or `None` if it is not what was written.
fn open(head: &Head, content: &[u8]) -> Option<Block> {
    if head.checksum(content) != head.crc {
        return None;
    }
    let raw = pack::unpack(head.codec, head.size as usize, content).ok()?;
    Some((*head, layout::decode(head.first, head.count, &raw.into())?))
}

/// Entries until their bodies reach this many bytes; at least one.
fn take_bytes(entries: impl Iterator<Item = Entry>, max_bytes: usize) -> impl Iterator<Item = Entry> {
    let mut taken = 0_usize;
    entries.take_while(move |entry| {
        let fits = taken == 0 || taken < max_bytes;
        taken = taken.saturating_add(entry.record.body.len().max(1));
        fits
    })
}
