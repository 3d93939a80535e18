//! The flow file: what users write, export, import and version.

use super::consent::{Categories, ConsentMissing};
use super::route::{Destination, Source};
use causeway_segment::plan::{Action, Policy};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A flow as its file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Letters, digits, `-` and `_`, at most 64; shown in the ledger, in traces and dead letters.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it runs.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Whose events it sees: `algolia` or `segment`.
    #[serde(default = "algolia")]
    pub source: String,
    /// Where what it makes goes: `segment` or `insights`.
    #[serde(default = "segment")]
    pub destination: String,
    /// Consent categories that must all be agreed to; for flows that see Segment's calls.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub consent: Categories,
    /// What becomes of a call that carries no consent preferences.
    #[serde(default, skip_serializing_if = "is_default")]
    pub consent_missing: ConsentMissing,
    /// FQL; the flow sees only events that match. Without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Path of a list; the mapping then runs once per item, which it finds at `$.item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Segment's tracking plan: the name of a file with its JSON, relative to the flow's own file, or that JSON itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// What a message that violates the plan comes to.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_violation: OnViolation,
    /// Values that the trigger and the mapping find at `$.settings`. A flow to `insights` also takes
    /// [some of them](super::insights) as its own.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Mapping Kit directives, for a flow with a single mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<serde_json::Value>,
    /// Several triggers with a mapping each, like the subscriptions of a Segment destination: every one that matches
    /// makes its message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<SubscriptionDefinition>,
}

/// One trigger with its mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionDefinition {
    /// What it is called in traces and error messages.
    pub name: String,
    /// FQL; without it every event of the flow matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Path of a list to run once per item of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Mapping Kit directives.
    pub mapping: serde_json::Value,
}

/// What becomes of a message that violates the flow's tracking plan: one word for all, or a word for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OnViolation {
    /// `"block"` (a dead letter that names the violations), `"flag"` (sent, listed in `context.protocols`), `"strip"`
    /// (sent without what is at fault) or `"pass"`.
    All(Action),
    /// The same, by kind of violation.
    Each(Policy),
}

/// Written by hand so that a wrong word is named with the right ones.
impl<'de> Deserialize<'de> for OnViolation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrTable)
    }
}

struct WordOrTable;

impl<'de> Visitor<'de> for WordOrTable {
    type Value = OnViolation;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("block, flag, strip or pass, or a table with one of them for each kind of violation")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<OnViolation, E> {
        Action::deserialize(word.into_deserializer()).map(OnViolation::All)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<OnViolation, A::Error> {
        Policy::deserialize(MapAccessDeserializer::new(members)).map(OnViolation::Each)
    }
}

impl Default for OnViolation {
    fn default() -> Self {
        Self::All(Action::default())
    }
}

impl From<OnViolation> for Policy {
    fn from(on_violation: OnViolation) -> Self {
        match on_violation {
            OnViolation::All(action) => action.into(),
            OnViolation::Each(policy) => policy,
        }
    }
}

/// Gives the text of a tracking plan by the name that the flow file has for it.
pub type PlanSource<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// What is wrong with a flow file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("flow {flow:?}: {place}: {message}")]
pub struct Fault {
    /// The flow's name, or the file's.
    pub flow: String,
    /// The key at fault.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Definition {
    /// Reads a flow file: TOML, or the same as a JSON object.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Vec<Fault>> {
        if is_json(text) {
            return serde_json::from_str(text).map_err(|error| vec![unreadable_json(origin, &error)]);
        }
        toml::from_str(text).map_err(|error| vec![unreadable(origin, text, &error)])
    }

    /// Writes the flow file: TOML, or JSON where TOML has no word for a value (null).
    pub fn to_text(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_else(|_| format!("{:#}\n", serde_json::json!(self)))
    }

    /// The tracking plan's JSON, if it stands in the definition itself.
    pub fn inline_plan(&self) -> Option<&str> {
        self.plan.as_deref().filter(|plan| plan.trim_start().starts_with(['{', '[']))
    }

    /// The subscriptions, the short form with a single mapping included.
    pub(super) fn all_subscriptions(&self) -> Vec<SubscriptionDefinition> {
        let single = self.mapping.clone().map(|mapping| SubscriptionDefinition {
            name: self.name.clone(),
            trigger: None,
            each: self.each.clone(),
            mapping,
        });
        single.into_iter().chain(self.subscriptions.iter().cloned()).collect()
    }
}

/// No TOML document starts like this.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn unreadable_json(origin: &str, error: &serde_json::Error) -> Fault {
    let place = format!("line {}", error.line());
    Fault { flow: origin.to_owned(), place, message: error.to_string() }
}

fn unreadable(origin: &str, text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    Fault {
        flow: origin.to_owned(),
        place: line.map_or_else(|| "file".to_owned(), |line| format!("line {line}")),
        message: error.message().to_owned(),
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_yes(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn algolia() -> String {
    Source::Algolia.name().to_owned()
}

fn segment() -> String {
    Destination::Segment.name().to_owned()
}
