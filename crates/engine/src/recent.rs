//! A bounded memory of what was used lately, in two generations.
//!
//! When the younger generation is full, the elder is forgotten whole. That bounds memory by count, makes forgetting
//! free of bookkeeping, and keeps whatever was used within the last full generation.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;

/// The memory. Holds at most `capacity` entries.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    capacity: usize,
    young: FxHashMap<K, V>,
    old: FxHashMap<K, V>,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    /// An empty memory for at most this many entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, young: FxHashMap::default(), old: FxHashMap::default() }
    }

    /// What is remembered under the key, without renewing it.
    pub(crate) fn peek<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// What is remembered under the key, renewed so that it outlives the next change of generations.
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// Forgets, and gives what was remembered.
    pub(crate) fn take<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (young, old) = (self.young.remove(key), self.old.remove(key));
        young.or(old)
    }

    /// Remembers.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= (self.capacity / 2).max(1) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let mut recent = Recent::new(100);
        recent.insert("kept".to_owned(), 0);
        for number in 0..1_000 {
            recent.insert(number.to_string(), number);
            assert!(recent.get("kept").is_some() && recent.young.len() + recent.old.len() <= 100);
        }
        assert!(recent.peek("999").is_some() && recent.peek("0").is_none());
    }
}
