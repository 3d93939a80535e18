//! Searches without results as Algolia's Analytics API counts them: of all users together.
//!
//! A report gives the count of a whole day up to now, so what is news is what it grew by since the last report. That is found
//! out here, from what the last report said, and not by who asks: asking twice tells nothing twice.
//!
//! ```json
//! {"index": "products", "day": "2026-11-25", "anonymousId": "causeway-aggregate",
//!  "searches": [{"search": "lmap", "count": 7, "withFilterCount": 2}]}
//! ```

use crate::core::Source;
use bytes::Bytes;
use causeway_algolia::analytics::Searched;
use causeway_store::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// A report on a day of an index: the body of a record of [`Source::Reported`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The index.
    pub index: String,
    /// The day, as in `2026-11-25`.
    pub day: String,
    /// In whose name it is told to Segment, which takes no event of nobody's.
    pub anonymous_id: String,
    /// The searches.
    pub searches: Vec<Searched>,
    /// Of a report on one search, which enters again: by how much its count had grown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grown_by: Option<u64>,
}

impl Report {
    /// The record that the report enters the journal as.
    pub fn record(&self, received_at: i64) -> Record {
        let body = serde_json::to_vec(self).expect("a report is plain data");
        Record { source: Source::Reported.into(), received_at, meta: Bytes::new(), body: body.into() }
    }
}

/// A search of a report, and by how much its count has grown.
#[derive(Debug, Clone, Copy)]
pub struct Grown<'a> {
    /// The report.
    pub report: &'a Report,
    /// The search.
    pub search: &'a Searched,
    /// So many searches are new.
    pub by: u64,
}

/// The key under which it is kept what reports on an index said.
pub fn counted_key(index: &str) -> Vec<u8> {
    [b"counted/", index.as_bytes()].concat()
}

/// So many days of an index are remembered: today, yesterday, whose last counts come late, and one more.
const DAYS: usize = 3;

/// What reports on an index said last: of each day the counts, by the hash of the search.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted(BTreeMap<String, BTreeMap<u64, u64>>);

impl Counted {
    /// Reads what was stored; anything else means that nothing was reported.
    pub fn decode(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("counts are plain data")
    }

    /// Notes a day's count of a search; answers by how much it has grown. A day that is older than all that are remembered
    /// has not.
    pub fn note(&mut self, day: &str, search: &str, count: u64) -> u64 {
        if self.0.len() == DAYS && self.0.first_key_value().is_some_and(|(oldest, _)| day < oldest.as_str()) {
            return 0;
        }
        let known = self.0.entry(day.to_owned()).or_default().entry(xxh3_64(search.as_bytes())).or_default();
        let by = count.saturating_sub(*known);
        *known += by;
        if self.0.len() > DAYS {
            self.0.pop_first();
        }
        by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_days_count_grew_by_is_news_also_after_it_was_stored() {
        let mut counted = Counted::default();
        assert_eq!(counted.note("2026-11-24", "lmap", 5), 5);
        counted = Counted::decode(&counted.encode());
        assert_eq!(counted.note("2026-11-24", "lmap", 5), 0);
        assert_eq!(counted.note("2026-11-24", "lmap", 3), 0);
        assert_eq!(counted.note("2026-11-24", "lmap", 7), 2);
        assert_eq!(counted.note("2026-11-25", "lmap", 7), 7);
    }

    #[test]
    fn the_days_that_are_remembered_are_few_and_an_older_one_is_no_news() {
        let mut counted = Counted::default();
        for day in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"] {
            assert_eq!(counted.note(day, "lmap", 1), 1);
        }
        assert_eq!(counted.0.len(), DAYS);
        assert_eq!(counted.note("2026-11-24", "lmap", 9), 0);
    }
}
