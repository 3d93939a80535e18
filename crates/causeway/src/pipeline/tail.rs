//! The journal's newest entries, kept in memory so that the engine need not read back what was just written.
//!
//! Bounded by bytes: when the engine lags, the tail lets go and the engine reads from the journal until it has caught
//! up. Positions are gapless, so the reader sees at once whether the tail continues where it stands.

use causeway_store::{Entry, Position};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of bodies kept for an engine that keeps up.
const KEPT_BYTES: usize = 8 << 20;

/// The tail. Also the worker's wake-up: [`Tail::wake`] ends a wait without new entries.
#[derive(Debug, Default)]
pub struct Tail {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    bytes: usize,
    last: Position,
    woken: bool,
    closed: bool,
}

/// What the tail has for a reader.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The entries right after the reader's position.
    Entries(Vec<Entry>),
    /// There are newer entries, but the tail does not reach back far enough: read the journal.
    Behind,
    /// Nothing new within the time.
    Nothing,
    /// Nothing new, and there never will be.
    Closed,
}

impl Tail {
    /// A tail after `last`, the newest durable record.
    pub fn new(last: Position) -> Self {
        Self { inner: Mutex::new(Inner { last, ..Inner::default() }), changed: Condvar::new() }
    }

    /// Adds entries that were just made durable, in order.
    pub fn push(&self, entries: impl Iterator<Item = Entry>) {
        let mut inner = self.lock();
        for entry in entries {
            inner.bytes += entry.record.body.len();
            inner.last = entry.position;
            inner.entries.push_back(entry);
        }
        if inner.bytes > KEPT_BYTES {
            inner.entries = VecDeque::new();
            inner.bytes = 0;
        }
        drop(inner);
        self.changed.notify_all();
    }

    /// Takes up to about `max_bytes` of the entries after `after`, waiting up to `patience` for some.
    pub fn next(&self, after: Position, max_bytes: usize, patience: Duration) -> Next {
        let idle = |inner: &mut Inner| inner.last <= after && !inner.woken && !inner.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), patience, idle);
        let (mut inner, _) = waited.unwrap_or_else(PoisonError::into_inner);
        inner.woken = false;
        if inner.last <= after {
            return if inner.closed { Next::Closed } else { Next::Nothing };
        }
        inner.drop_until(after);
        match inner.entries.front() {
            Some(entry) if entry.position.0 == after.0 + 1 => Next::Entries(inner.take(max_bytes)),
            _ => Next::Behind,
        }
    }

    /// Ends the reader's wait.
    pub fn wake(&self) {
        self.lock().woken = true;
        self.changed.notify_all();
    }

    /// No more entries will come.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The newest durable record.
    pub fn last(&self) -> Position {
        self.lock().last
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn drop_until(&mut self, after: Position) {
        while self.entries.front().is_some_and(|entry| entry.position <= after) {
            self.pop();
        }
    }

    fn take(&mut self, max_bytes: usize) -> Vec<Entry> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while bytes < max_bytes
            && let Some(entry) = self.pop()
        {
            bytes += entry.record.body.len();
            taken.push(entry);
        }
        taken
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.record.body.len();
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_store::{Record, Source};

    fn entries(from: u64, count: u64, bytes: usize) -> impl Iterator<Item = Entry> {
        (from..from + count).map(move |position| {
            let body = vec![b' '; bytes].into();
            let record = Record { source: Source(1), received_at: 0, meta: bytes::Bytes::new(), body };
            Entry { position: Position(position), record }
        })
    }

    fn next(tail: &Tail, after: u64) -> Next {
        tail.next(Position(after), usize::MAX, Duration::ZERO)
    }

    #[test]
    fn a_reader_that_keeps_up_gets_what_follows_its_position() {
        let tail = Tail::new(Position(4));
        assert_eq!(next(&tail, 4), Next::Nothing);
        tail.push(entries(5, 3, 10));
        assert_eq!(next(&tail, 5), Next::Entries(entries(6, 2, 10).collect()));
        tail.close();
        assert_eq!(next(&tail, 7), Next::Closed);
    }

    #[test]
    fn a_reader_that_lags_is_sent_to_the_journal_and_memory_stays_bounded() {
        let tail = Tail::new(Position(0));
        tail.push(entries(1, 2, KEPT_BYTES));
        assert_eq!(next(&tail, 0), Next::Behind);
        assert!(tail.lock().entries.is_empty());
        tail.push(entries(3, 1, 10));
        assert_eq!(next(&tail, 0), Next::Behind);
        assert_eq!(next(&tail, 2), Next::Entries(entries(3, 1, 10).collect()));
    }
}
