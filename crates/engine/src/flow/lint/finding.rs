//! What lint says.

use crate::flow::probe::{Probe, Watch};
use serde::Serialize;
use serde_json::Value as Json;
use std::fmt;

/// "Always" says something only after so many events.
const ALWAYS_FROM: u64 = 10;

/// Characters of an example that are shown to people.
const MAX_EXAMPLE: usize = 100;

/// Something that deserves a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing, in a stable word.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// Where in the flow.
    pub place: String,
    /// What happens there.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// How often it happened.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// The first value with which it happened, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Json>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something is lost or spoiled, or a part of the flow does nothing.
    Problem,
    /// It may well be meant.
    Note,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No event, or every event, passed a trigger or a condition.
    DeadCondition,
    /// A path never led to a value.
    NeverMatched,
    /// A field that the plan requires was never filled.
    NeverFilled,
    /// A field that the plan requires was not always filled.
    SometimesMissing,
    /// A field had another type than the plan says.
    OtherType,
    /// A field had a value that the plan doesn't allow.
    OtherValue,
    /// A value is left out: because of the plan, by a directive, because Causeway sets it, or because the destination
    /// has no place for it.
    Cut,
    /// Messages become dead letters because of the plan.
    Blocked,
    /// The plan has no such event, or no such property.
    Unplanned,
    /// A value changed its type.
    Coerced,
    /// A directive had nothing to do with a value.
    Unchanged,
    /// Something in events was left out or changed so that the destination takes the rest.
    Adjusted,
    /// Events became dead letters.
    Rejected,
    /// Something means something else than it seems to say.
    Surprising,
}

impl Finding {
    pub(super) fn new(kind: Kind, place: String, message: String, fix: &str) -> Self {
        Self {
            kind,
            level: Level::Problem,
            place,
            message,
            fix: fix.to_owned(),
            count: 0,
            of: 0,
            example: None,
        }
    }

    pub(super) fn times(self, count: u64, of: u64) -> Self {
        Self { count, of, ..self }
    }

    pub(super) fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    pub(super) fn with(self, example: Option<Json>) -> Self {
        Self { example, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.level == Level::Note {
            out.write_str("note: ")?;
        }
        write!(out, "{}: {}", self.place, self.message)?;
        if let Some(example) = &self.example {
            write!(out, ", as in {}", shortened(&example.to_string()))?;
        }
        write!(out, " ({} of {}); {}", self.count, self.of, self.fix)
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_EXAMPLE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A condition that was never true, or never false.
pub(super) fn dead(place: &str, words: &str, hits: u64, seen: u64) -> Option<Finding> {
    let always = hits == seen && seen >= ALWAYS_FROM;
    let (word, fix) = if always {
        ("always", "take it out, unless other events are to come")
    } else {
        ("never", "write it as the events have it, or take it out")
    };
    let message = format!("is {word} true{}{words}", if words.is_empty() { "" } else { ": " });
    let found = seen > 0 && (hits == 0 || always);
    found.then(|| Finding::new(Kind::DeadCondition, place.to_owned(), message, fix).times(hits, seen))
}

/// What was seen of a part of a mapping.
pub(super) fn of_probe(probe: &Probe, mapping: &str) -> Option<Finding> {
    let place = format!("{mapping}.{}", probe.place);
    let found = match probe.watch {
        Watch::Condition => return dead(&place, &probe.words, probe.hits, probe.seen),
        Watch::Comparison if probe.seen > 0 && probe.hits == 0 => {
            return dead(&place, &probe.words, 0, probe.seen);
        }
        Watch::Path if probe.seen > 0 && probe.hits == 0 => {
            let message = format!("{} never led to a value", probe.words);
            Finding::new(
                Kind::NeverMatched,
                place,
                message,
                "write the path as the events have it, or take it out",
            )
        }
        Watch::Value(rule) if probe.hits > 0 => {
            let message = format!("{} {}", probe.words, rule.says).trim().to_owned();
            Finding::new(rule.kind, place, message, rule.fix).at(rule.level)
        }
        _ => return None,
    };
    Some(found.times(probe.hits, probe.seen).with(probe.example.clone()))
}
