//! A browser's report of searches, read once into what the journal keeps.
//!
//! ```json
//! {"searches": [{
//!   "index": "products", "query": "red shoes", "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "userToken": "anonymous-1",
//!   "filters": "brand:Apple", "page": 0, "hitsPerPage": 20, "nbHits": 2, "tookMs": 31, "objectIDs": ["a", "b"],
//!   "facets": {"brand": "Apple"}, "ageMs": 250
//! }]}
//! ```
//!
//! `index`, `query` and `nbHits` are demanded; other keys are passed over.

use causeway_algolia::insights::{is_query_id, is_user_token, limits::MAX_TOKEN_READ};
use causeway_algolia::records::{IndexName, ObjectId};
use causeway_engine::searches::{FACETS, OBJECTS, Search, Seen, Via};
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Searches in one report.
pub const MAX_SEARCHES: usize = 100;

/// Bytes of a query, and of a facet's name or value. Source: Search spec, "must not be larger than 512 bytes".
pub const MAX_TEXT: usize = 512;

/// Bytes of all filters as one text. Our own figure.
pub const MAX_FILTERS: usize = 4096;

/// A search counts as at most this old, in milliseconds: an hour. A page that was closed for longer has forgotten it.
pub const MAX_AGE_MS: i64 = 60 * 60 * 1_000;

/// A report, of which one search at least is valid.
#[derive(Debug)]
pub struct Report<'a> {
    /// The valid searches, by the time when they were asked.
    pub seen: Seen<'a>,
    /// What is wrong with the others.
    pub faults: Vec<Fault>,
}

/// Why a report is refused. The words are the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No JSON.
    #[error("the body is no complete JSON: {0}")]
    Malformed(String),
    /// No report.
    #[error("the body is no report of searches: {0}; send {{\"searches\": […]}}")]
    NoReport(String),
    /// No search.
    #[error("searches is empty; send at least one")]
    Empty,
    /// Too many.
    #[error("searches has {0} items; send at most {MAX_SEARCHES} at once")]
    TooMany(usize),
    /// None is valid. This is what is wrong with the first.
    #[error("{0}")]
    NoneValid(Fault),
}

/// What is wrong with a search of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its place in the report, from 0.
    pub at: usize,
    field: String,
    what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.field.is_empty() { "" } else { "." };
        write!(out, "searches[{}]{dot}{}: {}", self.at, self.field, self.what)
    }
}

/// Reads a report. `now` is the time of receipt in milliseconds since the Unix epoch; the browser's own clock is not trusted.
pub fn parse(body: &[u8], now: i64) -> Result<Report<'_>, Refusal> {
    let Body { searches } = serde_json::from_slice(body).map_err(|error| refusal(&error))?;
    match searches.len() {
        0 => return Err(Refusal::Empty),
        1..=MAX_SEARCHES => {}
        many => return Err(Refusal::TooMany(many)),
    }
    let mut report = Report { seen: Seen::default(), faults: Vec::new() };
    for (at, text) in searches.into_iter().enumerate() {
        match Draft::read(text.get()).and_then(|draft| draft.search(now)) {
            Ok(search) => report.seen.searches.push(search),
            Err(Problem { field, what }) => report.faults.push(Fault { at, field, what }),
        }
    }
    if report.seen.searches.is_empty() {
        return Err(Refusal::NoneValid(report.faults.swap_remove(0)));
    }
    report.seen.searches.sort_by_key(|search| search.at);
    Ok(report)
}

fn refusal(error: &serde_json::Error) -> Refusal {
    match error.classify() {
        Category::Data => Refusal::NoReport(words(error)),
        Category::Syntax | Category::Eof | Category::Io => Refusal::Malformed(error.to_string()),
    }
}

/// Without the place, which a sender that writes one line has no use for.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[derive(Deserialize)]
#[serde(expecting = "an object with searches")]
struct Body<'a> {
    #[serde(borrow)]
    searches: Vec<&'a RawValue>,
}

/// What is wrong with a field.
struct Problem {
    field: String,
    what: String,
}

fn problem(field: &str, what: impl Into<String>) -> Problem {
    Problem { field: field.to_owned(), what: what.into() }
}

type Text<'a> = Cow<'a, str>;

