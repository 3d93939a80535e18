//! The profiles of one interface, by token.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The highest score of an affinity (Advanced: "1..20"; the classic interface names none).
const HIGHEST_SCORE: u32 = 20;

/// What is known of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Profile {
    /// Unix milliseconds; the latest.
    pub(super) last_event_ms: i64,
    /// Facet, value, and how many filter events named them.
    pub(super) scores: BTreeMap<String, BTreeMap<String, u32>>,
    /// Unix milliseconds; until then a deleted profile is still there.
    deleted_until: Option<i64>,
}

/// Profiles, bounded in number: at the limit new tokens get none.
#[derive(Debug)]
pub(super) struct Profiles {
    known: HashMap<String, Profile>,
    most: usize,
}

impl Profiles {
    pub(super) fn new(most: usize) -> Self {
        Self { known: HashMap::new(), most }
    }

    /// Learns from an event that came at `now`: it starts a profile, adds to one, or is swallowed by a deletion under way.
    pub(super) fn observe(&mut self, token: &str, event: &Value, now: i64) {
        if self.known.get(token).is_some_and(|profile| profile.is_gone(now)) {
            self.known.remove(token);
        }
        if let Some(profile) = self.slot(token)
            && profile.deleted_until.is_none()
        {
            profile.learn(event, now);
        }
    }

    /// The token's profile at `now`.
    pub(super) fn get(&self, token: &str, now: i64) -> Option<&Profile> {
        self.known.get(token).filter(|profile| !profile.is_gone(now))
    }

    /// Deletes the token's profile, if there is one, and tells when that will be done.
    pub(super) fn delete(&mut self, token: &str, now: i64, takes: Duration) -> i64 {
        let until = now.saturating_add(i64::try_from(takes.as_millis()).unwrap_or(i64::MAX));
        if let Some(profile) = self.known.get_mut(token) {
            profile.deleted_until = Some(until);
        }
        until
    }

    fn slot(&mut self, token: &str) -> Option<&mut Profile> {
        if self.known.len() < self.most || self.known.contains_key(token) {
            return Some(self.known.entry(token.to_owned()).or_default());
        }
        None
    }
}

impl Profile {
    fn is_gone(&self, now: i64) -> bool {
        self.deleted_until.is_some_and(|until| until <= now)
    }

    fn learn(&mut self, event: &Value, now: i64) {
        self.last_event_ms = self.last_event_ms.max(event["timestamp"].as_i64().unwrap_or(now));
        let filters = event["filters"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for filter in filters {
            let decoded = percent_decode_str(filter).decode_utf8_lossy();
            let Some((facet, value)) = decoded.split_once(':') else { continue };
            let score = self.scores.entry(facet.to_owned()).or_default().entry(value.to_owned()).or_default();
            *score = HIGHEST_SCORE.min(*score + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_deletion_takes_its_time_swallows_what_comes_meanwhile_and_then_lets_a_new_profile_start() {
        let mut profiles = Profiles::new(10);
        profiles.observe("t", &json!({"filters": ["brand%3AApple", "brand:Apple"], "timestamp": 5}), 10);
        assert_eq!(profiles.get("t", 10).unwrap().scores["brand"]["Apple"], 2);
        assert_eq!(profiles.delete("t", 20, Duration::from_millis(10)), 30);
        profiles.observe("t", &json!({"timestamp": 25}), 25);
        assert_eq!(profiles.get("t", 29).unwrap().last_event_ms, 5);
        assert_eq!(profiles.get("t", 30), None);
        profiles.observe("t", &json!({}), 31);
        assert_eq!(profiles.get("t", 31), Some(&Profile { last_event_ms: 31, ..Profile::default() }));
    }
}
