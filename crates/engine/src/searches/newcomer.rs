//! Who searches for the first time.
//!
//! A token that was never seen is a newcomer: it is told of once, ever, with its first sign of interest, a query or a filter.
//! One without such a sign waits a little for it. Who is known keeps a small fact for good, by the token's hash.

use crate::core::Facts;
use crate::recent::Recent;
use causeway_store::{Error, Position};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The facts of newcomers who wait for a sign are kept under this prefix.
pub const WAITING: &str = "newcomer/";

/// At most so many wait; of more the first are told of without a sign.
pub const MAX_WAITING: usize = 10_000;

/// Whether a token is known stands under this and its hash.
const KNOWN: &str = "searcher/";

/// When it began that searchers are noted.
const SINCE: &str = "searchers-since";

/// How many tokens are known from memory; the others are looked up.
const IN_MEMORY: usize = 200_000;

/// A token that waits, and where it was first seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Newcomer {
    /// The token as it came.
    pub(crate) token: String,
    /// The user id that came with it, if any.
    pub(crate) user: Option<String>,
    /// The index.
    pub(crate) index: Option<String>,
    /// When it was first seen, in milliseconds since the Unix epoch.
    pub(crate) at: i64,
    /// The place in the journal.
    pub(crate) position: u64,
    pub(crate) item: u32,
    /// Until when it waits, by the time of records.
    pub(crate) until: i64,
}

/// A place in the journal and its time: what is older was there before searchers were noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Since {
    pub(crate) position: u64,
    pub(crate) at: i64,
}

/// All that is known of tokens.
#[derive(Debug)]
pub(crate) struct Newcomers {
    known: Recent<u64, ()>,
    waiting: FxHashMap<u64, Newcomer>,
    due: BTreeSet<(i64, u64)>,
    since: Option<Since>,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Newcomers {
    pub(crate) fn new() -> Self {
        Self {
            known: Recent::new(IN_MEMORY),
            waiting: FxHashMap::default(),
            due: BTreeSet::new(),
            since: None,
            changes: BTreeMap::new(),
        }
    }

    /// Puts back what was kept under a key.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        if !key.starts_with(WAITING.as_bytes()) {
            return;
        }
        if let Ok(newcomer) = serde_json::from_slice::<Newcomer>(stored) {
            self.put(newcomer);
        }
    }

    /// Whether a token is known as a searcher's.
    pub(crate) fn is_known(&mut self, facts: &dyn Facts, token: u64) -> Result<bool, Error> {
        if self.known.get(&token).is_some() {
            return Ok(true);
        }
        let key = known_key(token);
        let known = match self.changes.get(&key) {
            Some(change) => change.is_some(),
            None => facts.fact(&key)?.is_some(),
        };
        if known {
            self.known.insert(token, ());
        }
        Ok(known)
    }

    /// Notes that a token is a searcher's, for good; answers since when it waited, if it did.
    pub(crate) fn know(&mut self, token: u64) -> Option<Newcomer> {
        self.known.insert(token, ());
        self.changes.insert(known_key(token), Some(Vec::new()));
        self.take(token)
    }

    /// Whether the token waits for a sign.
    pub(crate) fn waits(&self, token: u64) -> bool {
        self.waiting.contains_key(&token)
    }

    /// Lets a newcomer wait.
    pub(crate) fn wait(&mut self, newcomer: Newcomer) {
        let hash = super::clicks::token_hash(&newcomer.token);
        let stored = serde_json::to_vec(&newcomer).expect("texts and numbers are JSON");
        self.changes.insert(waiting_key(hash), Some(stored));
        self.put(newcomer);
    }

    /// The next who has waited long enough by now; known from here on.
    pub(crate) fn next(&mut self, now: i64) -> Option<Newcomer> {
        let &(until, token) = self.due.first()?;
        let enough = until <= now || self.waiting.len() > MAX_WAITING;
        enough.then(|| self.know(token)).flatten()
    }

    /// When the next has waited long enough.
    pub(crate) fn next_due(&self) -> Option<i64> {
        self.due.first().map(|(until, _)| *until)
    }

    /// Since when searchers are noted: since this place, if they never were before.
    pub(crate) fn since(&mut self, facts: &dyn Facts, position: Position, at: i64) -> Result<Since, Error> {
        if self.since.is_none() {
            let stored = facts.fact(SINCE.as_bytes())?;
            let stored = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
            self.since = Some(stored.unwrap_or_else(|| self.begin(Since { position: position.0, at })));
        }
        Ok(self.since.expect("it was just read"))
    }

    /// Forgets a token; answers whether it was known.
    pub(crate) fn forget(&mut self, facts: &dyn Facts, token: u64) -> Result<bool, Error> {
        let known = self.is_known(facts, token)?;
        self.known.take(&token);
        if known {
            self.changes.insert(known_key(token), None);
        }
        Ok(self.take(token).is_some() || known)
    }

    /// The changes since the last call, for the store, in the keys' order.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        std::mem::take(&mut self.changes).into_iter().collect()
    }

    fn begin(&mut self, since: Since) -> Since {
        let stored = serde_json::to_vec(&since).expect("numbers are JSON");
        self.changes.insert(SINCE.into(), Some(stored));
        since
    }

    fn put(&mut self, newcomer: Newcomer) {
        let hash = super::clicks::token_hash(&newcomer.token);
        self.due.insert((newcomer.until, hash));
        self.waiting.insert(hash, newcomer);
    }

    fn take(&mut self, token: u64) -> Option<Newcomer> {
        let newcomer = self.waiting.remove(&token)?;
        self.due.remove(&(newcomer.until, token));
        self.changes.insert(waiting_key(token), None);
        Some(newcomer)
    }
}

