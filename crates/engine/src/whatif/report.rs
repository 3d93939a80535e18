//! The difference, counted and with examples.

use super::changes;
use super::{Outcome, Outcomes};
use crate::event::EventId;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// So many examples are shown of each kind.
const EXAMPLES: usize = 3;

/// What a candidate changes.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The flow.
    pub flow: String,
    /// Events that came from this instant on, in milliseconds since the Unix epoch.
    pub since: i64,
    /// Until before this one.
    pub until: i64,
    /// Requests in the journal that were read.
    pub records: u64,
    /// Events in them.
    pub events: u64,
    /// As the flow runs now.
    pub before: Side,
    /// As the candidate would.
    pub after: Side,
    /// Events that something comes of only now.
    pub newly_accepted: Group,
    /// Events that only now become dead letters.
    pub newly_refused: Group,
    /// Events that nothing comes of any more, without being refused.
    pub no_longer_matched: Group,
    /// Events that the candidate no longer refuses.
    pub no_longer_refused: u64,
    /// Events of which the same comes.
    pub unchanged: u64,
    /// Events of which something else comes.
    pub changed: u64,
    /// The fields that are others, the most frequent first.
    pub fields: Vec<Changed>,
    /// Whether the candidate is worse: refuses what went through, or violates the plan more often.
    pub regression: bool,
}

/// What one of the two makes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Side {
    /// Events that something comes of.
    pub accepted: u64,
    /// Events that become dead letters.
    pub refused: u64,
    /// Messages.
    pub messages: u64,
    /// Bytes of messages.
    pub bytes: u64,
    /// Different people who are named, as Segment would count them: by userId, else by anonymousId.
    pub people: u64,
    /// Violations of the plan, whatever the flow does about them.
    pub violations: u64,
    /// The same by field and kind.
    pub violated: BTreeMap<String, u64>,
    #[serde(skip)]
    seen: HashSet<u64>,
}

/// Some events.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// Why, by how often; where there is a reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, u64>,
    /// A few of them.
    pub examples: Vec<Example>,
}

/// An event by its id, which `causeway trace` takes.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// The id.
    pub event: String,
    /// What would be sent: by the candidate, or by the flow where the candidate sends nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Why nothing would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A field that is another.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// Where: `properties.products[].price`.
    pub field: String,
    /// In how many events.
    pub count: u64,
    /// One of them.
    pub event: String,
    /// The value there now; nothing if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value that would be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Report {
    pub(super) fn new(flow: &str, (since, until): (i64, i64)) -> Self {
        Self {
            flow: flow.to_owned(),
            since,
            until,
            records: 0,
            events: 0,
            before: Side::default(),
            after: Side::default(),
            newly_accepted: Group::default(),
            newly_refused: Group::default(),
            no_longer_matched: Group::default(),
            no_longer_refused: 0,
            unchanged: 0,
            changed: 0,
            fields: Vec::new(),
            regression: false,
        }
    }

    pub(super) fn saw(&mut self, records: u64, events: u64) {
        self.records += records;
        self.events += events;
    }

    pub(super) fn add(&mut self, before: &Outcomes, after: &Outcomes) {
        let nothing = Outcome::default();
        let only_after = after.keys().filter(|event| !before.contains_key(event));
        for event in before.keys().chain(only_after) {
            let was = before.get(event).unwrap_or(&nothing);
            let is = after.get(event).unwrap_or(&nothing);
            self.before.add(was);
            self.after.add(is);
            self.compare(*event, was, is);
        }
    }

    fn compare(&mut self, event: EventId, was: &Outcome, is: &Outcome) {
        if was.refused.is_some() && is.refused.is_none() {
            self.no_longer_refused += 1;
        }
        match (&was.made, &is.made) {
            (None, Some(_)) => self.newly_accepted.add(event, is),
            (Some(_), None) if is.refused.is_none() => self.no_longer_matched.add(event, was),
            (Some((old, _)), Some((new, _))) => self.both(event, old, new),
            _ => {}
        }
        if was.refused.is_none() && is.refused.is_some() {
            self.newly_refused.add(event, is);
        }
    }

    fn both(&mut self, event: EventId, old: &[Value], new: &[Value]) {
        let changes = changes::between(old, new);
        if changes.is_empty() {
            self.unchanged += 1;
            return;
        }
        self.changed += 1;
        for (field, (before, after)) in changes {
            match self.fields.iter_mut().find(|known| known.field == field) {
                Some(known) => known.count += 1,
                None => {
                    self.fields.push(Changed { field, count: 1, event: event.to_string(), before, after });
                }
            }
        }
    }

    pub(super) fn finish(&mut self) {
        self.fields.sort_by(|one, other| other.count.cmp(&one.count).then(one.field.cmp(&other.field)));
        self.regression = self.newly_refused.count > 0 || self.after.violations > self.before.violations;
    }
}

impl Side {
    fn add(&mut self, outcome: &Outcome) {
        if let Some((messages, bytes)) = &outcome.made {
            self.accepted += 1;
            self.messages += messages.len() as u64;
            self.bytes += *bytes as u64;
            self.seen.extend(messages.iter().filter_map(person));
            self.people = self.seen.len() as u64;
        }
        self.refused += u64::from(outcome.refused.is_some());
        self.violations += outcome.violations.len() as u64;
        for violation in &outcome.violations {
            *self.violated.entry(violation.clone()).or_default() += 1;
        }
    }
}

fn person(message: &Value) -> Option<u64> {
    let ids = ["userId", "authenticatedUserToken", "anonymousId", "userToken"];
    let id = ids.iter().find_map(|key| message[key].as_str())?;
    Some(xxh3_64(id.as_bytes()))
}

impl Group {
    fn add(&mut self, event: EventId, outcome: &Outcome) {
        self.count += 1;
        if let Some(reason) = &outcome.refused {
            *self.reasons.entry(reason.clone()).or_default() += 1;
        }
        if self.examples.len() < EXAMPLES {
            let output = outcome.made.as_ref().map(|(messages, _)| Value::Array(messages.clone()));
            let reason = outcome.refused.clone();
            self.examples.push(Example { event: event.to_string(), output, reason });
        }
    }
}
