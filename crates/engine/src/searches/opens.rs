//! All intents that are open.

use super::{Intent, Open, Search, Sighting};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_128;

/// The facts of open intents are kept under this prefix.
pub const OPEN: &str = "search-open/";

/// At most so many are open at once; of more those settle early that would settle first.
pub const MAX_OPEN: usize = 100_000;

/// Whose intent, of which index, under which filters: a hash of the three.
type Key = u128;

/// The open intents.
#[derive(Debug, Default)]
pub(crate) struct Opens {
    settle_ms: i64,
    open: FxHashMap<Key, Open>,
    due: BTreeSet<(i64, Key)>,
    queries: FxHashMap<Box<str>, Key>,
    changed: FxHashSet<Key>,
}

impl Opens {
    pub(crate) fn new(settle_ms: i64) -> Self {
        Self { settle_ms, ..Self::default() }
    }

    /// Puts back what was kept under a key.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        let hash = key.strip_prefix(OPEN.as_bytes()).and_then(|hash| hash.try_into().ok());
        if let Some(hash) = hash.map(u128::from_be_bytes) {
            self.put(hash, Open::decode(stored));
        }
    }

    /// When the next intent settles if nothing else happens.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Adds what was asked.
    pub(crate) fn add(&mut self, sighting: Sighting) {
        let key = key_of(&sighting.search);
        let mut open = self.take(key);
        open.add(sighting);
        self.put(key, open);
        self.changed.insert(key);
    }

    /// Whether anything is open that this would belong to or interrupt. The times of asking tell, not whether what came before
    /// happens to have settled already when this arrives.
    pub(crate) fn has(&self, search: &Search<'_>) -> bool {
        let near = |one: &Sighting| search.at.abs_diff(one.search.at) <= self.settle_ms.unsigned_abs();
        self.open.get(&key_of(search)).is_some_and(|open| open.sightings().iter().any(near))
    }

    /// Takes out the next intent that has settled by now, those first that settled first.
    pub(crate) fn settle(&mut self, now: i64) -> Option<Intent> {
        let &(due, key) = self.due.first()?;
        let crowded = self.open.len() > MAX_OPEN;
        if due > now && !crowded {
            return None;
        }
        self.change(key, Open::take_first)
    }

    /// Takes out what is too much of the intents that this search belongs to.
    pub(crate) fn settle_surplus(&mut self, search: &Search<'_>) -> Option<Intent> {
        self.change(key_of(search), Open::surplus)
    }

    /// Takes out the intent whose answer this is, and those before it.
    pub(crate) fn settle_with(&mut self, query_id: &str) -> Vec<Intent> {
        let Some(&key) = self.queries.get(query_id) else { return Vec::new() };
        self.change(key, |open, settle_ms| open.settle_with(query_id, settle_ms))
    }

    /// Whether an open intent has this answer.
    pub(crate) fn knows(&self, query_id: &str) -> bool {
        self.queries.contains_key(query_id)
    }

    /// Drops all that somebody asks; answers how many intents that were.
    pub(crate) fn forget(&mut self, token: &str) -> usize {
        let is_own =
            |open: &Open| open.sightings().iter().any(|one| one.search.user_token.as_deref() == Some(token));
        let own: Vec<Key> = self.open.iter().filter(|(_, open)| is_own(open)).map(|(key, _)| *key).collect();
        for &key in &own {
            self.change(key, |open, _| std::mem::take(open));
        }
        own.len()
    }

    /// The changes since the last call, for the store, in the keys' order.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changed: Vec<Key> = self.changed.drain().collect();
        changed.sort_unstable();
        let fact = |key: Key| (stored_key(key), self.open.get(&key).map(Open::encode));
        changed.into_iter().map(fact).collect()
    }

    fn change<R>(&mut self, key: Key, change: impl FnOnce(&mut Open, i64) -> R) -> R {
        let mut open = self.take(key);
        let answer = change(&mut open, self.settle_ms);
        self.put(key, open);
        self.changed.insert(key);
        answer
    }

    fn take(&mut self, key: Key) -> Open {
        let Some(open) = self.open.remove(&key) else { return Open::default() };
        self.due.remove(&(open.due(self.settle_ms).unwrap_or_default(), key));
        for query_id in open.sightings().iter().filter_map(|one| one.search.query_id.as_deref()) {
            self.queries.remove(query_id);
        }
        open
    }

    fn put(&mut self, key: Key, open: Open) {
        let Some(due) = open.due(self.settle_ms) else { return };
        self.due.insert((due, key));
        for query_id in open.sightings().iter().filter_map(|one| one.search.query_id.as_deref()) {
            self.queries.insert(query_id.into(), key);
        }
        self.open.insert(key, open);
    }
}

/// The key of the fact of what is open and this search may belong to.
pub(crate) fn open_key(search: &Search<'_>) -> Vec<u8> {
    stored_key(key_of(search))
}

fn stored_key(key: Key) -> Vec<u8> {
    [OPEN.as_bytes(), &key.to_be_bytes()].concat()
}

/// Two lists of results on one page may ask the same index under other filters with every keystroke: each has intents of
/// its own.
fn key_of(search: &Search<'_>) -> Key {
    let token = search.user_token.as_deref().unwrap_or_default();
    let filters = search.filters.as_deref().unwrap_or_default();
    xxh3_128(format!("{token}\n{}\n{filters}", search.index).as_bytes())
}
