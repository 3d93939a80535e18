//! What the engine remembers of one kind, decoded, from step to step.

use super::Facts;
use crate::aggregate::Counted;
use crate::profile::{Held, Profile};
use crate::recent::Recent;
use crate::repair::Resent;
use crate::searches::{Lead, Searches};
use causeway_store::Error;
use rustc_hash::FxHashMap;

/// Something that is kept as a fact.
pub(crate) trait Kept: Default {
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

impl Kept for Searches {
    fn decode(stored: &[u8]) -> Self {
        Searches::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        Searches::encode(self)
    }
}

impl Kept for Lead {
    fn decode(stored: &[u8]) -> Self {
        Lead::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        Lead::encode(self)
    }
}

impl Kept for Counted {
    fn decode(stored: &[u8]) -> Self {
        Counted::decode(stored)
    }

    fn encode(&self) -> Option<Vec<u8>> {
        Some(Counted::encode(self))
    }
}

/// Facts of one kind. What changed in a step is written once, at the step's end, however often it changed; until then it
/// stays, whatever else the step looks at.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    recent: Recent<Box<[u8]>, T>,
    changed: FxHashMap<Box<[u8]>, T>,
}

/// How many facts of one kind are kept in memory, several times what one step can touch; the rest is read from the store
/// when it is needed.
const CAPACITY: usize = 100_000;

impl<T: Kept> Memory<T> {
    pub(crate) fn new() -> Self {
        Self::holding(CAPACITY)
    }

    /// A memory of so many facts at most, beside those that a step changes.
    pub(crate) fn holding(capacity: usize) -> Self {
        Self { recent: Recent::new(capacity), changed: FxHashMap::default() }
    }

    /// What is known under a key.
    pub(crate) fn get(&mut self, key: &[u8], facts: &dyn Facts) -> Result<&mut T, Error> {
        if self.changed.contains_key(key) {
            return Ok(self.changed.get_mut(key).expect("it is there"));
        }
        if self.recent.get(key).is_none() {
            let known = facts.fact(key)?.map(|stored| T::decode(&stored)).unwrap_or_default();
            self.recent.insert(key.into(), known);
        }
        Ok(self.recent.get(key).expect("it was just put there"))
    }

    /// Notes that what was got under the key just now is another than before.
    pub(crate) fn changed(&mut self, key: &[u8]) {
        if let Some(known) = self.recent.take(key) {
            self.changed.insert(key.into(), known);
        }
    }

    /// Puts something else under a key, whatever was there.
    pub(crate) fn put(&mut self, key: &[u8], known: T) {
        drop(self.recent.take(key));
        self.changed.insert(key.into(), known);
    }

    /// The changes since the last call, for the store, in the keys' order so that they are the same every time.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changed: Vec<(Box<[u8]>, T)> = self.changed.drain().collect();
        changed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let stored = changed.into_iter().map(|(key, known)| {
            let fact = (key.to_vec(), known.encode());
            self.recent.insert(key, known);
            fact
        });
        stored.collect()
    }

    /// Forgets what is under a key, since somebody else changed it in the store.
    pub(crate) fn forget(&mut self, key: &[u8]) {
        drop((self.recent.take(key), self.changed.remove(key)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Facts for Nothing {
        fn fact(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Ok(None)
        }
    }

    #[test]
    fn what_a_step_changed_is_stored_however_much_it_looks_at_after_that() {
        let mut memory = Memory::<Held>::new();
        memory.get(b"changed", &Nothing).unwrap().note("plan", "1");
        memory.changed(b"changed");
        for number in 0..=CAPACITY {
            memory.get(number.to_string().as_bytes(), &Nothing).unwrap();
        }
        let changes = memory.take_changes();
        assert!(matches!(&changes[..], [(key, Some(_))] if key == b"changed"), "{changes:?}");
    }
}
