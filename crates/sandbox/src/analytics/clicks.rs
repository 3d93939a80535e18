//! What Insights events say about searches.

use crate::kept::Item;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// What became of one search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The positions that were clicked.
    pub(super) positions: Vec<u64>,
    pub(super) conversions: u64,
}

/// By queryID.
pub(super) type Outcomes = HashMap<String, Outcome>;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "eventType")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "queryID", default)]
    query_id: Option<Cow<'a, str>>,
    #[serde(default)]
    positions: Vec<u64>,
    #[serde(borrow, rename = "objectData", default)]
    data: Vec<Line<'a>>,
}

/// A purchase names the search of each of its lines.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "queryID", default)]
    query_id: Option<Cow<'a, str>>,
}

/// Reads the events that Insights kept.
pub(super) fn of(events: &[Item]) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for event in events.iter().filter_map(|item| serde_json::from_slice::<Event>(&item.text).ok()) {
        let ids = event.query_id.iter().chain(event.data.iter().filter_map(|line| line.query_id.as_ref()));
        for id in ids {
            let outcome = outcomes.entry(id.to_string()).or_default();
            match &*event.kind {
                "click" => outcome.positions.extend(&event.positions),
                "conversion" => outcome.conversions += 1,
                _ => {}
            }
        }
    }
    outcomes
}
