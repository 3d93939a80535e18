//! A person as a whole: what was said of any of the identifiers.

use super::{Membership, Profile, Trait};
use causeway_mapping::Value;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// By name; never null.
    pub traits: BTreeMap<String, Trait>,
    /// By Segment's audience key, those that were left included.
    pub audiences: BTreeMap<String, Membership>,
}

impl View {
    /// Adds what was said of one identifier at the instants at which it belonged to the person.
    pub fn join(&mut self, profile: &Profile, mut belonged: impl FnMut(i64) -> bool) {
        for (name, versions) in &profile.traits {
            let Some(new) = versions.iter().rev().find(|version| belonged(version.at)) else { continue };
            match self.traits.get_mut(name) {
                Some(known) if !new.beats(known) => {}
                Some(known) => *known = new.clone(),
                None => drop(self.traits.insert(name.clone(), new.clone())),
            }
        }
        for (key, changes) in &profile.audiences {
            let membership = changes.at_times(&mut belonged);
            if membership != Membership::default() {
                let known = self.audiences.entry(key.clone()).or_default();
                *known = known.joined(membership);
            }
        }
    }

    /// The value of a trait, unless it was taken away.
    pub fn value(&self, name: &str) -> Option<&serde_json::Value> {
        self.traits.get(name).map(|known| &known.value).filter(|value| !value.is_null())
    }

    /// The audiences that the person is in, in order.
    pub fn members_of(&self) -> impl Iterator<Item = &str> {
        self.audiences.iter().filter(|(_, membership)| membership.is_member()).map(|(key, _)| key.as_str())
    }

    /// The person as triggers and templates see it: an identify call whose traits hold the audiences as well, each a
    /// boolean under its key, as Segment itself has them.
    pub fn payload(&self, user: Option<&str>, anonymous: Option<&str>) -> Value<'static> {
        let traits: Map<String, serde_json::Value> = self
            .traits
            .iter()
            .map(|(name, known)| (name.clone(), known.value.clone()))
            .chain(
                self.audiences.iter().map(|(key, membership)| (key.clone(), json!(membership.is_member()))),
            )
            .filter(|(_, value)| !value.is_null())
            .collect();
        let mut call = json!({"type": "identify", "traits": traits});
        let ids = [("userId", user), ("anonymousId", anonymous)];
        ids.into_iter().filter_map(|(key, id)| Some((key, id?))).for_each(|(key, id)| call[key] = json!(id));
        let text = call.to_string();
        Value::parse(text.as_bytes()).map_or(Value::Null, Value::into_owned)
    }
}
