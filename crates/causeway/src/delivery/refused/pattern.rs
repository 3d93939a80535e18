//! What events that a vendor refused have in common, and others have not.

use super::feature::{Feature, features, is_value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many features are kept of a pattern.
pub(super) const MAX_FEATURES: usize = 16;

/// A value by itself says something only where there are few: of so many good events
const ENOUGH: usize = 20;
/// at most so many have different ones.
const FEW: usize = 8;

/// What one kind of refused events looks like. An event is suspected if any feature is its own; each good event that was
/// suspected takes its features out, so what is left is what the vendor minds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    /// Its id: that of the problem which its dead letters are.
    pub id: String,
    /// The flow.
    pub flow: String,
    /// The destination's name.
    pub destination: String,
    /// The vendor's words without what they quote.
    pub words: String,
    /// What is suspicious.
    pub features: BTreeSet<Feature>,
    /// How many events were refused.
    pub refused: u64,
    /// How many were sent alone because of it and taken.
    pub taken: u64,
    /// When the first was refused, in milliseconds since the Unix epoch.
    pub first: i64,
    /// When the last was.
    pub last: i64,
}

impl Pattern {
    /// Whether something with these features is set apart.
    pub(super) fn suspects(&self, features: &BTreeSet<Feature>) -> bool {
        !self.features.is_disjoint(features)
    }

    /// One more was refused: what it shares with those before is what the vendor minds.
    pub(super) fn refused_again(&mut self, features: &BTreeSet<Feature>, now: i64) {
        let shared: BTreeSet<Feature> = self.features.intersection(features).cloned().collect();
        if !shared.is_empty() {
            self.features = shared;
        }
        self.refused += 1;
        self.last = now;
    }

    /// One that was suspected was taken.
    pub(super) fn acquit(&mut self, features: &BTreeSet<Feature>) {
        self.features.retain(|feature| !features.contains(feature));
        self.taken += 1;
    }
}

/// What a refused event has and none of the good ones: of what the vendor's words name, if they name anything. Nothing if
/// there is nothing that it could be told by.
pub(super) fn telling(refused: &[u8], good: &[&[u8]], words: &str, now: i64) -> BTreeSet<Feature> {
    let mut own = features(refused, now);
    let mut usual = Usual::default();
    for messages in good {
        usual.add(features(messages, now));
    }
    own.retain(|feature| usual.tells(feature));
    let named: BTreeSet<Feature> = own.iter().filter(|one| names(words, &one.place)).cloned().collect();
    if !named.is_empty() {
        own = named;
    } else if good.is_empty() {
        own.clear();
    }
    own.into_iter().take(MAX_FEATURES).collect()
}

#[derive(Default)]
struct Usual {
    events: usize,
    features: BTreeSet<Feature>,
    values: BTreeMap<String, usize>,
}

impl Usual {
    fn add(&mut self, features: BTreeSet<Feature>) {
        self.events += 1;
        for feature in features {
            let (place, value) = (feature.place.clone(), is_value(&feature));
            if self.features.insert(feature) && value {
                *self.values.entry(place).or_default() += 1;
            }
        }
    }

    fn tells(&self, feature: &Feature) -> bool {
        if self.features.contains(feature) {
            return false;
        }
        let few = |place: &str| self.values.get(place).is_some_and(|values| *values <= FEW);
        !is_value(feature) || self.events >= ENOUGH && few(&feature.place)
    }
}

/// Whether the words name the field that stands at this place.
fn names(words: &str, place: &str) -> bool {
    let field = place.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    let mut all = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    !field.is_empty() && all.any(|word| word.eq_ignore_ascii_case(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(refused: &str, good: &[&str], words: &str) -> Vec<String> {
        let good: Vec<&[u8]> = good.iter().map(|text| text.as_bytes()).collect();
        let found = telling(refused.as_bytes(), &good, words, 0);
        found.into_iter().map(|feature| format!("{}: {}", feature.place, feature.kind)).collect()
    }

    #[test]
    fn what_tells_a_refused_event_is_what_no_good_one_has_and_the_vendor_names() {
        let good = [r#"{"price":5,"name":"abc"}"#, r#"{"price":7,"name":"abd"}"#];
        let refused = r#"{"price":-5,"name":"a name that is longer"}"#;
        assert_eq!(found(refused, &good, "price: must be positive"), ["price: a negative number"]);
        assert_eq!(found(refused, &good, "bad request").len(), 3);
        assert_eq!(found(refused, &[], "bad request"), [""; 0], "nothing to compare with, nothing named");
        assert!(!found(refused, &[], "bad price").is_empty());
    }

    #[test]
    fn a_value_counts_only_where_there_are_few() {
        let good: Vec<String> = (10..99).map(|id| format!(r#"{{"kind":"click","id":"{id}"}}"#)).collect();
        let good: Vec<&str> = good.iter().map(String::as_str).collect();
        let found = found(r#"{"kind":"klick","id":"01"}"#, &good, "no");
        assert!(matches!(&found[..], [one] if one.starts_with("kind: one value")), "{found:?}");
    }
}
