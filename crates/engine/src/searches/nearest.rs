//! Of a query without results, the nearest that does give some.
//!
//! What shoppers asked of an index with results is learned, each query with how often and how lately. Memory is bounded:
//! of an index about [`QUERIES`] queries, of which the least asked give way, in parts by hash, and of indexes [`INDEXES`],
//! of which one gives way that nobody searched for a day.

use super::shards::Shards;
use super::similar::{EQUAL, Nearness, Words};
use super::text::normal;
use crate::core::{Facts, Kept};
use causeway_store::Error;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// About so many queries are known of an index.
pub const QUERIES: usize = SHARDS * PER_SHARD;

/// So many indexes are known.
pub const INDEXES: usize = 50;

const SHARDS: usize = 128;
const PER_SHARD: usize = 16;

/// A longer query, in bytes, is nobody's correction of another one.
const MAX_BYTES: usize = 100;

/// Nor is one searched for that is longer than Algolia reads.
const MAX_ASKED: usize = 512;

/// What is less near, in thousandths, is something else.
const NEAR: Nearness = 500;

const HOUR: i64 = 3_600_000;
const DAY: u32 = 24;

/// Under this stands which indexes are known, and under this with an index's name its queries.
const PREFIX: &str = "queries";

/// The queries that give results.
#[derive(Debug, Default)]
pub struct Queries {
    /// When each index was searched last, in hours since the Unix epoch.
    indexes: Option<BTreeMap<String, u32>>,
    known: BTreeMap<String, Shards<Shard>>,
    changed: bool,
}

/// Some of an index's queries.
#[derive(Debug, Default)]
struct Shard(Vec<Known>);

/// A query that gave results.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    query: String,
    times: u32,
    /// In hours since the Unix epoch.
    last: u32,
    words: Words,
}

impl Queries {
    /// Notes that a query gave results, at an instant in milliseconds since the Unix epoch.
    pub fn learn(&mut self, facts: &dyn Facts, index: &str, query: &str, at: i64) -> Result<(), Error> {
        let (query, hour) = (normal(query), hours(at));
        if query.is_empty() || query.len() > MAX_BYTES || !self.admit(facts, index, hour)? {
            return Ok(());
        }
        self.index(facts, index)?.of_mut(hash(&query)).learn(query, hour);
        Ok(())
    }

    /// Notes that a query without any filter gives no results any more.
    pub fn unlearn(&mut self, facts: &dyn Facts, index: &str, query: &str) -> Result<(), Error> {
        let query = normal(query);
        if self.is_known(facts, index)? && self.index(facts, index)?.of(hash(&query)).has(&query) {
            self.index(facts, index)?.of_mut(hash(&query)).0.retain(|known| known.query != query);
        }
        Ok(())
    }

    /// The known query of the index that is nearest to one that gave nothing; of several the most frequent, of those the
    /// first of the alphabet. It may be the very same, if filters are what left nothing over.
    pub fn nearest(&mut self, facts: &dyn Facts, index: &str, query: &str) -> Result<Option<String>, Error> {
        let query = normal(query);
        if query.is_empty() || query.len() > MAX_ASKED || !self.is_known(facts, index)? {
            return Ok(None);
        }
        let words = Words::of(&query);
        let known = self.index(facts, index)?.all().flat_map(|shard| &shard.0);
        let near = known.map(|known| (words.nearness(&known.words), known));
        let near = near.map(|(near, known)| (if known.query == query { EQUAL + 1 } else { near }, known));
        let best = near
            .filter(|(near, _)| *near >= NEAR)
            .max_by_key(|(near, known)| (*near, known.times, Reverse(&known.query)));
        Ok(best.map(|(_, known)| known.query.clone()))
    }

    /// What changed since the last call, for the store.
    pub fn take_changes(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changes = Vec::new();
        if let Some(indexes) = self.indexes.as_ref().filter(|_| self.changed) {
            let stored = serde_json::to_vec(indexes).expect("names and numbers are JSON");
            changes.push((PREFIX.into(), Some(stored)));
        }
        self.changed = false;
        changes.extend(self.known.values_mut().flat_map(Shards::take_changes));
        // What has given way was kept until here, so that it is deleted and not read again.
        let indexes = self.indexes.as_ref();
        self.known.retain(|index, _| indexes.is_some_and(|indexes| indexes.contains_key(index)));
        changes
    }

