//! Whether a query has results: a search of nobody's, that no analysis counts.

use crate::answer::{message, retry_after};
use crate::records::IndexName;
use crate::search::read;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use std::time::Duration;

/// What is asked: `POST` to [`path`](Probe::path) with [`body`](Probe::body).
#[derive(Debug, Clone, Copy)]
pub struct Probe<'a> {
    /// The index.
    pub index: &'a IndexName,
    /// The text.
    pub query: &'a str,
    /// All filters in Algolia's filter language; none to ask without.
    pub filters: Option<&'a str>,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// So many objects match.
    Hits(u64),
    /// This can't be asked: there is no such index, or Algolia does not understand the filters.
    Refused {
        /// The vendor's words.
        message: String,
    },
    /// The key or its rights do not allow it.
    Denied {
        /// The vendor's words.
        message: String,
    },
    /// Too much at once: wait, for so long if the vendor says so.
    Busy(Option<Duration>),
    /// Something is broken at this host.
    Failed {
        /// The vendor's words.
        message: String,
    },
}

impl Probe<'_> {
    /// The path of the request.
    pub fn path(&self) -> String {
        format!("/1/indexes/{}/query", utf8_percent_encode(self.index.as_str(), NON_ALPHANUMERIC))
    }

    /// The body: one hit at most, which is the least that the spec allows, and nothing that counts or changes by who asks.
    pub fn body(&self) -> Vec<u8> {
        let mut body = json!({
            "query": self.query,
            "hitsPerPage": 1,
            "attributesToRetrieve": ["objectID"],
            "attributesToHighlight": [],
            "analytics": false,
            "clickAnalytics": false,
            "enableABTest": false,
            "enablePersonalization": false,
        });
        if let Some(filters) = self.filters {
            body["filters"] = filters.into();
        }
        body.to_string().into_bytes()
    }
}

impl Probed {
    /// Reads an answer, given the time now in milliseconds since the Unix epoch.
    pub fn read(status: u16, wait: Option<&str>, body: &[u8], now_ms: i64) -> Self {
        let message = message(status, body);
        match status {
            200..=299 => hits(body).map_or(Self::Failed { message }, Self::Hits),
            425 | 429 => Self::Busy(wait.and_then(|wait| retry_after(wait, now_ms))),
            408 => Self::Failed { message },
            401..=403 => Self::Denied { message },
            400..=499 => Self::Refused { message },
            _ => Self::Failed { message },
        }
    }
}

/// Nothing if the body answers no query.
fn hits(body: &[u8]) -> Option<u64> {
    let mut answers = read(body).ok()?;
    Some(answers.pop().flatten().filter(|_| answers.is_empty())?.nb_hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_names_nobody_is_counted_nowhere_and_its_path_is_encoded() {
        let index = IndexName::parse("shop & more").unwrap();
        let probe = Probe { index: &index, query: "zebra \"lamp\"", filters: Some("brand:Apple") };
        assert_eq!(probe.path(), "/1/indexes/shop%20%26%20more/query");
        let body: serde_json::Value = serde_json::from_slice(&probe.body()).unwrap();
        assert_eq!(
            body,
            json!({
                "query": "zebra \"lamp\"", "filters": "brand:Apple", "hitsPerPage": 1, "attributesToRetrieve": ["objectID"],
                "attributesToHighlight": [], "analytics": false, "clickAnalytics": false, "enableABTest": false,
                "enablePersonalization": false,
            })
        );
        let bare = Probe { filters: None, ..probe }.body();
        assert!(!String::from_utf8(bare).unwrap().contains("filters"));
    }

    #[test]
    fn each_answer_has_its_meaning() {
        let of = |status, body: &str| Probed::read(status, Some("7"), body.as_bytes(), 0);
        assert_eq!(of(200, r#"{"hits":[{"objectID":"a"}],"nbHits":30}"#), Probed::Hits(30));
        assert_eq!(of(200, r#"{"hits":[],"nbHits":0}"#), Probed::Hits(0));
        for broken in ["<html>", "{}", r#"{"results":[]}"#] {
            assert!(matches!(of(200, broken), Probed::Failed { .. }), "{broken}");
        }
        let message = "status 400: filters: Unexpected token".to_owned();
        assert_eq!(of(400, r#"{"message":"filters: Unexpected token"}"#), Probed::Refused { message });
        assert!(matches!(of(404, ""), Probed::Refused { .. }));
        assert!(matches!(of(403, ""), Probed::Denied { .. }));
        assert_eq!(of(429, ""), Probed::Busy(Some(Duration::from_secs(7))));
        assert!(matches!(of(503, ""), Probed::Failed { .. }));
    }
}
