//! Parameters as they come: JSON values, or texts of a URL-encoded string, in layers of which the last that has a
//! parameter counts.

use super::refusal::Refusal;
use crate::query;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// Layers of parameters, the weakest first.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub(super) fn new(layers: Vec<&'a Map<String, Value>>) -> Self {
        Self(layers)
    }

    /// The strongest layer's value; null is as good as nothing.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.all(name).last()
    }

    /// Every layer's value.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter_map(move |layer| layer.get(name)).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(name, "a string")),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text == "true" || text == "false" => Ok(Some(text == "true")),
            Some(_) => Err(invalid(name, "a boolean")),
        }
    }

    pub(super) fn integer(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Refusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        let number = number.filter(|number| range.contains(number));
        let wanted = || format!("an integer between {} and {}", range.start(), range.end());
        number.map(Some).ok_or_else(|| invalid(name, &wanted()))
    }

    /// A list of texts: an array, or a text that is a JSON array or has commas between them.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        self.get(name)
            .map(|value| texts(value).ok_or_else(|| invalid(name, "an array of strings")))
            .transpose()
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::String(text) if text.trim_start().starts_with('[') => {
            texts(&serde_json::from_str(text).ok().filter(Value::is_array)?)
        }
        Value::String(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn invalid(name: &str, wanted: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid value for \"{name}\" parameter, expected {wanted}"))
}

/// The parameters of a body: those of its URL-encoded `params`, and those beside it, which count more.
pub(super) fn flattened(body: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let mut fields = match body.get("params") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::String(text)) => decoded(text),
        Some(_) => return Err(invalid("params", "a string")),
    };
    fields.extend(body.into_iter().filter(|(key, _)| key != "params"));
    Ok(fields)
}

/// The parameters of a URL-encoded string.
pub(super) fn decoded(text: &str) -> Map<String, Value> {
    query::pairs(text).filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key, value.into())).collect()
}

/// The parameters as a URL-encoded string: what answers echo as `params`.
pub(super) fn encoded(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs =
        fields.iter().map(|(key, value)| format!("{}={}", query::encode(key), query::encode(&text(value))));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_parameter_means_the_same_as_json_and_as_text() {
        let as_json = json!({"page": 2, "facets": ["a", "b"], "clickAnalytics": true, "query": "é & b"});
        let as_text = json!({"params": "page=2&facets=%5B%22a%22%2C%22b%22%5D&clickAnalytics=true&query=%C3%A9+%26%20b"});
        for document in [as_json, as_text] {
            let map = flattened(document.as_object().cloned().unwrap()).unwrap();
            let fields = Fields::new(vec![&map]);
            assert_eq!(fields.integer("page", 0..=9), Ok(Some(2)));
            assert_eq!(fields.texts("facets"), Ok(Some(vec!["a".into(), "b".into()])));
            assert_eq!(fields.flag("clickAnalytics"), Ok(Some(true)));
            assert_eq!(fields.text("query"), Ok(Some("é & b".into())));
            assert_eq!(decoded(&encoded(&map)).get("query"), map.get("query"));
        }
    }

    #[test]
    fn the_last_layer_counts_and_null_is_nothing() {
        let (weak, strong) = (json!({"a": "1", "b": "1"}), json!({"a": "2", "b": null}));
        let fields = Fields::new(vec![weak.as_object().unwrap(), strong.as_object().unwrap()]);
        assert_eq!((fields.text("a"), fields.text("b")), (Ok(Some("2".into())), Ok(Some("1".into()))));
        assert!(fields.integer("a", 3..=4).is_err());
    }
}
