//! What Algolia answers to queries, as far as a search is to be known by. Everything else is passed over in place.
//!
//! The form is that of `SearchResponse` and `SearchResponses` in the Search spec. A caller can have any of it left out
//! (`responseFields`), so nothing is required.

use crate::insights::limits;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// At most so many objects of a page are read: as many as an event may name.
pub const OBJECTS: usize = limits::MAX_ITEMS;

/// At most so many facets are read.
pub const FACETS: usize = 5;

/// At most so many results of one request are read. Our own figure; the vendor's libraries send a handful.
const RESULTS: usize = 64;

/// What an answer says of one query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered<'a> {
    /// The index that was searched; another one than was asked for in an A/B test.
    pub index: Option<Cow<'a, str>>,
    /// The text, as it was asked.
    pub query: Option<Cow<'a, str>>,
    /// The query's id; there with `clickAnalytics` only.
    pub query_id: Option<Cow<'a, str>>,
    /// How many objects match in all. Where the caller had the figure left out, those of this page.
    pub nb_hits: u64,
    /// The page, 0-based.
    pub page: Option<u32>,
    /// How many hits a page has.
    pub hits_per_page: Option<u32>,
    /// The objects of the page in their order, at most [`OBJECTS`].
    pub object_ids: Vec<Cow<'a, str>>,
    /// Of each facet the most frequent value, the first of them on a tie; at most [`FACETS`], the first of the answer.
    pub facets: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// The body is no answer to a query.
#[derive(Debug, thiserror::Error)]
#[error("not an answer of Algolia's to a query")]
pub struct Unreadable(#[source] serde_json::Error);

/// Reads the answer to a query, or to several (`results`): one item for each, in their order, at most 64. An item is `None` if it
/// tells of no search: an error, values of a facet, a query that Algolia did not run.
pub fn read(body: &[u8]) -> Result<Vec<Option<Answered<'_>>>, Unreadable> {
    let answer: Draft<'_, First<Draft<'_, IgnoredAny>, RESULTS>> =
        serde_json::from_slice(body).map_err(Unreadable)?;
    Ok(match answer.results {
        Some(results) => results.items.into_iter().map(Draft::answered).collect(),
        None => vec![answer.answered()],
    })
}

/// An answer as it came. `R` is what may stand under `results`: results have none themselves.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "R: Deserialize<'de>"))]
struct Draft<'a, R> {
    results: Option<R>,
    #[serde(borrow)]
    hits: Option<First<Hit<'a>, OBJECTS>>,
    nb_hits: Option<u64>,
    page: Option<u32>,
    hits_per_page: Option<u32>,
    #[serde(borrow)]
    index: Option<Text<'a>>,
    #[serde(borrow)]
    index_used: Option<Text<'a>>,
    #[serde(borrow)]
    query: Option<Text<'a>>,
    #[serde(borrow, rename = "queryID")]
    query_id: Option<Text<'a>>,
    #[serde(borrow)]
    facets: Option<Facets<'a>>,
    /// `false` on a query that was not run since others before it had found enough (`stopIfEnoughMatches`).
    processed: Option<bool>,
}

impl<'a, R> Draft<'a, R> {
    fn answered(self) -> Option<Answered<'a>> {
        let on_page = self.hits.as_ref().map(|hits| hits.count as u64);
        let nb_hits = self.nb_hits.or(on_page).filter(|_| self.processed != Some(false))?;
        Some(Answered {
            index: self.index_used.or(self.index).map(|text| text.0),
            query: self.query.map(|text| text.0),
            query_id: self.query_id.map(|text| text.0),
            nb_hits,
            page: self.page,
            hits_per_page: self.hits_per_page,
            object_ids: self
                .hits
                .map_or_else(Vec::new, |hits| hits.items.into_iter().map(|hit| hit.object_id.0).collect()),
            facets: self.facets.map_or_else(Vec::new, |facets| facets.0),
        })
    }
}

/// A text, borrowed unless it holds escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow, rename = "objectID")]
    object_id: Text<'a>,
}

/// The first items of a list, and how many it has.
struct First<T, const N: usize> {
    items: Vec<T>,
    count: usize,
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for First<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FirstVisitor(PhantomData))
    }
}

struct FirstVisitor<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for FirstVisitor<T, N> {
    type Value = First<T, N>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut first = First { items: Vec::new(), count: 0 };
        while first.items.len() < N
            && let Some(item) = list.next_element()?
        {
            first.items.push(item);
        }
        first.count = first.items.len() + rest(|| list.next_element::<IgnoredAny>())?;
        Ok(first)
    }
}

/// How many items come until there is none.
fn rest<T: DeserializeOwned, E>(mut next: impl FnMut() -> Result<Option<T>, E>) -> Result<usize, E> {
    let mut count = 0;
    while next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// The first facets with their most frequent values.
struct Facets<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Facets<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FacetsVisitor(PhantomData))
    }
}

