//! Typing becomes intents: of all that somebody asks on the way to a query, one search counts.

use super::text::{continues, normal};
use super::{LATE_MS, Search};
use crate::event::EventId;
use causeway_store::Position;
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_128;

/// A search with its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The search.
    pub search: Search<'static>,
    /// The record that told of it.
    pub position: Position,
    /// Its place in the record, from 0.
    pub item: u32,
    normal: Box<str>,
}

/// A sighting as it is kept: its position, its item and the search.
type Stored<S> = (u64, u32, S);

impl Sighting {
    /// A search that the record at this position told of.
    pub fn new(search: Search<'static>, position: Position, item: u32) -> Self {
        let normal = normal(&search.query).into();
        Self { search, position, item, normal }
    }

    /// The query as queries are compared: in lower case, with single spaces.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// The id of the event that the search becomes if it is the one that counts.
    pub fn id(&self) -> EventId {
        id_of(&self.search)
    }

    fn precedes(&self, next: &Self, settle_ms: i64) -> bool {
        let (one, other) = (&self.search, &next.search);
        let typed_on = other.page == 0 && continues(&self.normal, &next.normal);
        other.at - one.at <= settle_ms && one.page == other.page && (typed_on || self.normal == next.normal)
    }

    /// Whether the next query is this one with something deleted from its end, be it a space.
    fn is_deleted_to(&self, next: &Self) -> bool {
        self.search.query.len() > next.search.query.len() && self.normal.starts_with(&*next.normal)
    }
}

/// The id of the event that a search becomes: what was asked, by whom and when.
pub fn id_of(search: &Search<'_>) -> EventId {
    let token = search.user_token.as_deref().unwrap_or_default();
    let filters = search.filters.as_deref().unwrap_or_default();
    let Search { at, index, query, page, .. } = search;
    EventId::timed(xxh3_128(format!("search\n{token}\n{index}\n{at}\n{page}\n{filters}\n{query}").as_bytes()))
}

/// One search and the typing that led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    sightings: Vec<Sighting>,
    chosen: usize,
    clears: bool,
}

impl Intent {
    /// The search that counts.
    pub fn chosen(&self) -> &Sighting {
        &self.sightings[self.chosen]
    }

    /// Whether all of it is the deleting of a text that was there before: then it is no search of its own.
    pub(crate) fn clears(&self) -> bool {
        self.clears
    }

    /// All that belongs to it, oldest first, the one that counts among them.
    pub fn sightings(&self) -> &[Sighting] {
        &self.sightings
    }
}

/// What one person asks of one index under the same filters and has not settled, by the time of asking.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Open(Vec<Sighting>);

/// More sightings than this are nobody's typing: the first of them settle without waiting.
pub const MAX_SIGHTINGS: usize = 64;

/// What remains of a text while a box is cleared counts for nothing if it is shorter than this.
const STUB: usize = 3;

impl Open {
    /// Reads what was kept; nothing of what has an unknown shape.
    pub(crate) fn decode(stored: &[u8]) -> Self {
        let stored: Vec<Stored<Search<'_>>> = serde_json::from_slice(stored).unwrap_or_default();
        let sighting = |(position, item, search): Stored<Search<'_>>| {
            Sighting::new(search.into_owned(), Position(position), item)
        };
        Self(stored.into_iter().map(sighting).collect())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let all: Vec<Stored<&Search<'_>>> =
            self.0.iter().map(|one| (one.position.0, one.item, &one.search)).collect();
        serde_json::to_vec(&all).expect("a search is plain data")
    }

    /// What is open, oldest first.
    pub fn sightings(&self) -> &[Sighting] {
        &self.0
    }

    /// Adds what was asked, at its place in time.
    pub(crate) fn add(&mut self, sighting: Sighting) {
        let place = self.0.partition_point(|other| other.search.at <= sighting.search.at);
        self.0.insert(place, sighting);
    }

    /// When the first intent settles if nothing else comes, in milliseconds since the Unix epoch: when the query after it
    /// is beyond doubt the next, or after a time of quiet.
    pub(crate) fn due(&self, settle_ms: i64) -> Option<i64> {
        let first = self.first(settle_ms)?;
        let next = self.0.get(first.end).map(|next| next.search.at);
        Some(next.unwrap_or(i64::MAX).min(self.0[first.end - 1].search.at + settle_ms) + LATE_MS)
    }

    /// Takes out the first intent if there is too much.
    pub(crate) fn surplus(&mut self, settle_ms: i64) -> Option<Intent> {
        if self.0.len() > MAX_SIGHTINGS { self.take_first(settle_ms) } else { None }
    }

    /// Takes out the intents up to the one that this query's answer belongs to: it was acted on, so it is what counts.
    pub(crate) fn settle_with(&mut self, query_id: &str, settle_ms: i64) -> Vec<Intent> {
        let mut settled = Vec::new();
        while self.0.iter().any(|sighting| sighting.search.query_id.as_deref() == Some(query_id)) {
            settled.extend(self.take_first(settle_ms));
        }
        if let Some(last) = settled.last_mut() {
            let acted_on = |one: &Sighting| one.search.query_id.as_deref() == Some(query_id);
            last.chosen = last.sightings.iter().position(acted_on).unwrap_or(last.chosen);
            last.clears = false;
        }
        settled
    }

    /// Takes out the first intent, settled or not.
    pub(crate) fn take_first(&mut self, settle_ms: i64) -> Option<Intent> {
        let first = self.first(settle_ms)?;
        let next = self.0.get(first.end).map(|next| next.search.at);
        let interrupted = next.is_some_and(|next| next - self.0[first.end - 1].search.at <= settle_ms);
        let sightings: Vec<Sighting> = self.0.drain(first).collect();
        let (chosen, clears) = chosen(&sightings, interrupted);
        Some(Intent { sightings, chosen, clears })
    }

    fn first(&self, settle_ms: i64) -> Option<Range<usize>> {
        let ends = |pair: &[Sighting]| !pair[0].precedes(&pair[1], settle_ms);
        let end = self.0.windows(2).position(ends).map_or(self.0.len(), |last| last + 1);
        (end > 0).then_some(0..end)
    }
}

/// The one that counts: the last with a text. But who clears the box did not mean what is left of the text on the way, so
/// what was there before the deleting counts if something else followed at once or hardly anything is left. Answers also
/// whether nothing was there before.
fn chosen(sightings: &[Sighting], interrupted: bool) -> (usize, bool) {
    let last = sightings.iter().rposition(|one| !one.normal.is_empty()).unwrap_or(sightings.len() - 1);
    let stub = sightings[last].normal.chars().count() < STUB;
    if !interrupted && !stub {
        return (last, false);
    }
    let deleted = sightings[..=last].windows(2).rev().take_while(|pair| pair[0].is_deleted_to(&pair[1]));
    let chosen = last - deleted.count();
    (chosen, chosen == 0)
}
