//! What the engine remembers of one kind, decoded, from step to step.

use super::Facts;
use crate::profile::{Held, Profile};
use crate::recent::Recent;
use crate::repair::Resent;
use causeway_store::Error;
use rustc_hash::FxHashSet;

/// Something that is kept as a fact.
pub(super) trait Kept: Default {
    /// Reads the stored form.
    fn decode(stored: &[u8]) -> Self;
    /// The stored form; nothing if there is nothing worth keeping.
    fn encode(&self) -> Option<Vec<u8>>;
}

impl Kept for Profile {
    fn decode(stored: &[u8]) -> Self {
        Profile::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        (!self.is_empty()).then(|| Profile::encode(self))
    }
}

impl Kept for Held {
    fn decode(stored: &[u8]) -> Self {
        Held::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        (!self.is_empty()).then(|| Held::encode(self))
    }
}

impl Kept for Resent {
    fn decode(stored: &[u8]) -> Self {
        Resent::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        Resent::encode(*self)
    }
}

/// Facts of one kind. What changed in a step is written once, at the step's end, however often it changed.
#[derive(Debug)]
pub(super) struct Memory<T> {
    recent: Recent<Box<[u8]>, T>,
    changed: FxHashSet<Box<[u8]>>,
}

/// How many facts of one kind are kept in memory, several times what one step can touch; the rest is read from the store
/// when it is needed.
const CAPACITY: usize = 100_000;

impl<T: Kept> Memory<T> {
    pub(super) fn new() -> Self {
        Self { recent: Recent::new(CAPACITY), changed: FxHashSet::default() }
    }

    /// What is known under a key.
    pub(super) fn get(&mut self, key: &[u8], facts: &dyn Facts) -> Result<&mut T, Error> {
        if self.recent.get(key).is_none() {
            let known = facts.fact(key)?.map(|stored| T::decode(&stored)).unwrap_or_default();
            self.recent.insert(key.into(), known);
        }
        Ok(self.recent.get(key).expect("it was just put there"))
    }

    /// Notes that what is under the key changed.
    pub(super) fn changed(&mut self, key: &[u8]) {
        if !self.changed.contains(key) {
            self.changed.insert(key.into());
        }
    }

    /// The changes since the last call, for the store, in the keys' order so that they are the same every time.
    pub(super) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut keys: Vec<Box<[u8]>> = self.changed.drain().collect();
        keys.sort_unstable();
        let stored = |key: &[u8]| self.recent.peek(key).and_then(T::encode);
        keys.into_iter().map(|key| (key.to_vec(), stored(&key))).collect()
    }

    /// Forgets what is under a key, since somebody else changed it in the store.
    pub(super) fn forget(&mut self, key: &[u8]) {
        drop(self.recent.take(key));
    }
}
