//! Which fields of what is sent are others.

use serde_json::Value;
use std::collections::BTreeMap;

/// A field's values before and after; none where it is not there.
pub(super) type Change = (Option<Value>, Option<Value>);

/// The fields that differ between what would be sent before and after: `properties.products[].price`.
pub(super) fn between(before: &[Value], after: &[Value]) -> BTreeMap<String, Change> {
    let mut found = BTreeMap::new();
    if before.len() != after.len() {
        let counts = (Some(before.len().into()), Some(after.len().into()));
        found.insert("(number of messages)".to_owned(), counts);
    }
    for (was, is) in before.iter().zip(after) {
        compare("", was, is, &mut found);
    }
    found
}

fn compare(place: &str, was: &Value, is: &Value, found: &mut BTreeMap<String, Change>) {
    match (was, is) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, member) in new {
                let inner = below(place, key);
                match old.get(key) {
                    Some(was) => compare(&inner, was, member, found),
                    None => _ = found.entry(inner).or_insert_with(|| (None, Some(member.clone()))),
                }
            }
            for (key, member) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                found.entry(below(place, key)).or_insert_with(|| (Some(member.clone()), None));
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            old.iter().zip(new).for_each(|(was, is)| compare(&format!("{place}[]"), was, is, found));
        }
        _ if was != is => {
            found.entry(place.to_owned()).or_insert_with(|| (Some(was.clone()), Some(is.clone())));
        }
        _ => {}
    }
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_field_that_differs_is_named_once_wherever_it_stands() {
        let before = [json!({"a": 1, "l": [{"p": 1}, {"p": 2}], "gone": true, "same": [1]})];
        let after = [json!({"a": "1", "l": [{"p": 3}, {"p": 4}], "new": null, "same": [1]})];
        let found: Vec<String> = between(&before, &after).into_keys().collect();
        assert_eq!(found, ["a", "gone", "l[].p", "new"]);
        assert_eq!(between(&before, &[]).into_keys().collect::<Vec<_>>(), ["(number of messages)"]);
    }
}