    fn is_known(&mut self, facts: &dyn Facts, index: &str) -> Result<bool, Error> {
        Ok(self.indexes(facts)?.contains_key(index))
    }

    /// Whether the index's queries may be learned; another one gives way if it must.
    fn admit(&mut self, facts: &dyn Facts, index: &str, hour: u32) -> Result<bool, Error> {
        let indexes = self.indexes(facts)?;
        let full = indexes.len() >= INDEXES && !indexes.contains_key(index);
        if full && !self.make_room(facts, hour)? {
            return Ok(false);
        }
        let last = self.indexes(facts)?.entry(index.to_owned()).or_default();
        if *last == 0 || hour >= *last + DAY {
            *last = hour;
            self.changed = true;
        }
        Ok(true)
    }

    /// Forgets the index that nobody searched for longest, if that is a day or more.
    fn make_room(&mut self, facts: &dyn Facts, hour: u32) -> Result<bool, Error> {
        let oldest = self.indexes(facts)?.iter().min_by_key(|(_, last)| **last);
        let Some(oldest) = oldest.filter(|(_, last)| hour > **last + 2 * DAY).map(|(name, _)| name.clone())
        else {
            return Ok(false);
        };
        self.indexes(facts)?.remove(&oldest);
        self.changed = true;
        self.index(facts, &oldest)?.change_all(|shard| !std::mem::take(&mut shard.0).is_empty());
        Ok(true)
    }

    fn indexes(&mut self, facts: &dyn Facts) -> Result<&mut BTreeMap<String, u32>, Error> {
        if self.indexes.is_none() {
            let stored = facts.fact(PREFIX.as_bytes())?;
            let indexes = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
            self.indexes = Some(indexes.unwrap_or_default());
        }
        Ok(self.indexes.as_mut().expect("it was just read"))
    }

    fn index(&mut self, facts: &dyn Facts, index: &str) -> Result<&mut Shards<Shard>, Error> {
        let unread = || Shards::new(format!("{PREFIX}/{index}"), SHARDS);
        self.known.entry(index.to_owned()).or_insert_with(unread).load(facts)
    }
}

impl Shard {
    fn has(&self, query: &str) -> bool {
        self.0.iter().any(|known| known.query == query)
    }

    fn learn(&mut self, query: String, hour: u32) {
        if let Some(known) = self.0.iter_mut().find(|known| known.query == query) {
            known.times = known.times.saturating_add(1);
            known.last = known.last.max(hour);
            return;
        }
        if self.0.len() >= PER_SHARD {
            let least = self.0.iter().enumerate().min_by_key(|(_, known)| known.worth(hour));
            let least = least.map_or(0, |(place, _)| place);
            self.0.remove(least);
        }
        self.0.push(Known { words: Words::of(&query), query, times: 1, last: hour });
    }
}

impl Known {
    /// How much the query is worth being known: what was asked often, but long ago, is worth less.
    fn worth(&self, hour: u32) -> (u32, u32, Reverse<&str>) {
        let weeks = hour.saturating_sub(self.last) / (7 * DAY);
        (self.times / (1 + weeks), self.last, Reverse(&self.query))
    }
}

impl Kept for Shard {
    fn decode(stored: &[u8]) -> Self {
        let known: Vec<(String, u32, u32)> = serde_json::from_slice(stored).unwrap_or_default();
        let known = known.into_iter().map(|(query, times, last)| Known {
            words: Words::of(&query),
            query,
            times,
            last,
        });
        Self(known.collect())
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let known: Vec<_> = self.0.iter().map(|known| (&known.query, known.times, known.last)).collect();
        (!known.is_empty()).then(|| serde_json::to_vec(&known).expect("texts and numbers are JSON"))
    }
}

fn hash(query: &str) -> u64 {
    xxh3_64(query.as_bytes())
}

