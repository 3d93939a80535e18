//! What is remembered of searches, so that later events can be told which query they follow from.

use super::{Intent, Search};
use crate::event::EventId;
use causeway_store::Position;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// Of each person so many searches are remembered, the newest.
pub const MAX_SEARCHES: usize = 20;

/// A search that has settled, or one of nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// Its event's id, as 32 hexadecimal digits.
    pub event: String,
    /// The record that told of it.
    pub position: u64,
    /// When it was asked, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The index.
    pub index: String,
    /// The text, as asked.
    pub query: String,
    /// Algolia's id of the query.
    #[serde(default, rename = "queryID", skip_serializing_if = "Option::is_none")]
    pub query_id: Option<String>,
    /// The filters, canonical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<String>,
    /// The page, 0-based.
    #[serde(default)]
    pub page: u32,
    /// How many objects matched.
    pub nb_hits: u64,
    /// The objects that were shown, in their order.
    #[serde(default, rename = "objectIDs", skip_serializing_if = "Vec::is_empty")]
    pub object_ids: Vec<String>,
    /// Ids and texts of the queries that belong to it: what was typed on the way to it, and repetitions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(String, String)>,
}

/// What an event is told of the search that it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The text whose answer was acted on.
    pub query: String,
    /// The filters of the search.
    pub filters: Option<String>,
}

impl Remembered {
    /// A search of nobody.
    pub(crate) fn alone(search: &Search<'_>, id: EventId, position: Position) -> Self {
        Self {
            event: id.to_string(),
            position: position.0,
            at: search.at,
            index: search.index.to_string(),
            query: search.query.to_string(),
            query_id: search.query_id.as_deref().map(str::to_owned),
            filters: search.filters.as_deref().map(str::to_owned),
            page: search.page,
            nb_hits: search.nb_hits,
            object_ids: search.object_ids.iter().map(ToString::to_string).collect(),
            also: Vec::new(),
        }
    }

    fn of(intent: &Intent) -> Self {
        let chosen = intent.chosen();
        let mut remembered = Self::alone(&chosen.search, chosen.id(), chosen.position);
        remembered.add(intent);
        remembered
    }

    /// The intent's other queries belong to this search.
    fn add(&mut self, intent: &Intent) {
        let searches = intent.sightings().iter().map(|one| &one.search);
        let asked = searches.filter_map(|one| Some((one.query_id.as_deref()?, &*one.query)));
        for (id, query) in asked {
            if self.query_id.as_deref() != Some(id) && self.also.len() < super::MAX_SIGHTINGS {
                self.also.push((id.to_owned(), query.to_owned()));
            }
        }
    }

    /// The queryIDs that lead to it.
    pub fn query_ids(&self) -> impl Iterator<Item = &str> {
        self.query_id.as_deref().into_iter().chain(self.also.iter().map(|(id, _)| &**id))
    }

    /// What to tell an event with this queryID; nothing if it is none of the search's.
    pub fn recall(&self, query_id: &str) -> Option<Recalled> {
        let own = (self.query_id.as_deref() == Some(query_id)).then_some(&self.query);
        let query =
            own.or_else(|| self.also.iter().find(|(id, _)| id == query_id).map(|(_, query)| query))?;
        Some(Recalled { query: query.clone(), filters: self.filters.clone() })
    }
}

/// A person's searches, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Searches(Vec<Remembered>);

