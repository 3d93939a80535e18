//! What can be told of a message without keeping it: where a value stands, and of which kind it is.

use super::super::batch::single_messages;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

/// One thing that is so of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Feature {
    /// Where: `properties.products[].price`.
    pub place: String,
    /// Of which kind the value there is, in words.
    pub kind: String,
}

/// A value that is longer is not told apart from others of its length.
const SHORT: usize = 64;

/// Values deeper than this are one kind.
const DEPTH: usize = 8;

const DAY_MS: i64 = 86_400_000;

/// Numbers between these are taken for instants: milliseconds of the years 2001 to 2286.
const INSTANTS: std::ops::Range<i64> = 1_000_000_000_000..10_000_000_000_000;

/// Everything that is so of an entry's messages, at this instant.
pub(super) fn features(messages: &[u8], now: i64) -> BTreeSet<Feature> {
    let mut found = Found { now, features: BTreeSet::new() };
    for message in single_messages(messages) {
        match serde_json::from_slice(&message) {
            Ok(value) => found.walk("", &value, 0),
            Err(_) => found.add("", "no JSON".to_owned()),
        }
    }
    found.features
}

/// Whether the feature is one value and no kind of values.
pub(super) fn is_value(feature: &Feature) -> bool {
    feature.kind.starts_with(VALUE)
}

const VALUE: &str = "one value, ";

struct Found {
    now: i64,
    features: BTreeSet<Feature>,
}

impl Found {
    fn add(&mut self, place: &str, kind: String) {
        self.features.insert(Feature { place: place.to_owned(), kind });
    }

    fn walk(&mut self, place: &str, value: &Value, depth: usize) {
        match value {
            Value::Object(members) if depth < DEPTH => {
                self.add(place, if members.is_empty() { "an empty object" } else { "an object" }.to_owned());
                members.iter().for_each(|(key, member)| self.walk(&below(place, key), member, depth + 1));
            }
            Value::Array(items) if depth < DEPTH => {
                self.add(place, format!("a list of {}", bucket(items.len() as u64)));
                for item in items {
                    self.walk(&format!("{place}[]"), item, depth + 1);
                }
            }
            Value::Object(_) | Value::Array(_) => self.add(place, "a deep value".to_owned()),
            Value::Null => self.add(place, "null".to_owned()),
            Value::Bool(truth) => self.add(place, truth.to_string()),
            Value::Number(number) => self.number(place, number),
            Value::String(text) => self.text(place, text),
        }
    }

    fn number(&mut self, place: &str, number: &Number) {
        self.value(place, &number.to_string());
        match number.as_i64() {
            Some(instant) if INSTANTS.contains(&instant) => self.instant(place, instant),
            Some(0) => self.add(place, "zero".to_owned()),
            Some(whole) if whole < 0 => self.add(place, "a negative number".to_owned()),
            Some(whole) => self.add(place, format!("a whole number of {} digits", whole.to_string().len())),
            None => {
                let sign = if number.as_f64().is_some_and(|number| number < 0.0) { "negative " } else { "" };
                self.add(place, format!("a {sign}fraction"));
            }
        }
    }

    fn instant(&mut self, place: &str, instant: i64) {
        let days = (self.now - instant).div_euclid(DAY_MS);
        let kind = if days < 0 { "an instant ahead".to_owned() } else { instant_of(days as u64) };
        self.add(place, kind);
    }

    fn text(&mut self, place: &str, text: &str) {
        if let Some(instant) = causeway_segment::time::parse(text) {
            return self.instant(place, instant);
        }
        self.add(place, format!("a text of {} bytes", bucket(text.len() as u64)));
        for (has, words) in SIGNS {
            if text.chars().any(has) {
                self.add(place, format!("a text with {words}"));
            }
        }
        if text.len() <= SHORT {
            self.value(place, text);
        }
    }

    /// The value itself is not kept: it may be somebody's.
    fn value(&mut self, place: &str, value: &str) {
        self.add(place, format!("{VALUE}{:08x}", xxh3_64(value.as_bytes()) as u32));
    }
}

type Sign = (fn(char) -> bool, &'static str);

/// What a vendor may stumble over in a text.
const SIGNS: [Sign; 4] = [
    (char::is_control, "control characters"),
    (char::is_whitespace, "spaces"),
    (|letter| !letter.is_ascii(), "letters beyond ASCII"),
    (|letter| letter.is_ascii_punctuation() && !"-_.:".contains(letter), "signs"),
];

fn below(place: &str, key: &str) -> String {
    if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
}

fn instant_of(days: u64) -> String {
    if days == 0 {
        "an instant of the last day".to_owned()
    } else {
        format!("an instant {} days ago", bucket(days))
    }
}

/// `0`, `1`, `2 to 3`, `4 to 7`, …
fn bucket(count: u64) -> String {
    match count {
        0 | 1 => count.to_string(),
        _ => {
            let first = 1 << count.ilog2();
            format!("{first} to {}", (first << 1) - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(message: &str, place: &str) -> Vec<String> {
        let found = features(message.as_bytes(), 10 * DAY_MS + INSTANTS.start);
        found.into_iter().filter(|one| one.place == place && !is_value(one)).map(|one| one.kind).collect()
    }

    #[test]
    fn a_value_is_told_by_its_kind_and_never_kept() {
        assert_eq!(kinds(r#"{"a":{"b":-3}}"#, "a.b"), ["a negative number"]);
        assert_eq!(kinds(r#"{"t":1000000000001}"#, "t"), ["an instant 8 to 15 days ago"]);
        assert_eq!(kinds(r#"{"l":[{"x":""}]},{"l":[]}"#, "l"), ["a list of 0", "a list of 1"]);
        assert_eq!(kinds(r#"{"s":"a b@ü"}"#, "s").len(), 4);
        let found = features(br#"{"email":"ann@example.org"}"#, 0);
        assert!(found.iter().all(|one| !one.kind.contains("ann")), "{found:?}");
    }
}
