//! Facts that were asked for lately, in memory.

use causeway_engine::Facts;
use causeway_store::Error;
use causeway_store::state::{Change, State};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};
use std::sync::Arc;

type Key = Vec<u8>;
type Value = Option<Arc<[u8]>>;

/// Bytes of keys and values that stay in memory.
const BYTES: u64 = 16 << 20;

/// About so many facts fit.
const FACTS: usize = 100_000;

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Key, Value> for Weight {
    fn weight(&self, key: &Key, value: &Value) -> u64 {
        // What the cache itself needs for an entry.
        const OVERHEAD: usize = 64;
        (key.len() + value.as_ref().map_or(0, |value| value.len()) + OVERHEAD) as u64
    }
}

/// The store's facts, read through a cache. Never older than the last commit that [`HotFacts::committed`] was told of.
pub struct HotFacts {
    state: Arc<dyn State>,
    cache: Cache<Key, Value, Weight>,
}

impl HotFacts {
    /// An empty cache before the store.
    pub fn new(state: Arc<dyn State>) -> Self {
        Self { state, cache: Cache::with_weighter(FACTS, BYTES, Weight) }
    }

    /// Forgets what this change has made old. Whoever reads a fact from the store at this moment does not get to keep it
    /// here, since its place is taken away with the rest.
    pub fn committed(&self, change: &Change) {
        for (key, _) in &change.facts {
            self.cache.remove(key.as_slice());
        }
    }
}

impl HotFacts {
    /// The facts that are in memory; all others are errors. Never blocks on the store.
    pub fn remembered(&self) -> impl Facts + '_ {
        Remembered(self)
    }
}

struct Remembered<'h>(&'h HotFacts);

impl Facts for Remembered<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let known = self.0.cache.get(key).ok_or_else(|| Error::NotFound("fact in memory".to_owned()))?;
        Ok(known.map(|value| value.to_vec()))
    }
}

impl Facts for HotFacts {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.cache.get_value_or_guard(key, None) {
            GuardResult::Value(known) => Ok(known.map(|value| value.to_vec())),
            GuardResult::Guard(place) => {
                let stored = self.state.facts(&[key])?.pop().flatten();
                // The place may have been taken away meanwhile: then this is not kept.
                let _ = place.insert(stored.as_deref().map(Arc::from));
                Ok(stored)
            }
            GuardResult::Timeout => Ok(self.state.facts(&[key])?.pop().flatten()),
        }
    }
}
