//! Which search's results a person acted on, object by object.
//!
//! A click costs next to nothing: all that one step of the engine sees goes to the store in a few facts whose keys only
//! grow, each of `BATCH` clicks of 40 bytes, and they go again as they grow old. Tokens and objects are kept as hashes.

use super::query_id::QueryId;
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// The facts of clicks are kept under this prefix.
pub const CLICKS: &str = "clicks/";

/// At most about so many are remembered; of more the latest.
pub const MAX_CLICKS: usize = 200_000;

const BATCH: usize = 64;

/// Bytes of a click in the store.
const SIZE: usize = 40;

/// Somebody acted on an object of a search's results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Click {
    /// Hash of the user token.
    pub(crate) token: u64,
    /// Hash of the object with its index.
    pub(crate) object: u64,
    /// The search.
    pub(crate) query_id: QueryId,
    /// When, in milliseconds since the Unix epoch.
    pub(crate) at: i64,
}

/// The clicks of late.
#[derive(Debug)]
pub(crate) struct Clicks {
    window_ms: i64,
    batches: VecDeque<Vec<Click>>,
    /// The number of the first batch.
    first: u64,
    /// The batches that each token has clicks in, in their order.
    of_token: FxHashMap<u64, Vec<u64>>,
    changed: BTreeSet<u64>,
}

/// The hash by which a token is known.
pub(crate) fn token_hash(token: &str) -> u64 {
    xxh3_64(token.as_bytes())
}

/// The hash by which an object of an index is known.
pub(crate) fn object_hash(index: &str, object: &str) -> u64 {
    xxh3_64(format!("{index}\n{object}").as_bytes())
}

impl Clicks {
    /// Clicks are of worth for so many milliseconds.
    pub(crate) fn new(window_ms: i64) -> Self {
        let (batches, of_token) = (VecDeque::new(), FxHashMap::default());
        Self { window_ms, batches, first: 0, of_token, changed: BTreeSet::new() }
    }

    /// Puts back what was kept under a key. Keys come in their order.
    pub(crate) fn restore(&mut self, key: &[u8], stored: &[u8]) {
        let Some(number) = number_of(key) else { return };
        if self.batches.is_empty() {
            self.first = number;
        }
        while self.first + (self.batches.len() as u64) < number {
            self.batches.push_back(Vec::new());
        }
        let clicks: Vec<Click> = stored.as_chunks::<SIZE>().0.iter().map(Click::decode).collect();
        for click in &clicks {
            self.index(click.token, number);
        }
        self.batches.push_back(clicks);
    }

    /// Remembers a click, and forgets those that are too old by now.
    pub(crate) fn note(&mut self, click: Click, now: i64) {
        self.forget_old(now);
        if self.batches.back().is_none_or(|last| last.len() >= BATCH) {
            self.batches.push_back(Vec::new());
        }
        let number = self.first + self.batches.len() as u64 - 1;
        self.index(click.token, number);
        self.batches.back_mut().expect("one was just put there").push(click);
        self.changed.insert(number);
    }

    /// All clicks of these tokens on an object within the window before an instant, oldest first.
    pub(crate) fn on(&self, tokens: &[u64], object: u64, at: i64) -> Vec<Click> {
        let batches: BTreeSet<u64> =
            tokens.iter().filter_map(|token| self.of_token.get(token)).flatten().copied().collect();
        let clicks = batches.into_iter().flat_map(|number| self.batch(number));
        let within = |click: &&Click| click.at <= at && click.at >= at.saturating_sub(self.window_ms);
        let mut found: Vec<Click> = clicks
            .filter(|click| click.object == object && tokens.contains(&click.token))
            .filter(within)
            .copied()
            .collect();
        found.sort_by_key(|click| (click.at, click.query_id));
        found
    }

    /// Forgets a token's; answers how many that were.
    pub(crate) fn forget(&mut self, token: u64) -> usize {
        let mut forgotten = 0;
        for number in self.of_token.remove(&token).unwrap_or_default() {
            let batch = &mut self.batches[(number - self.first) as usize];
            let before = batch.len();
            batch.retain(|click| click.token != token);
            forgotten += before - batch.len();
            self.changed.insert(number);
        }
        forgotten
    }

