//! A bounded collection kept as a fixed number of facts, so that a change writes a small part of it and a restart reads
//! it back without knowing what is in it.

use crate::core::{Facts, Kept};
use causeway_store::Error;
use std::collections::BTreeSet;

/// The collection. It is read from the store as a whole when it is first asked for.
#[derive(Debug)]
pub(crate) struct Shards<T> {
    prefix: String,
    parts: Vec<T>,
    count: usize,
    changed: BTreeSet<usize>,
}

impl<T: Kept> Shards<T> {
    /// A collection in `count` facts (at most 256) under this prefix, not yet read.
    pub(crate) fn new(prefix: impl Into<String>, count: usize) -> Self {
        Self { prefix: prefix.into(), parts: Vec::new(), count, changed: BTreeSet::new() }
    }

    /// Reads it, unless that was done before.
    pub(crate) fn load(&mut self, facts: &dyn Facts) -> Result<&mut Self, Error> {
        if self.parts.is_empty() {
            let keys = (0..self.count).map(|place| self.key(place));
            let shards = keys.map(|key| Ok(facts.fact(&key)?.map(|it| T::decode(&it)).unwrap_or_default()));
            self.parts = shards.collect::<Result<_, Error>>()?;
        }
        Ok(self)
    }

    /// The part that a hash belongs to.
    pub(crate) fn of(&self, hash: u64) -> &T {
        &self.parts[self.place(hash)]
    }

    /// The same, to be changed and stored.
    pub(crate) fn of_mut(&mut self, hash: u64) -> &mut T {
        let place = self.place(hash);
        self.changed.insert(place);
        &mut self.parts[place]
    }

    /// Every part; none before it is read.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.parts.iter()
    }

    /// Changes every part for which `change` answers that it did.
    pub(crate) fn change_all(&mut self, mut change: impl FnMut(&mut T) -> bool) {
        for (place, shard) in self.parts.iter_mut().enumerate() {
            if change(shard) {
                self.changed.insert(place);
            }
        }
    }

    /// What changed since the last call, for the store, in the keys' order.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|place| (self.key(place), self.parts[place].encode())).collect()
    }

    fn place(&self, hash: u64) -> usize {
        (hash % self.count as u64) as usize
    }

    fn key(&self, place: usize) -> Vec<u8> {
        format!("{}/{place:02x}", self.prefix).into_bytes()
    }
}
