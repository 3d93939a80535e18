//! What is followed at the moment, within bounds.

use super::Context;
use causeway_engine::event::EventId;
use causeway_store::Position;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::hash::Hash;

/// So many records, and so many events, are followed at once; the oldest are let go.
const FOLLOWED: usize = 10_000;

/// Records that the engine has not seen yet, and events that it has.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) positions: Followed<Position>,
    pub(super) events: Followed<EventId>,
}

#[derive(Debug)]
pub(super) struct Followed<K> {
    contexts: FxHashMap<K, Context>,
    order: VecDeque<K>,
}

impl<K> Default for Followed<K> {
    fn default() -> Self {
        Self { contexts: FxHashMap::default(), order: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash> Followed<K> {
    pub(super) fn put(&mut self, key: K, context: Context) {
        if self.contexts.insert(key, context).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > FOLLOWED {
            let oldest = self.order.pop_front();
            oldest.map(|key| self.contexts.remove(&key));
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<Context> {
        self.contexts.get(key).copied()
    }

    pub(super) fn take(&mut self, key: &K) -> Option<Context> {
        let context = self.contexts.remove(key)?;
        self.order.retain(|kept| kept != key);
        Some(context)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.contexts.is_empty()
    }
}
