//! What one version of a flow says otherwise than another, place by place, for people to read before they say yes.

use super::{Definition, Document};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt;

/// Values longer than this are cut where they are shown.
const SHOWN: usize = 160;

/// One place that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Where: `trigger`, `subscription "Results clicked".mapping.properties.price`, `plan.TRACK "Order Completed" 1`.
    pub place: String,
    /// What stood there; nothing if it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What stands there now; nothing if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// All places that differ; without a `before` everything is new. Two texts that differ in comments and spacing only
/// have none.
pub fn between(before: Option<&Document>, after: &Document) -> Vec<Difference> {
    let before = before.map_or_else(|| json!({}), |before| by_names(before.definition()));
    let mut found = Vec::new();
    compare("", &before, &by_names(after.definition()), &mut found);
    found
}

/// The definition with names instead of places in lists, so that moving something is no difference.
fn by_names(definition: &Definition) -> Value {
    let mut view = json!(definition);
    let Some(members) = view.as_object_mut() else { return view };
    if let Some(Value::Array(subscriptions)) = members.shift_remove("subscriptions") {
        let names = named(subscriptions, |item| format!("subscription {}", item["name"]));
        members.extend(names);
    }
    if let Some(plan) = definition.inline_plan() {
        members.insert("plan".to_owned(), rules(plan));
    }
    view
}

fn rules(plan: &str) -> Value {
    let plan: Value = serde_json::from_str(plan).unwrap_or_default();
    let body = plan.get("data").unwrap_or(&plan);
    let rules = body.as_array().or_else(|| body["rules"].as_array()).cloned().unwrap_or_default();
    let label = |rule: &Value| {
        let words = ["type", "key", "version"].map(|word| &rule[word]);
        words.into_iter().filter(|word| !word.is_null()).map(plain).collect::<Vec<_>>().join(" ")
    };
    Value::Object(named(rules, label))
}

fn plain(word: &Value) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

/// Items under their names; a name that comes again gets a number.
fn named(items: Vec<Value>, name: impl Fn(&Value) -> String) -> Map<String, Value> {
    let mut members = Map::new();
    for item in items {
        let name = name(&item);
        let mut number = 1;
        while members.contains_key(&numbered(&name, number)) {
            number += 1;
        }
        members.insert(numbered(&name, number), item);
    }
    members
}

fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name} #{number}") }
}

fn compare(place: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            found.push(difference(place, Some(before), Some(after)));
        }
        return;
    };
    for (key, member) in new {
        let inner = below(place, key);
        match old.get(key) {
            Some(was) => compare(&inner, was, member, found),
            None => found.push(difference(&inner, None, Some(member))),
        }
    }
    let gone = old.iter().filter(|(key, _)| !new.contains_key(*key));
    found.extend(gone.map(|(key, member)| difference(&below(place, key), Some(member), None)));
}

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn difference(place: &str, before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { place: place.to_owned(), before: before.cloned(), after: after.cloned() }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(out, "+ {}: {}", self.place, shown(after)),
            (Some(before), None) => write!(out, "- {}: {}", self.place, shown(before)),
            (before, after) => {
                let words = [before, after].map(|value| value.as_ref().map(shown).unwrap_or_default());
                write!(out, "~ {}: {} -> {}", self.place, words[0], words[1])
            }
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::read(text, "test", &|_| Err("no plan".to_owned())).unwrap()
    }

    #[test]
    fn each_changed_place_is_one_line_and_moved_subscriptions_are_none() {
        let one = "[[subscriptions]]\nname = \"one\"\nmapping = { event = \"E\", properties = { a = 1 } }\n";
        let two = "[[subscriptions]]\nname = \"two\"\nmapping = { event = \"F\" }\n";
        let other = one.replace("a = 1", "b = 2");
        let before = document(&format!("name = \"x\"\ntrigger = 'type = \"track\"'\n{one}{two}"));
        let after = document(&format!("name = \"x\" # the same\nenabled = false\n{two}{other}"));
        let lines: Vec<String> = between(Some(&before), &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "+ enabled: false",
                "+ subscription \"one\".mapping.properties.b: 2",
                "- subscription \"one\".mapping.properties.a: 1",
                "- trigger: \"type = \\\"track\\\"\"",
            ]
        );
        assert_eq!(between(Some(&before), &before), []);
    }

    #[test]
    fn a_plan_differs_by_its_rules() {
        let with =
            |plan: &str| document(&format!("name = \"x\"\nmapping = {{ event = \"E\" }}\nplan = '{plan}'"));
        let before =
            with(r#"{"rules":[{"type":"TRACK","key":"A","version":1,"jsonSchema":{"type":"object"}}]}"#);
        let after =
            with(r#"{"rules":[{"type":"TRACK","key":"A","version":1,"jsonSchema":{"type":"array"}}]}"#);
        let found = between(Some(&before), &after);
        assert_eq!(found[0].to_string(), "~ plan.TRACK A 1.jsonSchema.type: \"object\" -> \"array\"");
    }
}