impl Searches {
    /// None.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// Reads the stored form; nothing of what has an unknown shape.
    pub fn decode(stored: &[u8]) -> Self {
        Self(serde_json::from_slice(stored).unwrap_or_default())
    }

    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then(|| serde_json::to_vec(&self.0).expect("texts and numbers are JSON"))
    }

    /// The searches, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Remembered> {
        self.0.iter().rev()
    }

    /// What to tell an event with this queryID.
    pub fn recall(&self, query_id: &str) -> Option<Recalled> {
        self.newest().find_map(|search| search.recall(query_id))
    }

    /// Takes in a search that has settled; what was asked before `expired` goes. If the person asked the same within
    /// `repeat_ms` nothing is new: the queries belong to the former search. Answers whether it is new.
    pub(crate) fn remember(&mut self, intent: &Intent, expired: i64, repeat_ms: i64) -> bool {
        self.0.retain(|search| search.at > expired);
        let chosen = intent.chosen();
        let same = |one: &&mut Remembered| {
            is_same(one, &chosen.search, chosen.normal(), repeat_ms) || is_cleared(one, intent)
        };
        if let Some(former) = self.0.iter_mut().rev().find(same) {
            former.add(intent);
            return false;
        }
        let place = self.0.partition_point(|other| other.at <= chosen.search.at);
        self.0.insert(place, Remembered::of(intent));
        if self.0.len() > MAX_SEARCHES {
            self.0.remove(0);
        }
        true
    }

    /// What of it was known before this record of the journal.
    #[must_use]
    pub(crate) fn before(mut self, position: Position) -> Self {
        self.0.retain(|search| search.position < position.0);
        self
    }

    /// Whether everything was asked before this time.
    pub(crate) fn all_before(&self, time: i64) -> bool {
        self.0.iter().all(|search| search.at <= time)
    }
}

fn is_same(one: &Remembered, search: &Search<'_>, normal: &str, within: i64) -> bool {
    (one.at - search.at).abs() <= within
        && (one.page, &*one.index, one.filters.as_deref())
            == (search.page, &*search.index, search.filters.as_deref())
        && super::text::normal(&one.query) == normal
}

/// Whether the intent is nothing but the deleting of this search's text from the box.
fn is_cleared(one: &Remembered, intent: &Intent) -> bool {
    let chosen = intent.chosen();
    let is_shorter = |text: &str| text.len() > chosen.normal().len() && text.starts_with(chosen.normal());
    intent.clears()
        && chosen.search.page == 0
        && one.at <= chosen.search.at
        && one.index == chosen.search.index
        && is_shorter(&super::text::normal(&one.query))
}

/// Where a queryID leads: searches are found by it also when the event names another person than the search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Nowhere.
    #[default]
    None,
    /// To the searches of a person, by their [key](person_key)'s hash.
    Person(u128),
    /// To a search of nobody.
    Search(Box<Remembered>),
}

impl Lead {
    pub(crate) fn decode(stored: &[u8]) -> Self {
        match <[u8; 16]>::try_from(stored) {
            Ok(hash) => Self::Person(u128::from_be_bytes(hash)),
            Err(_) => {
                serde_json::from_slice(stored).map_or(Self::None, |search| Self::Search(Box::new(search)))
            }
        }
    }

    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        match self {
            Self::None => None,
            Self::Person(hash) => Some(hash.to_be_bytes().to_vec()),
            Self::Search(search) => Some(serde_json::to_vec(search).expect("texts and numbers are JSON")),
        }
    }
}

/// The hash under which a person's searches are kept.
pub(crate) fn person_hash(token: &str) -> u128 {
    xxh3_128(token.as_bytes())
}

/// The prefix of the facts that hold people's searches.
pub(crate) const PEOPLE: &[u8] = b"search-person/";

/// The key of a person's searches, by the [hash](person_hash) of the token they were made with.
pub(crate) fn person_key(hash: u128) -> Vec<u8> {
    [PEOPLE, &hash.to_be_bytes()[..]].concat()
}

/// The key of a queryID's [`Lead`].
pub(crate) fn lead_key(hash: u128) -> Vec<u8> {
    [b"search-query/", &hash.to_be_bytes()[..]].concat()
}

/// The hash under which it is kept where a queryID leads.
pub(crate) fn lead_hash(query_id: &str) -> u128 {
    xxh3_128(query_id.as_bytes())
}
