//! What Engage sends to destinations: audiences and computed traits, as identify or as track, one message for each
//! identifier of the profile (engage/using-engage-data).

use crate::clock::iso;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_128;

/// The sandbox's space, in Engage's own shape.
const SPACE: &str = "spa_sandbox";

/// The two forms in which a destination may get them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    #[default]
    Identify,
    Track,
}

/// `computation_class`, in the words of the documents and of the framework's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    Audience,
    JourneyStep,
    Trait,
    ComputedTrait,
}

impl Class {
    /// Whether this is about being in or out, and not about a value.
    pub(crate) const fn is_membership(self) -> bool {
        matches!(self, Self::Audience | Self::JourneyStep)
    }
}

/// One identifier of a profile, or both together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Identifier {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anonymous_id: Option<String>,
}

/// A computation's new result for a profile.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Computation {
    /// In snake case, as `traits` and `properties` name it.
    pub(crate) key: String,
    pub(crate) class: Class,
    pub(crate) value: Value,
    pub(crate) form: Form,
    /// The name of a track call: configurable, so not to be relied on.
    pub(crate) event: String,
    /// The name of the destination in `integrations`.
    pub(crate) destination: String,
}

impl Computation {
    /// The message for one identifier. `number` tells messages of the same moment apart.
    pub(crate) fn message(&self, identifier: &Identifier, now_ms: i64, number: u64) -> Value {
        let mut message = json!({"type": self.kind()});
        let time = iso(now_ms);
        let stamps = ["originalTimestamp", "timestamp", "sentAt", "receivedAt"].map(|key| (key, json!(time)));
        let own = [("messageId", json!(self.message_id(identifier, now_ms, number))), ("version", json!(2))];
        let rest = [("context", self.context()), ("integrations", self.integrations())];
        let ids = json!(identifier);
        let ids = ids.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value.clone()));
        for (key, value) in ids.chain(self.content()).chain(rest).chain(own).chain(stamps) {
            message[key] = value;
        }
        message
    }

    const fn kind(&self) -> &'static str {
        match self.form {
            Form::Identify => "identify",
            Form::Track => "track",
        }
    }

    fn content(&self) -> Vec<(&'static str, Value)> {
        let result = Map::from_iter([(self.key.clone(), self.value.clone())]);
        let named = if self.class.is_membership() { "audience_key" } else { "trait_key" };
        let properties = [(named.to_owned(), json!(self.key))].into_iter().chain(result.clone());
        match self.form {
            Form::Identify => vec![("traits", Value::Object(result))],
            Form::Track => {
                vec![("event", json!(self.event)), ("properties", properties.collect::<Map<_, _>>().into())]
            }
        }
    }

    fn context(&self) -> Value {
        let prefix = if self.class.is_membership() { "aud" } else { "tra" };
        let id = format!("{prefix}_{:032x}", xxh3_128(self.key.as_bytes()));
        json!({"personas": {"computation_class": self.class, "computation_id": id, "computation_key": self.key,
            "namespace": SPACE, "space_id": SPACE}})
    }

    fn integrations(&self) -> Value {
        Map::from_iter([("All".to_owned(), json!(false)), (self.destination.clone(), json!(true))]).into()
    }

    fn message_id(&self, identifier: &Identifier, now_ms: i64, number: u64) -> String {
        let whole = format!("{self:?}{identifier:?}{now_ms}{number}");
        format!("personas_{:032x}", xxh3_128(whole.as_bytes()))
    }
}
