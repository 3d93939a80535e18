//! The parameters of a search, read once.

use super::fields::Fields;
use super::filter::{self, Filters};
use super::refusal::Refusal;
use serde_json::Value;

/// "maximum: 1000". The vendor's own front-end library asks for 0 where it wants counts alone.
const MOST_HITS: u64 = 1000;
const HITS: u64 = 20;
const MOST_FACET_VALUES: u64 = 1000;
const FACET_VALUES: u64 = 100;
/// "query 512 bytes" (service limits).
const LONGEST_QUERY: usize = 512;

/// What a search asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameters {
    pub(super) query: String,
    /// What must hold: every filter parameter together.
    pub(super) filters: Filters,
    /// What is better.
    pub(super) optional: Filters,
    pub(super) sum_scores: bool,
    pub(super) restrict: Option<Vec<String>>,
    pub(super) facets: Vec<String>,
    pub(super) facet_values: usize,
    pub(super) facet_order: FacetOrder,
    pub(super) page: usize,
    pub(super) hits_per_page: usize,
    /// `offset` and `length`, instead of pages.
    pub(super) window: Option<(usize, usize)>,
    pub(super) retrieve: Option<Vec<String>>,
    pub(super) highlight: Option<Vec<String>>,
    pub(super) tags: (String, String),
    pub(super) typos: Typos,
    pub(super) prefixes: Prefixes,
    pub(super) click_analytics: bool,
    pub(super) analytics: bool,
    pub(super) analytics_tags: Vec<String>,
    pub(super) user_token: Option<String>,
}

/// How the values of a facet are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FacetOrder {
    /// The most frequent first.
    Count,
    Alphabet,
}

/// From how many letters on one and two typos are forgiven; never, where it is `usize::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typos {
    pub(super) one_from: usize,
    pub(super) two_from: usize,
    pub(super) kept: KeptTypos,
}

/// Which of the matches with typos are results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptTypos {
    All,
    /// Those with as few typos as the best (`min`), or with one more kind (`strict`).
    Lowest(usize),
}

/// Which words of the query are beginnings of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefixes {
    Last,
    All,
    None,
}

impl Parameters {
    /// Reads the layers. Filters of all of them hold together, so that none can widen what another restricts.
    pub(super) fn parse(fields: &Fields) -> Result<Self, Refusal> {
        let flag = |name: &str, default: bool| fields.flag(name).map(|flag| flag.unwrap_or(default));
        let text =
            |name: &str, default: &str| fields.text(name).map(|text| text.unwrap_or_else(|| default.into()));
        let count = |name: &str, most: u64, default: u64| {
            fields.integer(name, 0..=most).map(|count| count.unwrap_or(default) as usize)
        };
        Ok(Self {
            query: query(fields)?,
            filters: filters(fields)?,
            optional: lists(fields, "optionalFilters", filter::facet_list)?,
            sum_scores: flag("sumOrFiltersScores", false)?,
            restrict: fields.texts("restrictSearchableAttributes")?.filter(|list| !list.is_empty()),
            facets: fields.texts("facets")?.unwrap_or_default(),
            facet_values: count("maxValuesPerFacet", MOST_FACET_VALUES, FACET_VALUES)?,
            facet_order: facet_order(fields)?,
            page: count("page", u64::from(u32::MAX), 0)?,
            hits_per_page: count("hitsPerPage", MOST_HITS, HITS)?,
            window: window(fields)?,
            retrieve: fields.texts("attributesToRetrieve")?,
            highlight: fields.texts("attributesToHighlight")?,
            tags: (text("highlightPreTag", "<em>")?, text("highlightPostTag", "</em>")?),
            typos: typos(fields)?,
            prefixes: prefixes(fields)?,
            click_analytics: flag("clickAnalytics", false)?,
            analytics: flag("analytics", true)?,
            analytics_tags: fields.texts("analyticsTags")?.unwrap_or_default(),
            user_token: fields.text("userToken")?,
        })
    }

