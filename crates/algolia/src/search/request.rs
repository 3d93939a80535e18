//! A search request: its queries, and how something is added to them.

use super::additions::{Additions, Caps, Counts};
use super::asked::Asked;
use super::filters;
use super::query::{Edit, Query};
use crate::credentials::secured::Restrictions;
use crate::json::{Malformed, Reader};
use std::borrow::Cow;

/// The queries of a request, by their places in its text.
#[derive(Debug)]
pub struct Request<'a> {
    text: &'a str,
    queries: Vec<Query<'a>>,
}

/// The request is none that anything can be read from. It is for Algolia to judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request can't be read: {0}")]
pub struct NoSearch(String);

impl From<Malformed> for NoSearch {
    fn from(malformed: Malformed) -> Self {
        Self(malformed.to_string())
    }
}

impl<'a> Request<'a> {
    /// The body of `POST /1/indexes/{index}/query`.
    pub fn one(index: &str, body: &'a str) -> Result<Self, NoSearch> {
        let mut reader = Reader::new(body);
        let query = Query::read(body, &mut reader, Some(index))?;
        reader.end()?;
        Ok(Self { text: body, queries: vec![query] })
    }

    /// The body of `POST /1/indexes/*/queries`.
    pub fn many(body: &'a str) -> Result<Self, NoSearch> {
        let mut reader = Reader::new(body);
        let mut requests: Option<Vec<Query<'a>>> = None;
        reader.object(|reader, key| {
            if key != "requests" {
                return reader.value().map(drop);
            }
            let queries = requests.get_or_insert_default();
            reader.array(|reader| {
                queries.push(Query::read(body, reader, None)?);
                Ok(())
            })
        })?;
        reader.end()?;
        Ok(Self { text: body, queries: requests.unwrap_or_default() })
    }

    /// The query string of `GET /1/indexes/{index}`, without its `?`.
    pub fn address(index: &str, query: &'a str) -> Self {
        Self { text: query, queries: vec![Query::of_address(query, index)] }
    }

    /// The queries in their order.
    pub fn queries(&self) -> &[Query<'a>] {
        &self.queries
    }

    /// The request with each query's additions, which are in the order of the queries; nothing if that changes nothing.
    /// All else stays as it was written. `carried` is what a secured key fixes.
    pub fn add(
        &self,
        additions: &[Additions],
        caps: Caps,
        carried: Option<&Restrictions>,
    ) -> Option<(String, Counts)> {
        let (mut edits, mut counts) = (Vec::new(), Counts::default());
        let silent = carried.is_some_and(is_silent);
        for (query, additions) in self.queries.iter().zip(additions).filter(|(query, _)| !query.is_facet()) {
            let analytics = query.is_analysed() && !silent;
            let (more, names) = query.add(additions.of(caps, analytics, carried));
            edits.extend(more);
            counts.note(&names);
        }
        (!edits.is_empty()).then(|| (spliced(self.text, edits), counts))
    }

    /// What the queries ask. `said` is who searches where the query does not say.
    pub fn asked(&self, said: Option<&str>, carried: Option<&Restrictions>) -> Vec<Asked> {
        let fixed = carried.and_then(|carried| carried.get("userToken"));
        let silent = carried.is_some_and(is_silent);
        let asked = |query: &Query<'_>| Asked {
            index: query.index().to_owned(),
            query: query.get("query").map(Cow::into_owned).unwrap_or_default(),
            user_token: fixed
                .clone()
                .or_else(|| query.user_token().map(Cow::into_owned))
                .or_else(|| said.map(str::to_owned)),
            filters: filters::canonical(query),
            page: number(query, "page").unwrap_or(0),
            hits_per_page: number(query, "hitsPerPage"),
            analytics: query.is_analysed() && !silent,
            is_facet: query.is_facet(),
        };
        self.queries.iter().map(asked).collect()
    }
}

fn is_silent(carried: &Restrictions) -> bool {
    carried.get("analytics").as_deref() == Some("false")
}

fn number(query: &Query<'_>, name: &str) -> Option<u32> {
    query.get(name)?.trim().parse().ok()
}

/// The text with places of it replaced.
fn spliced(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(place, _)| place.start);
    let more: usize = edits.iter().map(|(_, new)| new.len()).sum();
    let mut out = String::with_capacity(text.len() + more);
    let mut at = 0;
    for (place, new) in edits {
        out.push_str(&text[at..place.start]);
        out.push_str(&new);
        at = place.end;
    }
    out.push_str(&text[at..]);
    out
}