    /// The changes since the last call, for the store, in the keys' order.
    pub(crate) fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let changed = std::mem::take(&mut self.changed);
        let fact = |number: u64| {
            let stored: Vec<u8> = self.batch(number).iter().flat_map(Click::encode).collect();
            (key_of(number), (!stored.is_empty()).then_some(stored))
        };
        changed.into_iter().map(fact).collect()
    }

    fn batch(&self, number: u64) -> &[Click] {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.batches.get(place)).map_or(&[], Vec::as_slice)
    }

    fn index(&mut self, token: u64, number: u64) {
        let numbers = self.of_token.entry(token).or_default();
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
    }

    fn forget_old(&mut self, now: i64) {
        let since = now.saturating_sub(self.window_ms);
        let is_old = |batch: &Vec<Click>| batch.iter().all(|click| click.at < since);
        while self.batches.len() > MAX_CLICKS / BATCH || self.batches.front().is_some_and(is_old) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        for click in self.batches.pop_front().unwrap_or_default() {
            if let Some(numbers) = self.of_token.get_mut(&click.token) {
                numbers.retain(|number| *number != self.first);
                if numbers.is_empty() {
                    self.of_token.remove(&click.token);
                }
            }
        }
        self.changed.insert(self.first);
        self.first += 1;
    }
}

impl Click {
    fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..8].copy_from_slice(&self.token.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.object.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.at.to_le_bytes());
        bytes[24..].copy_from_slice(&self.query_id.0);
        bytes
    }

    fn decode(bytes: &[u8; SIZE]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        let query_id = bytes[24..].try_into().expect("sixteen bytes are left");
        Self {
            token: u64::from_le_bytes(words[0]),
            object: u64::from_le_bytes(words[1]),
            at: i64::from_le_bytes(words[2]),
            query_id: QueryId(query_id),
        }
    }
}

fn key_of(number: u64) -> Vec<u8> {
    format!("{CLICKS}{number:016x}").into_bytes()
}

fn number_of(key: &[u8]) -> Option<u64> {
    let number = key.strip_prefix(CLICKS.as_bytes())?;
    u64::from_str_radix(str::from_utf8(number).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Stored;
    use super::*;
    use proptest::prelude::*;

    const WINDOW: i64 = 1_000;

    fn click(token: u64, object: u64, query: u8, at: i64) -> Click {
        Click { token, object, query_id: QueryId([query; 16]), at }
    }

    fn restored(stored: &Stored) -> Clicks {
        let mut clicks = Clicks::new(WINDOW);
        stored.0.iter().for_each(|(key, value)| clicks.restore(key, value));
        clicks
    }

    #[test]
    fn a_click_is_remembered_for_its_time_and_by_its_own_object() {
        let mut clicks = Clicks::new(WINDOW);
        for one in [click(1, 7, 1, 100), click(1, 8, 2, 100), click(2, 7, 3, 100)] {
            clicks.note(one, 100);
        }
        assert_eq!(clicks.on(&[1, 3], 7, 1_100), [click(1, 7, 1, 100)]);
        assert_eq!((clicks.on(&[1], 7, 99), clicks.on(&[1], 7, 1_101)), (vec![], vec![]));
        clicks.note(click(3, 7, 4, 1_200), 1_200);
        (0..BATCH as i64).for_each(|at| clicks.note(click(4, 7, 4, 3_000 + at), 3_000 + at));
        assert!(clicks.of_token.len() == 1 && clicks.batches.len() <= 2, "{clicks:?}");
    }

    #[test]
    fn memory_is_bounded() {
        let mut clicks = Clicks::new(WINDOW);
        (0..2 * MAX_CLICKS as u64).for_each(|token| clicks.note(click(token, 7, 1, 0), 0));
        assert!(
            clicks.of_token.len() <= MAX_CLICKS + BATCH
                && !clicks.on(&[2 * MAX_CLICKS as u64 - 1], 7, 0).is_empty()
        );
    }

    proptest! {
        #[test]
        fn a_restart_changes_nothing_and_what_is_forgotten_is_gone(
            notes in prop::collection::vec((0..3_u64, 0..3_u64, any::<u8>(), 0..3_000_i64, 0..3_u8), 0..300),
        ) {
            let (mut kept, mut again, mut stored) = (Clicks::new(WINDOW), Clicks::new(WINDOW), Stored::default());
            let mut now = 0;
            for (token, object, query, at, act) in notes {
                now = now.max(at);
                for clicks in [&mut kept, &mut again] {
                    if act == 0 { clicks.forget(token); } else { clicks.note(click(token, object, query, at), now); }
                }
                stored.keep(again.take_changes());
                if act == 1 {
                    again = restored(&stored);
                }
                let all = [0, 1, 2];
                prop_assert_eq!(kept.on(&all, object, now), again.on(&all, object, now));
                prop_assert!(act != 0 || again.on(&[token], object, now).is_empty());
            }
        }
    }
}
