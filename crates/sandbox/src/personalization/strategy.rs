//! The one strategy of the application: a closed object, all of it required.

use serde::{Deserialize, Serialize};

/// What the classic interface weighs events by. The stand-in keeps it and doesn't follow it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Strategy {
    events_scoring: Vec<EventScore>,
    facets_scoring: Vec<FacetScore>,
    personalization_impact: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EventScore {
    score: i64,
    event_name: String,
    event_type: EventType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EventType {
    Click,
    Conversion,
    View,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FacetScore {
    score: i64,
    facet_name: String,
}

impl Strategy {
    /// Reads one; the error says what is wrong with it.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let strategy = serde_json::from_slice::<Self>(body).map_err(|error| error.to_string())?;
        if strategy.personalization_impact > 100 {
            return Err("personalizationImpact must be between 0 and 100".into());
        }
        Ok(strategy)
    }
}
