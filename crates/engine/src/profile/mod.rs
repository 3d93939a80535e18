//! What is known of people: traits and audiences, each with the time it was said.
//!
//! A [`Profile`] holds what was said of *one identifier*; a person's [`View`] joins those of all the person's
//! identifiers when somebody asks. Nothing is copied from one to the other when identifiers turn out to be one person,
//! so a link can be undone, and the outcome is the same in whatever order things arrive: the last write by event time
//! wins.

mod affinity;
mod held;
mod membership;
mod personal;
mod sync;
mod traits;
mod view;

pub use affinity::{Affinity, EVENT_NAME};
pub use held::{Held, held_key};
pub use membership::Membership;
pub use personal::{Keep, PERSONAL_TRAITS};
pub use sync::{AUDIENCES, Sync, What};
pub use traits::{MAX_TRAIT_BYTES, MAX_TRAITS, Trait};
pub use view::View;

use crate::identity::Kind;
use membership::Changes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use traits::Versions;

/// At most this many audiences are remembered for an identifier: those that changed last.
pub const MAX_AUDIENCES: usize = 500;

/// The key under which the profile of an identifier is kept.
pub fn key(kind: Kind, id: &str) -> Vec<u8> {
    let prefix: &[u8] = match kind {
        Kind::Anonymous => b"profile/a/",
        Kind::User => b"profile/u/",
    };
    [prefix, id.as_bytes()].concat()
}

/// How much of what was said under one name is remembered. An anonymous id may turn out to have belonged to several people,
/// each of whom keeps what was said in their time; a user id belongs to one.
fn versions(kind: Kind) -> usize {
    match kind {
        Kind::Anonymous => 8,
        Kind::User => 1,
    }
}

/// What was said of one identifier.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    traits: BTreeMap<String, Versions>,
    /// By Segment's audience key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    audiences: BTreeMap<String, Changes>,
}

impl Profile {
    /// Reads what was stored; anything else is an empty profile.
    pub fn decode(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a profile is plain data")
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.traits.is_empty() && self.audiences.is_empty()
    }

    /// Whether anything that is remembered was said before this instant.
    pub(crate) fn is_older(&self, at: i64) -> bool {
        self.traits.values().flatten().any(|version| version.at < at)
            || self.audiences.values().any(|changes| changes.is_older(at))
    }

    /// Notes a trait that was said at `at` (milliseconds since the Unix epoch); null takes it away. Answers whether
    /// anything is different now, if only the time.
    pub fn learn_trait(&mut self, kind: Kind, name: &str, value: Value, at: i64) -> bool {
        let learned = traits::learn(&mut self.traits, versions(kind), name, value, at);
        learned && traits::bound(&mut self.traits)
    }

    /// Notes that an audience was entered or left at `at`. Answers whether anything is different now.
    pub fn learn_membership(&mut self, kind: Kind, key: &str, member: bool, at: i64) -> bool {
        if key.len() > traits::MAX_NAME {
            return false;
        }
        let learned = self.audiences.entry(key.to_owned()).or_default().learn(versions(kind), member, at);
        if self.audiences.len() > MAX_AUDIENCES {
            membership::drop_oldest(&mut self.audiences);
        }
        learned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_last_write_by_event_time_wins_whatever_came_last() {
        let mut profile = Profile::default();
        assert!(profile.learn_trait(Kind::User, "plan", json!("gold"), 200));
        assert!(!profile.learn_trait(Kind::User, "plan", json!("free"), 100));
        assert!(!profile.learn_trait(Kind::User, "plan", json!("gold"), 200));
        assert!(profile.learn_trait(Kind::User, "plan", json!("gold"), 300));
        assert!(!profile.learn_trait(Kind::User, "plan", json!("basic"), 250));
        let mut view = View::default();
        view.join(&profile, |_| true);
        assert_eq!(view.traits["plan"].value, json!("gold"));
    }

    #[derive(Debug, Clone)]
    enum Said {
        Trait(u8, u8, i64),
        Audience(u8, bool, i64),
    }

    fn said() -> impl Strategy<Value = Said> {
        prop_oneof![
            (0..3_u8, 0..4_u8, 0..6_i64).prop_map(|(name, value, at)| Said::Trait(name, value, at)),
            (0..3_u8, any::<bool>(), 0..6_i64).prop_map(|(key, member, at)| Said::Audience(key, member, at)),
        ]
    }

    fn profile(all: &[Said]) -> Profile {
        let mut profile = Profile::default();
        for said in all {
            match *said {
                Said::Trait(name, 0, at) => {
                    profile.learn_trait(Kind::User, &name.to_string(), Value::Null, at)
                }
                Said::Trait(name, value, at) => {
                    profile.learn_trait(Kind::User, &name.to_string(), json!(value), at)
                }
                Said::Audience(key, member, at) => {
                    profile.learn_membership(Kind::User, &key.to_string(), member, at)
                }
            };
        }
        profile
    }

    proptest! {
        #[test]
        fn a_profile_is_the_same_in_every_order_of_arrival(
            (all, shuffled) in prop::collection::vec(said(), 0..12)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let (one, other) = (profile(&all), profile(&shuffled));
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(Profile::decode(&one.encode()), one);
        }
    }
}
