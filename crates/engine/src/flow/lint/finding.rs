//! What lint says.

use causeway_segment::plan::{self, Action, Policy};
use serde::Serialize;
use std::fmt;

/// Something that deserves a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing, in a stable word.
    pub kind: Kind,
    /// Where in the flow.
    pub place: String,
    /// In a sentence.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
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
    /// A field had another type than the plan says.
    OtherType,
    /// A value is left out because of the plan.
    Cut,
    /// Messages become dead letters because of the plan.
    Blocked,
    /// The plan has no such event, or no such property.
    Unplanned,
    /// An object or a list became text.
    Coerced,
    /// Events became dead letters.
    Rejected,
    /// A trigger means something else than it seems to say.
    Surprising,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} ({} of {})", self.place, self.message, self.count, self.of)
    }
}

/// What a violation means for the flow's author.
pub(super) fn of_plan(row: &plan::Row, finding: &plan::Finding, policy: Policy) -> Option<Finding> {
    let never = finding.count == row.messages;
    let action = policy.about(finding.kind);
    let (kind, words) = match finding.kind {
        plan::Kind::Required if never => (Kind::NeverFilled, "is required and never filled"),
        _ if action == Action::Block => (Kind::Blocked, "makes dead letters: the plan doesn't allow it"),
        plan::Kind::InvalidType | plan::Kind::InvalidValue | plan::Kind::UnplannedProperty
            if action == Action::Strip =>
        {
            (Kind::Cut, "is left out: the plan doesn't allow it")
        }
        plan::Kind::UnplannedEvent | plan::Kind::UnplannedProperty => (Kind::Unplanned, "is not in the plan"),
        plan::Kind::InvalidType => (Kind::OtherType, "has another type than planned"),
        _ => return None,
    };
    let example = finding.example.as_ref().map(|example| format!(", as in {example}")).unwrap_or_default();
    Some(Finding {
        kind,
        place: format!("plan {:?}: {}", row.event, finding.field),
        message: format!("{words}{example}"),
        count: finding.count,
        of: row.messages,
    })
}
