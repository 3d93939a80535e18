//! What a vendor has refused once is set apart the next time, before it spoils a batch.
//!
//! Algolia and Segment refuse a whole request for one bad event, and finding it costs some twenty requests. What the event
//! has and the good ones of the same request have not becomes a [`Pattern`]. Later events of the same flow with any of it
//! go into a request of their own: a guess that is wrong costs that request and nothing else, and takes out of the pattern
//! what was wrong. Nothing is ever given up because of a guess.

mod feature;
mod pattern;

pub use feature::Feature;
pub use pattern::Pattern;

use super::batch::Batch;
use super::slots::Item;
use crate::problems;
use causeway_engine::flow::DESTINATIONS;
use causeway_store::state::Fact;
use causeway_store::{BlockId, Error, State};
use feature::features;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many patterns are kept for a destination; of more those that were refused last.
pub const MAX_PATTERNS: usize = 64;

/// A pattern is forgotten when nothing was refused by it for so long: seven days.
pub const EXPIRES_MS: i64 = 7 * 86_400_000;

/// The prefix of the facts that hold them.
pub const PREFIX: &str = "refused/";

/// The names of flows, by block and place in the block's list.
pub type Names = FxHashMap<(BlockId, u8), Arc<str>>;

/// All that was learned of one destination. Clones share it.
#[derive(Debug, Clone)]
pub struct Refused {
    destination: &'static str,
    learned: Arc<Mutex<Learned>>,
}

#[derive(Debug, Default)]
struct Learned {
    patterns: BTreeMap<String, Pattern>,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Refused {
    /// Nothing learned yet.
    pub fn new(destination: &'static str) -> Self {
        Self { destination, learned: Arc::default() }
    }

    /// What the store holds of this destination.
    pub fn load(destination: &'static str, state: &dyn State) -> Result<Self, Error> {
        let refused = Self::new(destination);
        let patterns = stored(state)?.into_iter().filter(|pattern| pattern.destination == destination);
        refused.lock().patterns.extend(patterns.map(|pattern| (pattern.id.clone(), pattern)));
        Ok(refused)
    }

    /// What is to be stored since this was last asked.
    pub fn take_changes(&self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        std::mem::take(&mut self.lock().changes).into_iter().collect()
    }

    /// Forgets one; answers whether it was known.
    pub fn forget(&self, id: &str) -> bool {
        self.lock().remove(id, self.destination)
    }

    /// Puts apart what is suspected, in the order to send it: what is of a suspect's slot and came before it goes before, what
    /// came later goes behind. All else goes with whichever of the two is sent anyway, so that mostly two requests are enough.
    pub(super) fn apart(&self, batch: &Batch, names: &Names, now: i64) -> Vec<(Batch, Suspicion)> {
        let groups = self.groups(batch, names, now);
        let of = |group: Suspicion| (batch.pick(|index| groups[index] == group), group);
        let all = [Suspicion::None, Suspicion::Suspected, Suspicion::Behind].map(of);
        all.into_iter().filter(|(batch, _)| !batch.items.is_empty()).collect()
    }

    fn groups(&self, batch: &Batch, names: &Names, now: i64) -> Vec<Suspicion> {
        let mut learned = self.lock();
        learned.expire(now, self.destination);
        let suspected = |(index, item): (usize, &Item)| {
            !learned.patterns.is_empty()
                && learned.suspects(name(names, item), &batch.messages_of(index), now)
        };
        let suspected: Vec<bool> = batch.items.iter().enumerate().map(suspected).collect();
        let slots: Vec<u16> = batch.items.iter().map(|item| item.slot).collect();
        in_order(&slots, &suspected)
    }

    /// Learns from a batch that is through: what was refused alone and with which words, what was taken though it was
    /// suspected, and what was taken beside.
    pub(super) fn learn(&self, lesson: &Lesson, names: &Names, now: i64) {
        let mut learned = self.lock();
        for (batch, words) in &lesson.refused {
            learned.refused(self.destination, batch, words, lesson, (names, now));
        }
        for batch in &lesson.acquitted {
            for (index, item) in batch.items.iter().enumerate() {
                learned.acquit(self.destination, name(names, item), &batch.messages_of(index), now);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was learned of each destination.
pub type Refusals = HashMap<&'static str, Refused>;

/// What the store holds of every destination.
pub fn all(state: &dyn State) -> Result<Refusals, Error> {
    DESTINATIONS.into_iter().map(|name| Ok((name, Refused::load(name, state)?))).collect()
}

/// Why something goes in a request of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    None,
    Suspected,
    /// It is sent after what is suspected.
    Behind,
}

/// The groups of entries of these slots. What is of a suspect's slot and stands between two suspects is suspected with them.
fn in_order(slots: &[u16], suspected: &[bool]) -> Vec<Suspicion> {
    let mut stretches: FxHashMap<u16, (usize, usize)> = FxHashMap::default();
    for (index, slot) in slots.iter().enumerate().filter(|(index, _)| suspected[*index]) {
        stretches.entry(*slot).or_insert((index, index)).1 = index;
    }
    let place = |(index, slot): (usize, &u16)| match stretches.get(slot) {
        Some((first, _)) if index < *first => Some(Suspicion::None),
        Some((_, last)) if index > *last => Some(Suspicion::Behind),
        Some(_) => Some(Suspicion::Suspected),
        None => None,
    };
    let places: Vec<Option<Suspicion>> = slots.iter().enumerate().map(place).collect();
    let is_any = |group| places.contains(&Some(group));
    let anywhere = !is_any(Suspicion::None) && is_any(Suspicion::Behind);
    let others = if anywhere { Suspicion::Behind } else { Suspicion::None };
    places.into_iter().map(|place| place.unwrap_or(others)).collect()
}

/// How it went with a batch.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    pub(super) refused: Vec<(Batch, String)>,
    pub(super) acquitted: Vec<Batch>,
    pub(super) good: Vec<Batch>,
}

impl Lesson {
    /// The vendor took this.
    pub(super) fn taken(&mut self, batch: Batch, why: Suspicion) {
        match why {
            Suspicion::Suspected => self.acquitted.push(batch),
            Suspicion::None | Suspicion::Behind => self.good.push(batch),
        }
    }

    /// What was taken of this flow.
    fn good_of<'l>(&'l self, flow: &str, names: &Names) -> Vec<&'l [u8]> {
        let each =
            self.good.iter().flat_map(|batch| batch.items.iter().enumerate().map(move |at| (batch, at)));
        let own = each.filter(|(_, (_, item))| name(names, item) == flow);
        own.map(|(batch, (index, _))| batch.slice_of(index)).collect()
    }
}

impl Learned {
    fn suspects(&self, flow: &str, messages: &[u8], now: i64) -> bool {
        let mut own = self.patterns.values().filter(|pattern| pattern.flow == flow).peekable();
        if own.peek().is_none() {
            return false;
        }
        let features = features(messages, now);
        own.any(|pattern| pattern.suspects(&features))
    }