    /// The hits that are asked for: the first, and how many.
    pub(super) fn wanted(&self) -> (usize, usize) {
        self.window.unwrap_or((self.page.saturating_mul(self.hits_per_page), self.hits_per_page))
    }
}

fn query(fields: &Fields) -> Result<String, Refusal> {
    let query = fields.text("query")?.unwrap_or_default();
    if query.len() > LONGEST_QUERY {
        return Err(Refusal::bad_request(format!(
            "query is too long: {}/{LONGEST_QUERY} bytes",
            query.len()
        )));
    }
    Ok(query)
}

fn filters(fields: &Fields) -> Result<Filters, Refusal> {
    let mut all = lists(fields, "filters", |value| {
        value.as_str().ok_or("a string is expected".into()).and_then(filter::expression)
    })?;
    all.extend(lists(fields, "facetFilters", filter::facet_list)?);
    all.extend(lists(fields, "numericFilters", filter::numeric_list)?);
    all.extend(lists(fields, "tagFilters", filter::tag_list)?);
    Ok(all)
}

fn lists(
    fields: &Fields,
    name: &str,
    read: impl Fn(&Value) -> Result<Filters, String>,
) -> Result<Filters, Refusal> {
    let mut all = Filters::new();
    for value in fields.all(name) {
        all.extend(read(value).map_err(|problem| Refusal::bad_request(format!("{name}: {problem}")))?);
    }
    Ok(all)
}

fn window(fields: &Fields) -> Result<Option<(usize, usize)>, Refusal> {
    let offset = fields.integer("offset", 0..=u64::from(u32::MAX))?;
    let length = fields.integer("length", 0..=MOST_HITS)?;
    Ok(length.map(|length| (offset.unwrap_or(0) as usize, length as usize)))
}

fn typos(fields: &Fields) -> Result<Typos, Refusal> {
    let from =
        |name: &str, default: u64| fields.integer(name, 0..=64).map(|size| size.unwrap_or(default) as usize);
    let (one_from, two_from) = (from("minWordSizefor1Typo", 4)?, from("minWordSizefor2Typos", 8)?);
    let kept = match fields.get("typoTolerance") {
        None | Some(Value::Bool(true)) => KeptTypos::All,
        Some(Value::Bool(false)) => {
            return Ok(Typos { one_from: usize::MAX, two_from: usize::MAX, kept: KeptTypos::All });
        }
        Some(Value::String(word)) => match word.as_str() {
            "true" => KeptTypos::All,
            "min" => KeptTypos::Lowest(1),
            "strict" => KeptTypos::Lowest(2),
            "false" => return Ok(Typos { one_from: usize::MAX, two_from: usize::MAX, kept: KeptTypos::All }),
            _ => return Err(bad_typo_tolerance()),
        },
        Some(_) => return Err(bad_typo_tolerance()),
    };
    Ok(Typos { one_from, two_from, kept })
}

fn bad_typo_tolerance() -> Refusal {
    Refusal::bad_request(
        "Invalid value for \"typoTolerance\" parameter, expected true, false, \"min\" or \"strict\"",
    )
}

fn facet_order(fields: &Fields) -> Result<FacetOrder, Refusal> {
    match fields.text("sortFacetValuesBy")?.as_deref() {
        None | Some("count") => Ok(FacetOrder::Count),
        Some("alpha") => Ok(FacetOrder::Alphabet),
        Some(_) => Err(Refusal::bad_request(
            "Invalid value for \"sortFacetValuesBy\" parameter, expected count or alpha",
        )),
    }
}

fn prefixes(fields: &Fields) -> Result<Prefixes, Refusal> {
    match fields.text("queryType")?.as_deref() {
        None | Some("prefixLast") => Ok(Prefixes::Last),
        Some("prefixAll") => Ok(Prefixes::All),
        Some("prefixNone") => Ok(Prefixes::None),
        Some(_) => Err(Refusal::bad_request(
            "Invalid value for \"queryType\" parameter, expected prefixLast, prefixAll or prefixNone",
        )),
    }
}
