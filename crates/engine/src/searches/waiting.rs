//! Events that came before the search that they follow from, and what came after them of the same person.

use causeway_store::Position;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The facts of waiting events are kept under this prefix.
pub const WAITING: &str = "search-wait/";

/// The minute in which a search was seen last is a fact under this key.
pub const LAST: &str = "search-last";

const MINUTE_MS: i64 = 60_000;

/// Searches are on their way if one was seen this many minutes before or less.
const LATELY: i64 = 10;

/// The minute of an instant.
pub(crate) fn minute_of(at: i64) -> i64 {
    at.div_euclid(MINUTE_MS)
}

/// Whether searches come in at this time, if the last was seen in that minute.
pub(crate) fn lately(last_seen: Option<i64>, now: i64) -> bool {
    last_seen.is_some_and(|minute| minute_of(now) - minute <= LATELY)
}

pub(crate) fn minute_fact(minute: i64) -> (Vec<u8>, Option<Vec<u8>>) {
    (LAST.as_bytes().to_vec(), Some(minute.to_be_bytes().to_vec()))
}

pub(crate) fn restored_minute(key: &[u8], stored: &[u8]) -> Option<i64> {
    let own = key == LAST.as_bytes();
    stored.try_into().ok().filter(|_| own).map(i64::from_be_bytes)
}

/// At most so many events wait; of more the oldest go on.
pub const MAX_WAITING: usize = 10_000;

/// Where an event stood: its record and its place in it. Events of one person go on in this order.
pub(crate) type Place = (Position, u32);

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiter {
    /// When it goes on without its search, in milliseconds since the Unix epoch.
    pub(crate) due: i64,
    /// When it came.
    pub(crate) received_at: i64,
    /// Who sent it.
    pub(crate) token: Box<str>,
    /// The searches that it names; none if it only keeps its place behind others.
    pub(crate) query_ids: Vec<Box<str>>,
    /// Its JSON as it came.
    pub(crate) raw: String,
}

/// All that wait.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    waiters: BTreeMap<Place, Waiter>,
    of_token: FxHashMap<Box<str>, BTreeSet<Place>>,
    wanted: FxHashMap<Box<str>, BTreeSet<Place>>,
    changed: BTreeSet<Place>,
}

impl Waiting {
    /// Puts back what was kept under a key.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        let place = key.strip_prefix(WAITING.as_bytes()).and_then(place_of);
        if let (Some(place), Ok(waiter)) = (place, serde_json::from_slice(stored)) {
            self.put(place, waiter);
        }
    }

    /// When the next one goes on whatever happens.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.waiters.values().next().map(|waiter| waiter.due)
    }

    /// Whether somebody's events wait.
    pub(crate) fn has(&self, token: &str) -> bool {
        self.of_token.contains_key(token)
    }

    /// Has an event wait.
    pub(crate) fn add(&mut self, place: Place, waiter: Waiter) {
        self.put(place, waiter);
        self.changed.insert(place);
    }

    /// Those whose events wait for this search.
    pub(crate) fn waiting_for(&self, query_id: &str) -> Vec<Box<str>> {
        let places = self.wanted.get(query_id).into_iter().flatten();
        places.filter_map(|place| Some(self.waiters.get(place)?.token.clone())).collect()
    }

    /// The first of somebody's.
    pub(crate) fn first_of(&self, token: &str) -> Option<(Place, &Waiter)> {
        let place = *self.of_token.get(token)?.first()?;
        Some((place, self.waiters.get(&place)?))
    }

    /// Whose event waits longest, if it has waited long enough by now or too many wait.
    pub(crate) fn overdue(&self, now: i64) -> Option<(Place, Box<str>)> {
        let (place, waiter) = self.waiters.first_key_value()?;
        let over = waiter.due <= now || self.waiters.len() > MAX_WAITING;
        over.then(|| (*place, waiter.token.clone()))
    }

    /// Takes an event out.
    pub(crate) fn take(&mut self, place: Place) -> Option<Waiter> {
        let waiter = self.waiters.remove(&place)?;
        remove(&mut self.of_token, &waiter.token, place);
        waiter.query_ids.iter().for_each(|query_id| remove(&mut self.wanted, query_id, place));
        self.changed.insert(place);
        Some(waiter)
    }

    /// Drops somebody's events; answers how many.
    pub(crate) fn forget(&mut self, token: &str) -> usize {
        let places = self.of_token.get(token).cloned().unwrap_or_default();
        places.into_iter().filter_map(|place| self.take(place)).count()
    }

    /// The changes since the last call, for the store, in the keys' order.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let stored = |waiter: &Waiter| serde_json::to_vec(waiter).expect("texts and numbers are JSON");
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed.map(|place| (key_of(place), self.waiters.get(&place).map(stored))).collect()
    }

    fn put(&mut self, place: Place, waiter: Waiter) {
        self.of_token.entry(waiter.token.clone()).or_default().insert(place);
        for query_id in &waiter.query_ids {
            self.wanted.entry(query_id.clone()).or_default().insert(place);
        }
        self.waiters.insert(place, waiter);
    }
}

fn remove(places: &mut FxHashMap<Box<str>, BTreeSet<Place>>, key: &str, place: Place) {
    if let Some(left) = places.get_mut(key) {
        left.remove(&place);
        if left.is_empty() {
            places.remove(key);
        }
    }
}

fn key_of((position, item): Place) -> Vec<u8> {
    [WAITING.as_bytes(), &position.0.to_be_bytes(), &item.to_be_bytes()].concat()
}

fn place_of(key: &[u8]) -> Option<Place> {
    let (position, item) = key.split_first_chunk()?;
    Some((Position(u64::from_be_bytes(*position)), u32::from_be_bytes(item.try_into().ok()?)))
}