    fn refused(
        &mut self,
        destination: &str,
        batch: &Batch,
        words: &str,
        lesson: &Lesson,
        (names, now): (&Names, i64),
    ) {
        let Some(flow) = batch.items.first().map(|item| name(names, item)) else { return };
        let id = problems::id_of(flow, destination, "refused", words);
        let messages = batch.messages_of(0);
        let own = features(&messages, now);
        if let Some(known) = self.patterns.get_mut(&id).filter(|known| known.suspects(&own)) {
            known.refused_again(&own, now);
        } else {
            let telling = pattern::telling(&messages, &lesson.good_of(flow, names), words, now);
            if telling.is_empty() {
                return;
            }
            let new = || Pattern {
                id: id.clone(),
                flow: flow.to_owned(),
                destination: destination.to_owned(),
                words: problems::pattern(words),
                features: [].into(),
                refused: 0,
                taken: 0,
                first: now,
                last: now,
            };
            let pattern = self.patterns.entry(id.clone()).or_insert_with(new);
            pattern.features.extend(telling);
            while pattern.features.len() > 2 * pattern::MAX_FEATURES {
                pattern.features.pop_first();
            }
            pattern.refused += 1;
            pattern.last = now;
        }
        self.store(&id);
        self.bound(destination);
    }

    fn acquit(&mut self, destination: &str, flow: &str, messages: &[u8], now: i64) {
        let features = features(messages, now);
        let wrong = self.patterns.values_mut();
        let wrong = wrong.filter(|pattern| pattern.flow == flow && pattern.suspects(&features));
        let ids: Vec<String> = wrong
            .map(|pattern| {
                pattern.acquit(&features);
                pattern.id.clone()
            })
            .collect();
        for id in ids {
            if self.patterns.get(&id).is_some_and(|pattern| pattern.features.is_empty()) {
                self.remove(&id, destination);
            } else {
                self.store(&id);
            }
        }
    }

    fn expire(&mut self, now: i64, destination: &str) {
        let old = self.patterns.values().filter(|pattern| now - pattern.last > EXPIRES_MS);
        let old: Vec<String> = old.map(|pattern| pattern.id.clone()).collect();
        for id in old {
            self.remove(&id, destination);
        }
    }

    fn bound(&mut self, destination: &str) {
        while self.patterns.len() > MAX_PATTERNS {
            let oldest = self.patterns.values().min_by_key(|pattern| pattern.last);
            let Some(id) = oldest.map(|pattern| pattern.id.clone()) else { return };
            self.remove(&id, destination);
        }
    }

    fn store(&mut self, id: &str) {
        if let Some(pattern) = self.patterns.get(id) {
            let stored = serde_json::to_vec(pattern).unwrap_or_default();
            self.changes.insert(key(&pattern.destination, id), Some(stored));
        }
    }

    fn remove(&mut self, id: &str, destination: &str) -> bool {
        let known = self.patterns.remove(id).is_some();
        if known {
            self.changes.insert(key(destination, id), None);
        }
        known
    }
}

/// Every pattern that is stored, the one refused last first.
pub fn stored(state: &dyn State) -> Result<Vec<Pattern>, Error> {
    let facts: Vec<Fact> = state.facts_with_prefix(PREFIX.as_bytes(), None, 10 * MAX_PATTERNS as u32)?;
    let mut patterns: Vec<Pattern> =
        facts.iter().filter_map(|(_, stored)| serde_json::from_slice(stored).ok()).collect();
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.last));
    Ok(patterns)
}

/// The key of the fact that holds a pattern.
pub fn key(destination: &str, id: &str) -> Vec<u8> {
    format!("{PREFIX}{destination}/{id}").into_bytes()
}

fn name<'n>(names: &'n Names, item: &Item) -> &'n str {
    names.get(&(item.block, item.flow)).map_or("", |name| &**name)
}

#[cfg(test)]
mod tests;
