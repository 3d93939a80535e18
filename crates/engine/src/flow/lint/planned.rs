//! What violations of a tracking plan mean for the flow's author.

use super::{Finding, Kind, Level};
use causeway_segment::plan::{self, Action, Policy};

/// What a violation means, whatever is done about it. What the plan is told to let pass is only noted, but for a field
/// that the flow never fills.
pub(super) fn finding(row: &plan::Row, violation: &plan::Finding, policy: Policy) -> Finding {
    let never = violation.kind == plan::Kind::Required && violation.count == row.messages;
    let action = policy.about(violation.kind);
    let (kind, message) = match action {
        _ if never => (Kind::NeverFilled, "is required and never filled"),
        Action::Block => (Kind::Blocked, "makes dead letters: the plan doesn't allow it"),
        Action::Strip if can_be_stripped(violation) => cut(violation),
        _ => other(violation.kind),
    };
    let place = format!("plan {:?}: {}", row.event, violation.field);
    let level = if action == Action::Pass && !never { Level::Note } else { Level::Problem };
    let example = violation.example.clone();
    let found = Finding::new(kind, place, message.to_owned(), fix(violation.kind));
    found.at(level).times(violation.count, row.messages).with(example)
}

fn cut(violation: &plan::Finding) -> (Kind, &'static str) {
    let in_list = violation.field.split('.').any(|part| part == "$");
    let words = if in_list {
        "makes the whole list be left out: the plan doesn't allow it"
    } else {
        "is left out: the plan doesn't allow it"
    };
    (Kind::Cut, words)
}

/// Only what is there, in properties or traits, is left out; anything else is flagged.
fn can_be_stripped(violation: &plan::Finding) -> bool {
    let inside = ["properties.", "traits."].iter().any(|top| violation.field.starts_with(top));
    inside && violation.kind != plan::Kind::Required
}

fn other(kind: plan::Kind) -> (Kind, &'static str) {
    match kind {
        plan::Kind::Required => (Kind::SometimesMissing, "is required and sometimes missing"),
        plan::Kind::InvalidType => (Kind::OtherType, "has another type than planned"),
        plan::Kind::InvalidValue => (Kind::OtherValue, "has a value that the plan doesn't allow"),
        plan::Kind::UnplannedEvent | plan::Kind::UnplannedProperty => (Kind::Unplanned, "is not in the plan"),
    }
}

fn fix(kind: plan::Kind) -> &'static str {
    match kind {
        plan::Kind::Required => "map a value that is always there, or make the field optional in the plan",
        plan::Kind::InvalidType => "map a value of the planned type, or change the plan",
        plan::Kind::InvalidValue => {
            "map a value within the plan's list, pattern, format or range, or change the plan"
        }
        plan::Kind::UnplannedEvent => "name the event as the plan does, or add it to the plan",
        plan::Kind::UnplannedProperty => "take the property out, or add it to the plan",
    }
}