/// A search as it came: every field of the right type, nothing checked yet.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a search")]
struct Draft<'a> {
    #[serde(borrow)]
    index: Option<Text<'a>>,
    #[serde(borrow)]
    query: Option<Text<'a>>,
    #[serde(borrow, rename = "queryID")]
    query_id: Option<Text<'a>>,
    #[serde(borrow)]
    user_token: Option<Text<'a>>,
    #[serde(borrow)]
    filters: Option<Text<'a>>,
    page: Option<u32>,
    hits_per_page: Option<u32>,
    nb_hits: Option<u64>,
    took_ms: Option<i64>,
    #[serde(borrow, rename = "objectIDs")]
    object_ids: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    facets: Option<BTreeMap<Text<'a>, Text<'a>>>,
    age_ms: Option<i64>,
}

impl<'a> Draft<'a> {
    fn read(text: &'a str) -> Result<Self, Problem> {
        let mut reader = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            problem(if path == "." { "" } else { &path }, words(error.inner()))
        })
    }

    fn search(self, now: i64) -> Result<Search<'a>, Problem> {
        let index = self.index.ok_or_else(|| problem("index", "is missing; name the index"))?;
        IndexName::parse(&index).map_err(|error| problem("index", error.to_string()))?;
        let query = self.query.ok_or_else(|| problem("query", "is missing; send \"\" for none"))?;
        let nb_hits = self.nb_hits.ok_or_else(|| problem("nbHits", "is missing; say how many match"))?;
        Ok(Search {
            at: now - self.age_ms.unwrap_or_default().clamp(0, MAX_AGE_MS),
            index,
            query: bounded("query", query, MAX_TEXT)?,
            query_id: self.query_id.map(query_id).transpose()?,
            user_token: self.user_token.map(user_token).transpose()?,
            filters: self.filters.map(|text| bounded("filters", text, MAX_FILTERS)).transpose()?,
            page: self.page.unwrap_or_default(),
            hits_per_page: hits_per_page(self.hits_per_page)?,
            nb_hits,
            took_ms: self.took_ms.unwrap_or_default().clamp(0, u32::MAX.into()) as u32,
            object_ids: object_ids(self.object_ids.unwrap_or_default())?,
            facets: facets(self.facets.unwrap_or_default())?,
            held_out: false,
            via: Via::Middleware,
        })
    }
}

fn bounded<'a>(field: &str, text: Text<'a>, most: usize) -> Result<Text<'a>, Problem> {
    if text.len() <= most { Ok(text) } else { Err(problem(field, format!("is longer than {most} bytes"))) }
}

