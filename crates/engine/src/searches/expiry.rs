//! What is to be forgotten in time: a queue in the store, so that nobody has to look through all that is remembered.
//!
//! ```text
//! head    first chunk u64 · next chunk u64
//! chunk   when the last was added i64 · (kind u8 · hash u128)*
//! ```

use super::memory::{lead_key, person_key};
use crate::core::Facts;
use causeway_store::Error;

/// What expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiring {
    /// A person's searches, by their hash.
    Person(u128),
    /// Where a queryID leads, by its hash.
    Lead(u128),
}

impl Expiring {
    pub(crate) fn key(self) -> Vec<u8> {
        match self {
            Self::Person(hash) => person_key(hash),
            Self::Lead(hash) => lead_key(hash),
        }
    }

    fn to_bytes(self) -> [u8; ITEM] {
        let (kind, hash) = match self {
            Self::Person(hash) => (0, hash),
            Self::Lead(hash) => (1, hash),
        };
        let mut bytes = [kind; ITEM];
        bytes[1..].copy_from_slice(&hash.to_be_bytes());
        bytes
    }

    fn from_bytes(&[kind, ref hash @ ..]: &[u8; ITEM]) -> Self {
        let hash = u128::from_be_bytes(*hash);
        if kind == 0 { Self::Person(hash) } else { Self::Lead(hash) }
    }
}

const ITEM: usize = 17;

const HEAD: &[u8] = b"search-expiry";

/// A chunk takes no more than so many: it is written anew whenever one is added.
const CHUNK: usize = 128;

/// Nor does it take any for longer than this, so that what is in it is of about the same age.
const CHUNK_MS: i64 = 60_000;

/// The queue. The chunk that is being filled is in memory; after a restart another one is begun.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    head: Option<Head>,
    filling: Vec<Expiring>,
    since: i64,
    last: i64,
    added: bool,
    facts: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Chunks are numbered: `first` is the oldest there is, `next` the one that is being filled.
#[derive(Debug, Clone, Copy)]
struct Head {
    first: u64,
    next: u64,
    /// When the oldest was last added to, once it was read.
    oldest: Option<i64>,
}

impl Expiry {
    /// Notes that something expires, counted from now.
    pub(crate) fn add(&mut self, item: Expiring, now: i64, facts: &dyn Facts) -> Result<(), Error> {
        self.head(facts)?;
        if self.filling.len() >= CHUNK || (!self.filling.is_empty() && now - self.since > CHUNK_MS) {
            self.close();
        }
        if self.filling.is_empty() {
            self.since = now;
        }
        if !self.filling.contains(&item) {
            self.filling.push(item);
        }
        self.last = now;
        self.added = true;
        Ok(())
    }

    /// Takes out a chunk that was complete before this time; nothing if there is none.
    pub(crate) fn take(&mut self, before: i64, facts: &dyn Facts) -> Result<Vec<Expiring>, Error> {
        let Head { first, next, oldest } = *self.head(facts)?;
        if first == next || oldest.is_some_and(|at| at >= before) {
            return Ok(Vec::new());
        }
        let chunk = facts.fact(&chunk_key(first))?.unwrap_or_default();
        let (at, items) = decode(&chunk);
        let head = self.head(facts)?;
        head.oldest = Some(at);
        if at >= before {
            return Ok(Vec::new());
        }
        (head.first, head.oldest) = (first + 1, None);
        self.facts.push((chunk_key(first), None));
        self.put_head();
        Ok(items)
    }

    /// The changes since the last call, for the store.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        if std::mem::take(&mut self.added) {
            self.put_chunk();
        }
        std::mem::take(&mut self.facts)
    }

    fn head(&mut self, facts: &dyn Facts) -> Result<&mut Head, Error> {
        if self.head.is_none() {
            let stored = facts.fact(HEAD)?.unwrap_or_default();
            let (numbers, _) = stored.as_chunks::<8>();
            let number = |place: usize| numbers.get(place).map_or(0, |bytes| u64::from_be_bytes(*bytes));
            self.head = Some(Head { first: number(0), next: number(1), oldest: None });
        }
        Ok(self.head.as_mut().expect("it was just put there"))
    }

    /// What was filled is complete.
    fn close(&mut self) {
        self.put_chunk();
        self.filling.clear();
        if let Some(head) = &mut self.head {
            head.next += 1;
        }
        self.put_head();
    }

    /// After a restart another chunk is begun, so what is being filled counts as there already.
    fn put_chunk(&mut self) {
        let Some(head) = self.head else { return };
        let mut chunk = self.last.to_be_bytes().to_vec();
        self.filling.iter().for_each(|item| chunk.extend_from_slice(&item.to_bytes()));
        self.facts.push((chunk_key(head.next), Some(chunk)));
        self.put_head();
    }

    fn put_head(&mut self) {
        let Some(Head { first, next, .. }) = self.head else { return };
        let filled = next + u64::from(!self.filling.is_empty());
        let stored = [first.to_be_bytes(), filled.to_be_bytes()].concat();
        self.facts.push((HEAD.to_vec(), Some(stored)));
    }
}

fn chunk_key(number: u64) -> Vec<u8> {
    [HEAD, b"/", &number.to_be_bytes()].concat()
}

fn decode(chunk: &[u8]) -> (i64, Vec<Expiring>) {
    let Some((at, items)) = chunk.split_first_chunk() else { return (i64::MIN, Vec::new()) };
    let (items, _) = items.as_chunks::<ITEM>();
    (i64::from_be_bytes(*at), items.iter().map(Expiring::from_bytes).collect())
}
