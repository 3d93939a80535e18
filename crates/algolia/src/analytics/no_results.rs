//! The most frequent searches that found nothing: `GET /2/searches/noResults`.

use super::Limit;
use crate::records::IndexName;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What is asked: the searches of one day in one index, the most frequent first.
#[derive(Debug, Clone, Copy)]
pub struct NoResults<'a> {
    /// The index.
    pub index: &'a IndexName,
    /// The day. The spec does not say in which time zone; taken to be UTC.
    pub day: Date,
    /// How many searches.
    pub limit: Limit,
}

/// One search of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Searched {
    /// What was asked for. Algolia folds what is typed within 30 seconds into the last query.
    pub search: String,
    /// How often.
    pub count: u64,
    /// How often with filters.
    #[serde(default)]
    pub with_filter_count: u64,
}

#[derive(Deserialize)]
struct Report {
    searches: Option<Vec<Searched>>,
}

impl NoResults<'_> {
    /// The path and query of the request.
    pub fn path(&self) -> String {
        let index = utf8_percent_encode(self.index.as_str(), NON_ALPHANUMERIC);
        let (day, limit) = (self.day, self.limit.get());
        format!("/2/searches/noResults?index={index}&startDate={day}&endDate={day}&limit={limit}")
    }
}

/// Reads a report. Where nothing was searched for in vain, some lists of this API are `null`.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Searched>, String> {
    let report: Report = serde_json::from_slice(body).map_err(|error| format!("no report: {error}"))?;
    Ok(report.searches.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_an_index_is_asked_for_with_everything_encoded() {
        let index = IndexName::parse("shop & more+").unwrap();
        let asked =
            NoResults { index: &index, day: Date::constant(2026, 3, 9), limit: Limit::new(1000).unwrap() };
        assert_eq!(
            asked.path(),
            "/2/searches/noResults?index=shop%20%26%20more%2B&startDate=2026-03-09&endDate=2026-03-09&limit=1000"
        );
        assert!(Limit::new(0).is_err() && Limit::new(1001).is_err());
    }

    #[test]
    fn a_report_is_read_as_the_vendor_writes_it() {
        let body = br#"{"searches":[{"search":"lmap","count":7,"withFilterCount":2}]}"#;
        let lamp = Searched { search: "lmap".to_owned(), count: 7, with_filter_count: 2 };
        assert_eq!(parse(body), Ok(vec![lamp]));
        assert_eq!(parse(br#"{"searches":null}"#), Ok(vec![]));
        assert!(parse(b"<html>").unwrap_err().starts_with("no report"));
    }
}