fn hours(at: i64) -> u32 {
    u32::try_from(at.div_euclid(HOUR)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::testing::Stored;
    use super::*;
    use proptest::prelude::*;

    fn learned(queries: &[(&str, usize)]) -> (Queries, Stored) {
        let (mut known, stored) = (Queries::default(), Stored::default());
        for (query, times) in queries {
            (0..*times).for_each(|_| known.learn(&stored, "products", query, 0).unwrap());
        }
        (known, stored)
    }

    fn nearest(queries: &[(&str, usize)], query: &str) -> Option<String> {
        let (mut known, stored) = learned(queries);
        known.nearest(&stored, "products", query).unwrap()
    }

    #[test]
    fn the_nearest_is_the_most_alike_then_the_most_frequent_then_the_first_of_the_alphabet() {
        let known = [("Leather Sofa", 1), ("red sofa", 3), ("blue sofa", 3), ("sofas", 9)];
        assert_eq!(nearest(&known, "red leather sofa"), Some("leather sofa".to_owned()));
        assert_eq!(nearest(&known, "leathr  SOFA"), Some("leather sofa".to_owned()));
        assert_eq!(nearest(&known, "pink sofa"), Some("sofas".to_owned()));
        assert_eq!(nearest(&known[..3], "pink sofa"), Some("red sofa".to_owned()));
        assert_eq!(nearest(&[("sofa red", 3), ("sofa bed", 3)], "sofa"), Some("sofa bed".to_owned()));
        assert_eq!(nearest(&[("sofa red", 3), ("sofa bed", 2)], "sofa"), Some("sofa red".to_owned()));
        assert_eq!(nearest(&known, "zebra"), None);
        assert_eq!(nearest(&[], "sofa"), None);
    }

    #[test]
    fn a_query_that_only_filters_leave_without_results_is_its_own_nearest_until_it_fails_without_any() {
        let (mut known, stored) = learned(&[("sofa", 1), ("sofas", 5)]);
        assert_eq!(known.nearest(&stored, "products", "Sofa").unwrap(), Some("sofa".to_owned()));
        known.unlearn(&stored, "products", "SOFA").unwrap();
        assert_eq!(known.nearest(&stored, "products", "sofa").unwrap(), Some("sofas".to_owned()));
        assert_eq!(known.nearest(&stored, "articles", "sofa").unwrap(), None);
    }

    #[test]
    fn memory_is_bounded_and_keeps_what_is_asked_often() {
        let (mut known, mut stored) = (Queries::default(), Stored::default());
        (0..50).for_each(|_| known.learn(&stored, "products", "wardrobe", 0).unwrap());
        for number in 0..3 * QUERIES {
            known.learn(&stored, "products", &format!("query {number}"), HOUR).unwrap();
        }
        stored.keep(known.take_changes());
        let all = known.index(&stored, "products").unwrap().all().map(|shard| shard.0.len()).sum::<usize>();
        assert!(all <= QUERIES);
        assert_eq!(known.nearest(&stored, "products", "wardrobes").unwrap(), Some("wardrobe".to_owned()));
    }

    #[test]
    fn an_index_gives_way_only_after_a_day_without_searches() {
        let (mut known, mut stored) = (Queries::default(), Stored::default());
        for number in 0..INDEXES {
            known.learn(&stored, &format!("index {number}"), "sofa", 1_000 * HOUR).unwrap();
        }
        stored.keep(known.take_changes());
        known.learn(&stored, "late", "sofa", 1_010 * HOUR).unwrap();
        assert_eq!(known.nearest(&stored, "late", "sofa").unwrap(), None);
        known.learn(&stored, "late", "sofa", 1_049 * HOUR).unwrap();
        stored.keep(known.take_changes());
        let mut again = Queries::default();
        assert_eq!(again.nearest(&stored, "late", "sofa").unwrap(), Some("sofa".to_owned()));
        let left = (0..INDEXES).filter(|number| again.is_known(&stored, &format!("index {number}")).unwrap());
        assert_eq!(left.count(), INDEXES - 1);
    }

    proptest! {
        #[test]
        fn a_restart_changes_nothing(
            steps in prop::collection::vec((0..2_u8, "[ab]{1,2}", any::<bool>()), 0..40),
            restart in any::<prop::sample::Index>(),
        ) {
            let (mut one, mut other) = (Queries::default(), Queries::default());
            let (nothing, mut stored) = (Stored::default(), Stored::default());
            for (place, (index, query, gives)) in steps.iter().enumerate() {
                let index = index.to_string();
                for (queries, facts) in [(&mut one, &nothing), (&mut other, &stored)] {
                    if *gives { queries.learn(facts, &index, query, 0).unwrap() } else { queries.unlearn(facts, &index, query).unwrap() }
                }
                stored.keep(other.take_changes());
                if place == restart.index(steps.len()) {
                    other = Queries::default();
                }
            }
            for query in ["a", "b", "ab", "aa"] {
                prop_assert_eq!(one.nearest(&nothing, "0", query).unwrap(), other.nearest(&stored, "0", query).unwrap());
            }
        }
    }
}
