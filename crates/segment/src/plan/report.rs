//! How well messages keep to a plan, per event.

use super::{Kind, Violation};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Names come from outside: beyond this many events (or findings of one event) the rest is counted together.
const MAX_NAMES: usize = 1_000;

/// The name under which the rest is counted.
const REST: &str = "(other)";

/// Counts of violations, in memory of bounded size.
#[derive(Debug, Clone, Default)]
pub struct Report {
    events: BTreeMap<String, Counts>,
}

#[derive(Debug, Clone, Default)]
struct Counts {
    messages: u64,
    violating: u64,
    findings: BTreeMap<(Kind, String), Seen>,
    example: Option<Value>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    messages: u64,
    example: Option<Value>,
}

/// One event's line in the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The track event, or the type in parentheses, such as `(identify)`.
    pub event: String,
    /// How many messages were checked.
    pub messages: u64,
    /// How many of them had a violation.
    pub violating: u64,
    /// `violating` as a share of `messages`, 0 to 1.
    pub share: f64,
    /// What was found, the most frequent first.
    pub findings: Vec<Finding>,
    /// The first message that had a violation.
    pub example: Option<Value>,
}

/// One kind of violation at one field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Where; an item's place in a list is written `$`, as Segment does.
    pub field: String,
    /// In how many messages at least once.
    pub count: u64,
    /// `count` as a share of the event's messages, 0 to 1.
    pub share: f64,
    /// The first value that was found there; nothing where something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Value>,
}

impl Report {
    /// Adds a checked message and what [`super::Plan::check`] found in it.
    pub fn add(&mut self, message: &Value, violations: &[Violation]) {
        let name = name(message);
        let known = self.events.contains_key(&name) || self.events.len() < MAX_NAMES;
        self.events.entry(if known { name } else { REST.to_owned() }).or_default().add(message, violations);
    }

    /// The lines, the event with the most violating messages first.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.events.iter().map(|(event, counts)| counts.row(event)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.violating));
        rows
    }
}

impl Counts {
    fn add(&mut self, message: &Value, violations: &[Violation]) {
        self.messages += 1;
        if violations.is_empty() {
            return;
        }
        self.violating += 1;
        self.example.get_or_insert_with(|| message.clone());
        let mut found: Vec<(Kind, String, &Violation)> =
            violations.iter().map(|violation| (violation.kind, field(violation), violation)).collect();
        found.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        found.dedup_by(|one, other| (one.0, &one.1) == (other.0, &other.1));
        for (kind, field, violation) in found {
            self.count((kind, field), violation, message);
        }
    }

    fn count(&mut self, finding: (Kind, String), violation: &Violation, message: &Value) {
        let known = self.findings.contains_key(&finding) || self.findings.len() < MAX_NAMES;
        let finding = if known { finding } else { (finding.0, REST.to_owned()) };
        let seen = self.findings.entry(finding).or_insert_with(|| Seen {
            messages: 0,
            example: violation.path.iter().try_fold(message, step).cloned(),
        });
        seen.messages += 1;
    }

    fn row(&self, event: &str) -> Row {
        let finding = |((kind, field), seen): (&(Kind, String), &Seen)| Finding {
            kind: *kind,
            field: field.clone(),
            count: seen.messages,
            share: share(seen.messages, self.messages),
            example: seen.example.clone(),
        };
        let mut findings: Vec<Finding> = self.findings.iter().map(finding).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.count));
        Row {
            event: event.to_owned(),
            messages: self.messages,
            violating: self.violating,
            share: share(self.violating, self.messages),
            findings,
            example: self.example.clone(),
        }
    }
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// One step into a message: a member's name, or an item's place.
fn step<'v>(holder: &'v Value, part: &String) -> Option<&'v Value> {
    match holder {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        holder => holder.get(part),
    }
}

fn name(message: &Value) -> String {
    let kind = message["type"].as_str().unwrap_or("unknown");
    match message["event"].as_str() {
        Some(event) if kind == "track" => event.to_owned(),
        _ => format!("({kind})"),
    }
}

fn field(violation: &Violation) -> String {
    let part = |part: &String| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) { "$".into() } else { part.clone() }
    };
    match violation.path.as_slice() {
        [] => violation.field.clone(),
        path => path.iter().map(part).collect::<Vec<_>>().join("."),
    }
}
