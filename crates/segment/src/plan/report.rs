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
    findings: BTreeMap<(Kind, String), u64>,
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
        let mut found: Vec<_> =
            violations.iter().map(|violation| (violation.kind, field(violation))).collect();
        found.sort();
        found.dedup();
        for finding in found {
            self.count(finding);
        }
    }

    fn count(&mut self, finding: (Kind, String)) {
        let known = self.findings.contains_key(&finding) || self.findings.len() < MAX_NAMES;
        let finding = if known { finding } else { (finding.0, REST.to_owned()) };
        *self.findings.entry(finding).or_default() += 1;
    }

    fn row(&self, event: &str) -> Row {
        let finding = |((kind, field), count): (&(Kind, String), &u64)| Finding {
            kind: *kind,
            field: field.clone(),
            count: *count,
        };
        let mut findings: Vec<Finding> = self.findings.iter().map(finding).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.count));
        Row {
            event: event.to_owned(),
            messages: self.messages,
            violating: self.violating,
            share: self.violating as f64 / self.messages.max(1) as f64,
            findings,
            example: self.example.clone(),
        }
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
