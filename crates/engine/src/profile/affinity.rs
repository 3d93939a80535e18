//! Traits as evidence for Algolia's own affinities.
//!
//! No public API of Algolia's writes an affinity. Views of a filter are the only evidence that can be given without
//! touching click or conversion figures, and they can only add: nothing takes evidence back.

use super::View;
use causeway_algolia::insights::{filters, limits};
use serde_json::Value;

/// A trait that becomes views of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affinity {
    /// The trait.
    pub name: String,
    /// The facet whose values the trait holds.
    pub facet: String,
    /// The index that the facet is one of.
    pub index: String,
}

/// The name of the events that carry traits to Algolia's personalization; its strategy must score this name.
pub const EVENT_NAME: &str = "Trait Synced";

impl Affinity {
    /// The filters that say what the trait holds: one for a text, number or boolean, one for each item of a list.
    pub fn filters(&self, view: &View) -> Vec<String> {
        let values = match view.value(&self.name) {
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        };
        values.iter().take(limits::MAX_ITEMS).map(|value| filters::encode(&self.facet, value)).collect()
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