fn known_key(token: u64) -> Vec<u8> {
    [KNOWN.as_bytes(), &token.to_be_bytes()].concat()
}

fn waiting_key(token: u64) -> Vec<u8> {
    [WAITING.as_bytes(), &token.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::clicks::token_hash;
    use super::super::testing::Stored;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn newcomer(token: &str, until: i64) -> Newcomer {
        let token = token.to_owned();
        Newcomer { token, user: None, index: None, at: 0, position: 1, item: 0, until }
    }

    fn restored(stored: &Stored) -> Newcomers {
        let mut newcomers = Newcomers::new();
        stored.0.iter().for_each(|(key, value)| newcomers.restore(key, value));
        newcomers
    }

    #[test]
    fn of_too_many_who_wait_the_first_are_told_of_early() {
        let mut newcomers = Newcomers::new();
        (0..=MAX_WAITING as i64)
            .for_each(|number| newcomers.wait(newcomer(&number.to_string(), 1_000 + number)));
        assert_eq!(newcomers.next(0).map(|first| first.token), Some("0".to_owned()));
        assert_eq!((newcomers.next(0), newcomers.next_due()), (None, Some(1_001)));
    }

    #[test]
    fn it_is_noted_once_when_searchers_began_to_be_noted() {
        let (mut newcomers, mut stored) = (Newcomers::new(), Stored::default());
        let since = newcomers.since(&stored, Position(7), 70).unwrap();
        stored.keep(newcomers.take_changes());
        assert_eq!(restored(&stored).since(&stored, Position(9), 90).unwrap(), since);
    }

    proptest! {
        /// As the engine asks: a known token is passed over, a sign makes one known, without one it waits.
        #[test]
        fn a_token_is_told_of_exactly_once_through_every_restart(
            acts in prop::collection::vec((0..4_u8, any::<bool>(), any::<bool>()), 0..60),
        ) {
            let (mut newcomers, mut stored) = (Newcomers::new(), Stored::default());
            let mut told: BTreeMap<String, usize> = BTreeMap::new();
            let mut seen = BTreeSet::new();
            for (at, (token, sign, restart)) in acts.into_iter().enumerate() {
                let (now, token) = (at as i64, token.to_string());
                while let Some(one) = newcomers.next(now) {
                    *told.entry(one.token).or_default() += 1;
                }
                seen.insert(token.clone());
                let hash = token_hash(&token);
                if !newcomers.is_known(&stored, hash).unwrap() {
                    if sign {
                        newcomers.know(hash);
                        *told.entry(token).or_default() += 1;
                    } else if !newcomers.waits(hash) {
                        newcomers.wait(newcomer(&token, now + 3));
                    }
                }
                stored.keep(newcomers.take_changes());
                if restart {
                    newcomers = restored(&stored);
                }
            }
            while let Some(one) = newcomers.next(i64::MAX) {
                *told.entry(one.token).or_default() += 1;
            }
            prop_assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), seen);
            prop_assert!(told.values().all(|times| *times == 1), "{told:?}");
        }
    }
}
