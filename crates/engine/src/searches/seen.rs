//! A search as it was seen, by the gateway or by the middleware in a shopper's browser: the body of a record of
//! [`Source::Searches`](crate::Source::Searches).
//!
//! ```json
//! {"searches": [{
//!   "at": 1764000000000, "index": "products", "query": "red shoes", "queryID": "43b15df305339e827f0ac0bdc5ebcaa7",
//!   "userToken": "anonymous-1", "filters": "brand:Apple", "page": 0, "hitsPerPage": 20, "nbHits": 2, "tookMs": 3,
//!   "objectIDs": ["a", "b"], "facets": {"brand": "Apple"}, "heldOut": false, "via": "gateway"
//! }]}
//! ```

use crate::forget::is_erased;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The searches of one record, in the order in which they were asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen<'a> {
    /// The searches.
    #[serde(borrow)]
    pub searches: Vec<Search<'a>>,
}

/// One query of a shopper and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Search<'a> {
    /// When it was asked, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The index, as asked.
    #[serde(borrow)]
    pub index: Cow<'a, str>,
    /// The text, as asked; empty for browsing without one.
    #[serde(borrow)]
    pub query: Cow<'a, str>,
    /// Algolia's id of the query; absent without `clickAnalytics`.
    #[serde(borrow, default, rename = "queryID", skip_serializing_if = "Option::is_none")]
    pub query_id: Option<Cow<'a, str>>,
    /// Who searched; absent if nobody said.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user_token: Option<Cow<'a, str>>,
    /// All filters as one text, canonical: equal filters give equal texts. Absent without filters.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Cow<'a, str>>,
    /// The page, 0-based.
    #[serde(default)]
    pub page: u32,
    /// How many hits a page has.
    #[serde(default)]
    pub hits_per_page: u32,
    /// How many objects match in all.
    pub nb_hits: u64,
    /// How long the shopper waited for the answer, in milliseconds.
    #[serde(default)]
    pub took_ms: u32,
    /// The objects of this page in their order, at most [`OBJECTS`] of them.
    #[serde(borrow, default, rename = "objectIDs", skip_serializing_if = "Vec::is_empty")]
    pub object_ids: Vec<Cow<'a, str>>,
    /// Of each facet that was asked for the most frequent value, at most [`FACETS`] of them: a guess at the interest.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facets: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// Whether the searcher is held out: the search was left as it was.
    #[serde(default)]
    pub held_out: bool,
    /// Who saw it.
    pub via: Via,
}

impl Search<'_> {
    /// The same search, on its own.
    pub fn into_owned(self) -> Search<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Search {
            at: self.at,
            index: own(self.index),
            query: own(self.query),
            query_id: self.query_id.map(own),
            user_token: self.user_token.map(own),
            filters: self.filters.map(own),
            page: self.page,
            hits_per_page: self.hits_per_page,
            nb_hits: self.nb_hits,
            took_ms: self.took_ms,
            object_ids: self.object_ids.into_iter().map(own).collect(),
            facets: self.facets.into_iter().map(|(facet, value)| (own(facet), own(value))).collect(),
            held_out: self.held_out,
            via: self.via,
        }
    }
}

/// Who saw a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The search gateway.
    #[default]
    Gateway,
    /// The middleware in the shopper's browser.
    Middleware,
    /// Causeway itself asked whether a query that had failed matches by now. No shopper's search.
    Probe,
}

impl Via {
    /// The word for it in records and events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Middleware => "middleware",
            Self::Probe => "probe",
        }
    }
}

/// One item of a record's body.
pub(crate) enum Item<'a> {
    /// A search and its JSON.
    Search(Search<'a>, &'a str),
    /// It was a person's, and is erased.
    Erased,
    /// It is none: its JSON and what is wrong with it.
    Invalid(&'a str, String),
}

/// The items of a body that came at this time, or what is wrong with it. No search is younger than its record.
pub(crate) fn items(body: &[u8], received_at: i64) -> Result<Vec<Item<'_>>, String> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        searches: Vec<&'a RawValue>,
    }
    let Raw { searches } = serde_json::from_slice(body).map_err(|error| format!("no searches: {error}"))?;
    Ok(searches.into_iter().map(|raw| item(raw.get(), received_at)).collect())
}

fn item(raw: &str, received_at: i64) -> Item<'_> {
    if is_erased(raw) {
        return Item::Erased;
    }
    match serde_json::from_str::<Search<'_>>(raw) {
        Ok(search) => Item::Search(Search { at: search.at.min(received_at), ..search }, raw),
        Err(error) => Item::Invalid(raw, format!("no search: {error}")),
    }
}

/// At most so many objects of a page are kept: as many as an event of Insights may name.
pub const OBJECTS: usize = 20;

/// At most so many facets are kept.
pub const FACETS: usize = 5;