struct FacetsVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for FacetsVisitor<'a> {
    type Value = Facets<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("facets with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut facets = Vec::new();
        while facets.len() < FACETS
            && let Some((Text(name), MostFrequent(value))) = map.next_entry()?
        {
            facets.extend(value.map(|value| (name, value)));
        }
        rest(|| map.next_entry::<IgnoredAny, IgnoredAny>())?;
        Ok(Facets(facets))
    }
}

/// The key with the highest count.
struct MostFrequent<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for MostFrequent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MostFrequentVisitor(PhantomData))
    }
}

struct MostFrequentVisitor<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for MostFrequentVisitor<'a> {
    type Value = MostFrequent<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("values with their counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut best = None;
        while let Some((Text(value), count)) = map.next_entry::<Text<'a>, u64>()? {
            if best.as_ref().is_none_or(|(_, most)| count > *most) {
                best = Some((value, count));
            }
        }
        Ok(MostFrequent(best.map(|(value, _)| value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the public API answers, with what is passed over.
    const ONE: &str = r#"{"hits":[{"name":"a \"quoted\" shoe","objectID":"a","_highlightResult":{"name":{"value":"<em>x</em>"}}},
        {"objectID":"b\u00e9"}],"nbHits":30,"page":1,"nbPages":2,"hitsPerPage":20,"exhaustive":{"nbHits":true},
        "facets":{"brand":{"Apple":5,"Bose":9,"Sony":9},"empty":{},"colour":{"red":1}},"query":"shoe","params":"query=shoe",
        "index":"products","indexUsed":"products_b","queryID":"43b15df305339e827f0ac0bdc5ebcaa7","processingTimeMS":1}"#;

    fn one(body: &str) -> Option<Answered<'_>> {
        let mut answered = read(body.as_bytes()).unwrap();
        assert_eq!(answered.len(), 1, "{body}");
        answered.remove(0)
    }

    #[test]
    fn an_answer_says_what_was_found_and_nothing_is_copied_that_has_no_escapes() {
        let answered = one(ONE).unwrap();
        assert_eq!(answered.object_ids, ["a", "bé"]);
        assert!(matches!(answered.object_ids[0], Cow::Borrowed(_)));
        assert_eq!((answered.nb_hits, answered.page, answered.hits_per_page), (30, Some(1), Some(20)));
        assert_eq!(answered.facets, [("brand".into(), "Bose".into()), ("colour".into(), "red".into())]);
        assert_eq!(
            (answered.index.as_deref(), answered.query.as_deref()),
            (Some("products_b"), Some("shoe"))
        );
        assert_eq!(answered.query_id.as_deref(), Some("43b15df305339e827f0ac0bdc5ebcaa7"));
    }

    #[test]
    fn of_many_answers_each_stands_in_its_place_and_what_is_no_search_leaves_it_empty() {
        let facet =
            r#"{"facetHits":[{"value":"x","highlighted":"x","count":3}],"exhaustiveFacetsCount":true}"#;
        let idle = r#"{"hits":[],"nbHits":0,"processed":false}"#;
        let error = r#"{"message":"Index x does not exist","status":404}"#;
        let body = format!(r#"{{"results":[{facet},{ONE},{idle},{error},{{"hits":[],"nbHits":0}}]}}"#);
        let found: Vec<_> =
            read(body.as_bytes()).unwrap().iter().map(|a| Some(a.as_ref()?.nb_hits)).collect();
        assert_eq!(found, [None, Some(30), None, None, Some(0)]);
        assert_eq!(one(error), None);
    }

    #[test]
    fn lists_are_read_as_far_as_they_are_of_use() {
        let hits: Vec<String> = (0..50).map(|at| format!(r#"{{"objectID":"{at}"}}"#)).collect();
        let facets: Vec<String> = (0..9).map(|at| format!(r#""f{at}":{{"v":1}}"#)).collect();
        let body = format!(r#"{{"hits":[{}],"facets":{{{}}}}}"#, hits.join(","), facets.join(","));
        let answered = one(&body).unwrap();
        assert_eq!(
            (answered.object_ids.len(), answered.facets.len(), answered.nb_hits),
            (OBJECTS, FACETS, 50)
        );
        let many = format!(r#"{{"results":[{}]}}"#, vec!["{}"; 1_000].join(","));
        assert_eq!(read(many.as_bytes()).unwrap().len(), RESULTS);
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let deep = "[".repeat(100_000);
        for body in ["", "[]", "<html>", r#"{"hits":[{"objectID":1}]}"#, r#"{"nbHits":-1}"#, &deep] {
            assert!(read(body.as_bytes()).is_err(), "{body:.20}");
        }
    }
}