fn query_id(id: Text<'_>) -> Result<Text<'_>, Problem> {
    let what = "is none of Algolia's; send the answer's queryID as it is, or leave it out";
    if is_query_id(&id) { Ok(id) } else { Err(problem("queryID", what)) }
}

fn user_token(token: Text<'_>) -> Result<Text<'_>, Problem> {
    if is_user_token(&token) {
        return Ok(token);
    }
    let what = format!("is no token; use 1 to {MAX_TOKEN_READ} letters, digits and _=/+-, no e-mail address");
    Err(problem("userToken", what))
}

/// A query for counts alone is how a page is built.
fn hits_per_page(count: Option<u32>) -> Result<u32, Problem> {
    if count == Some(0) {
        return Err(problem(
            "hitsPerPage",
            "is 0, which makes it nobody's search; leave it out of the report",
        ));
    }
    Ok(count.unwrap_or_default())
}

fn object_ids(mut ids: Vec<Text<'_>>) -> Result<Vec<Text<'_>>, Problem> {
    ids.truncate(OBJECTS);
    for (at, id) in ids.iter().enumerate() {
        ObjectId::parse(id).map_err(|error| problem(&format!("objectIDs[{at}]"), error.to_string()))?;
    }
    Ok(ids)
}

fn facets<'a>(facets: BTreeMap<Text<'a>, Text<'a>>) -> Result<BTreeMap<Text<'a>, Text<'a>>, Problem> {
    let short = |(name, value)| Ok((bounded("facets", name, MAX_TEXT)?, bounded("facets", value, MAX_TEXT)?));
    facets.into_iter().take(FACETS).map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_790_000_000_000;

    fn search(other: &Value) -> Value {
        let mut search = json!({"index": "products", "query": "shoe", "nbHits": 3});
        let (search_map, other) = (search.as_object_mut().unwrap(), other.as_object().unwrap());
        search_map.extend(other.clone());
        search
    }

    fn fault(other: &Value) -> String {
        let body = json!({"searches": [search(other)]}).to_string();
        parse(body.as_bytes(), NOW).unwrap_err().to_string()
    }

    #[test]
    fn everything_that_a_page_tells_of_a_search_is_kept_within_bounds() {
        let ids: Vec<String> = (0..30).map(|at| at.to_string()).collect();
        let full = json!({
            "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "userToken": "anonymous-1", "filters": "brand:Apple",
            "page": 1, "hitsPerPage": 20, "tookMs": 31, "objectIDs": ids, "facets": {"brand": "Apple"}, "ageMs": 250,
            "unknown": [1],
        });
        let bare = json!({"query": "", "ageMs": 99 * MAX_AGE_MS, "tookMs": -3});
        let body = json!({"searches": [search(&full), search(&bare)]}).to_string();
        let report = parse(body.as_bytes(), NOW).unwrap();
        let [old, new] = &report.seen.searches[..] else { panic!() };
        assert_eq!((old.at, &*old.query, old.took_ms, old.nb_hits), (NOW - MAX_AGE_MS, "", 0, 3));
        assert_eq!((new.at, new.object_ids.len(), new.via), (NOW - 250, OBJECTS, Via::Middleware));
        let again = serde_json::to_value(new).unwrap();
        for field in ["queryID", "userToken", "filters", "page", "hitsPerPage", "tookMs", "facets"] {
            assert_eq!(again[field], full[field], "{field}");
        }
    }

    #[test]
    fn a_fault_names_the_search_the_field_and_the_fix() {
        let all = [
            (json!({"index": null}), "searches[0].index: is missing; name the index"),
            (json!({"index": "*"}), "searches[0].index: \"*\" means every index; name one"),
            (json!({"query": "x".repeat(513)}), "searches[0].query: is longer than 512 bytes"),
            (json!({"nbHits": "3"}), "searches[0].nbHits: invalid type: string \"3\", expected u64"),
            (json!({"hitsPerPage": 0}), "searches[0].hitsPerPage: is 0, which"),
            (json!({"userToken": "ann@example.com"}), "searches[0].userToken: is no token; use 1 to 129"),
            (json!({"queryID": "x"}), "searches[0].queryID: is none of Algolia's; send"),
            (json!({"objectIDs": ["a", ""]}), "searches[0].objectIDs[1]: \"objectID\" is empty"),
            (json!({"objectIDs": ["a", 1]}), "searches[0].objectIDs[1]: invalid type: integer `1`, expected"),
            (json!({"facets": {"a": "x".repeat(513)}}), "searches[0].facets: is longer than 512 bytes"),
        ];
        for (other, expected) in all {
            assert!(fault(&other).starts_with(expected), "{} is not {expected}", fault(&other));
        }
    }

    #[test]
    fn what_is_no_report_is_refused_as_a_whole_and_valid_searches_are_kept_beside_others() {
        let refused = |body: &str| parse(body.as_bytes(), NOW).unwrap_err();
        assert!(matches!(refused("{\"searches\":[{]}"), Refusal::Malformed(_)));
        assert!(matches!(refused("{\"events\":[]}"), Refusal::NoReport(_)));
        assert!(matches!(refused("[7]"), Refusal::NoReport(_) | Refusal::Malformed(_)));
        assert_eq!(refused("{\"searches\":[]}"), Refusal::Empty);
        let many = json!({"searches": vec![search(&json!({})); MAX_SEARCHES + 1]}).to_string();
        assert_eq!(refused(&many), Refusal::TooMany(MAX_SEARCHES + 1));
        let body = json!({"searches": [7, search(&json!({})), search(&json!({"page": -1}))]}).to_string();
        let report = parse(body.as_bytes(), NOW).unwrap();
        let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        assert_eq!(report.seen.searches.len(), 1);
        assert_eq!(faults[0], "searches[0]: invalid type: integer `7`, expected a search");
        assert_eq!(faults[1], "searches[2].page: invalid value: integer `-1`, expected u32");
    }
}
