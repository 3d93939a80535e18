//! Tracking plans: which events and properties a workspace has agreed on.
//!
//! A [`Plan`] is read from the JSON of Segment's Public API and compiled once. [`Plan::check`] lists what a message does
//! against it, [`apply`] does about it what a [`Policy`] says, and a [`Report`] counts it per event.
//!
//! Rules are JSON Schema, draft-07, over the whole message. Sources: `segmentio/segment-docs`, `protocols/`, and the Public
//! API's SDKs.

mod action;
mod bounds;
mod field;
mod load;
mod report;
mod schema;
mod violation;

pub use action::{Action, Outcome, Policy, apply};
pub use field::Field;
pub use load::Error;
pub use report::{Finding, Report, Row};
pub use violation::{Kind, Violation};

use crate::message::Type;
use schema::{Described, Schema};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// At most so many violations of one message are found: a message of legal size has fewer, but for a hostile one.
const MAX_VIOLATIONS: usize = 1_000;

/// A compiled tracking plan.
#[derive(Debug)]
pub struct Plan {
    /// `tp_…`, where the file tells it.
    pub id: Option<String>,
    /// The plan's name, where the file tells it.
    pub name: Option<String>,
    common: Versions,
    track: BTreeMap<String, Versions>,
    others: BTreeMap<Type, Versions>,
}

impl Plan {
    /// Reads and compiles a plan: the answer of the Public API's list of rules (`{"data":{"rules":[…]}}`), a list of such
    /// answers where there were several pages, `{"rules":[…]}` or the rules alone; `tracking_plan` or `trackingPlan` beside
    /// the rules may carry `id` and `name`.
    pub fn load(json: &[u8]) -> Result<Plan, Error> {
        load::load(json)
    }

    /// The planned track events, in alphabetical order.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.track.keys().map(String::as_str)
    }

    /// What is planned in a track event's `properties`, its own rule's fields before the common ones; nothing for an event
    /// that isn't planned. Of several versions the oldest counts, as for messages that name none.
    pub fn fields(&self, event: &str) -> Option<Vec<Field>> {
        let own = self.track.get(event)?.pick(None);
        let mut fields: Vec<Field> = Vec::new();
        for field in own.iter().chain(self.common.pick(None)).flat_map(Schema::fields) {
            if fields.iter().all(|known| known.name != field.name) {
                fields.push(field.clone());
            }
        }
        Some(fields)
    }

    /// What the message does against the plan; empty if nothing, or if its type is none that plans know. The work is linear
    /// in the message: patterns are of the kind that can't blow up.
    pub fn check(&self, message: &Value) -> Vec<Violation> {
        let Some(kind) = message["type"].as_str().and_then(Type::parse) else { return Vec::new() };
        let version = message.pointer("/context/protocols/event_version").and_then(Value::as_i64);
        let common = self.common.pick(version);
        let own = self.own(kind, message).map_or(&[][..], |versions| versions.pick(version));
        let mut found: Vec<_> = common.iter().chain(own).flat_map(|schema| schema.check(message)).collect();
        found.extend(self.unplanned_event(kind, message));
        found.extend(unplanned_members(kind, message, common, own));
        found.truncate(MAX_VIOLATIONS);
        without_repeats(found)
    }

    /// Event names match exactly, in case and spacing.
    fn own(&self, kind: Type, message: &Value) -> Option<&Versions> {
        match kind {
            Type::Track => self.track.get(message["event"].as_str()?),
            other => self.others.get(&other),
        }
    }

    fn unplanned_event(&self, kind: Type, message: &Value) -> Option<Violation> {
        let unplanned = kind == Type::Track && self.own(kind, message).is_none();
        unplanned.then(|| Violation::unplanned_event(message["event"].as_str().unwrap_or_default()))
    }
}

/// The members of `properties` or `traits` that neither the message's own rules nor the common ones describe. A rule that
/// doesn't list what it allows doesn't forbid anything here.
fn unplanned_members(kind: Type, message: &Value, common: &[Schema], own: &[Schema]) -> Vec<Violation> {
    let content = kind.content();
    let Some(members) = message[content].as_object() else { return Vec::new() };
    let described = || common.iter().chain(own).map(|schema| schema.described(content));
    let says_nothing = |schema: &Schema| matches!(schema.described(content), Described::Not);
    if own.is_empty() || own.iter().any(says_nothing) || described().any(|it| matches!(it, Described::Open)) {
        return Vec::new();
    }
    let planned =
        |name: &str| described().any(|it| matches!(it, Described::Names(names) if names.contains(name)));
    let unplanned = members.keys().filter(|name| !planned(name));
    unplanned.map(|name| Violation::unplanned_property(content, name)).collect()
}

/// A common rule and an event's own can find the same.
fn without_repeats(mut found: Vec<Violation>) -> Vec<Violation> {
    if found.len() > 1 {
        let mut seen = HashSet::new();
        found.retain(|violation| seen.insert((violation.kind, violation.field.clone())));
    }
    found
}

/// All versions of one rule, oldest first.
#[derive(Debug, Default)]
struct Versions(Vec<(i64, Vec<Schema>)>);

impl Versions {
    /// The rules of the version that the message names; of the oldest if it names none or none that there is.
    fn pick(&self, version: Option<i64>) -> &[Schema] {
        let named = self.0.iter().find(|(number, _)| Some(*number) == version);
        named.or(self.0.first()).map_or(&[], |(_, schemas)| schemas)
    }

    fn add(&mut self, version: i64, schema: Schema) {
        match self.0.binary_search_by_key(&version, |(number, _)| *number) {
            Ok(at) => self.0[at].1.push(schema),
            Err(at) => self.0.insert(at, (version, vec![schema])),
        }
    }
}
