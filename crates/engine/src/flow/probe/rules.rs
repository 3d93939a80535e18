//! Which values a directive changes the type of, leaves out, or leaves as they are though it is there to change them.
//!
//! What is not here keeps its value, or changes it as it says: `@path`, `@literal`, `@arrayPath` of a list, `@if`, `@transform`,
//! `@excludeWhenNull`, `@json` that encodes, and numbers and booleans in texts.

use crate::flow::lint::{Kind, Level};
use causeway_mapping::Value;

/// What a directive does to values of a kind.
#[derive(Debug)]
pub(in crate::flow) struct Rule {
    pub(in crate::flow) kind: Kind,
    pub(in crate::flow) level: Level,
    /// Whether a value, or nothing, is of the kind.
    pub(super) applies: fn(Option<&Value<'_>>) -> bool,
    /// What becomes of it.
    pub(in crate::flow) says: &'static str,
    /// What to do about it.
    pub(in crate::flow) fix: &'static str,
}

pub(super) const TEMPLATE: &[Rule] = &[Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| matches!(value, Some(Value::Object(_) | Value::Array(_))),
    says: "is an object or a list and became text",
    fix: "name a part of it, or encode it with @json",
}];

pub(super) const REPLACE: &[Rule] = &[
    Rule {
        kind: Kind::Coerced,
        level: Level::Note,
        applies: |value| matches!(value, Some(Value::Number(_) | Value::Bool(_))),
        says: "is a number or a boolean and became text",
        fix: "take the @replace away if the type matters",
    },
    Rule {
        kind: Kind::Cut,
        level: Level::Problem,
        applies: |value| matches!(value, Some(Value::Object(_) | Value::Array(_))),
        says: "is an object or a list and became an empty text",
        fix: "give @replace a text",
    },
    Rule {
        kind: Kind::Coerced,
        level: Level::Note,
        applies: |value| matches!(value, None | Some(Value::Null)),
        says: "is missing or null and became an empty text",
        fix: "put the @replace into an @if that asks whether it exists",
    },
];

pub(super) const CASE: &[Rule] = &[Rule {
    kind: Kind::Unchanged,
    level: Level::Note,
    applies: is_other_than_text,
    says: "is no text and stayed as it is",
    fix: "take the @case away, or give it a text",
}];

pub(super) const MERGE: &[Rule] = &[
    Rule {
        kind: Kind::Coerced,
        level: Level::Problem,
        applies: |value| matches!(value, Some(Value::String(_) | Value::Array(_))),
        says: "is a list or a text, and its items became members named 0, 1 and so on",
        fix: "merge objects only",
    },
    Rule {
        kind: Kind::Cut,
        level: Level::Problem,
        applies: |value| matches!(value, Some(Value::Number(_) | Value::Bool(_))),
        says: "is no object and was left out",
        fix: "merge objects only, or put it into an object under a name",
    },
];

pub(super) const SHAPED_LIST: &[Rule] = &[
    Rule {
        kind: Kind::Coerced,
        level: Level::Note,
        applies: |value| matches!(value, Some(Value::Object(_))),
        says: "is a single object and became a list of one",
        fix: "shape it without @arrayPath if no list is wanted",
    },
    Rule {
        kind: Kind::Unchanged,
        level: Level::Problem,
        applies: |value| matches!(value, Some(Value::String(_) | Value::Number(_) | Value::Bool(_))),
        says: "is neither a list nor an object and stayed as it is, without the shape",
        fix: "give @arrayPath the path of a list",
    },
];

pub(super) const LIST: &[Rule] = &[Rule {
    kind: Kind::Unchanged,
    level: Level::Note,
    applies: |value| !matches!(value, None | Some(Value::Null | Value::Array(_))),
    says: "is no list and stayed as it is",
    fix: "give @arrayPath the path of a list, or write @path",
}];

pub(super) const FLATTEN: &[Rule] = &[Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| !matches!(value, None | Some(Value::Object(_) | Value::Array(_))),
    says: FLAT,
    fix: "give @flatten an object",
}];

pub(super) const FLATTEN_WITHOUT_LISTS: &[Rule] = &[Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| !matches!(value, None | Some(Value::Object(_))),
    says: FLAT,
    fix: "give @flatten an object",
}];

const FLAT: &str = "is no object and became a member without a name";

pub(super) const DECODE: &[Rule] = &[
    Rule {
        kind: Kind::Unchanged,
        level: Level::Problem,
        applies: |value| matches!(value, Some(Value::String(text)) if Value::parse(text.as_bytes()).is_err()),
        says: "is no JSON and stayed the text that it is",
        fix: "give @json a text that is JSON",
    },
    Rule {
        kind: Kind::Unchanged,
        level: Level::Note,
        applies: is_other_than_text,
        says: "is no text and stayed as it is",
        fix: "take the @json away, or give it a text",
    },
];

pub(super) const BLANK: &[Rule] = &[Rule {
    kind: Kind::Surprising,
    level: Level::Note,
    applies: |value| match value {
        Some(Value::Bool(flag)) => !flag,
        Some(Value::Number(number)) => number.as_f64() == 0.0,
        _ => false,
    },
    says: "is 0 or false, which count as blank",
    fix: "ask whether it exists instead, if 0 and false are values that count",
}];

pub(super) static LIQUID_OUTPUT: Rule = Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| value.is_some(),
    says: "is an object or a list and became text",
    fix: "name a part of it, or use the filter json or join",
};

pub(super) static LIQUID_TEXT: Rule = Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| value.is_some(),
    says: "was given an object or a list, which became text",
    fix: "give the filter a text, or use json or join before it",
};

pub(super) static LIQUID_NUMBER: Rule = Rule {
    kind: Kind::Coerced,
    level: Level::Problem,
    applies: |value| value.is_some(),
    says: "was given something that is no number, which counts as 0",
    fix: "give the filter a number",
};

fn is_other_than_text(value: Option<&Value<'_>>) -> bool {
    !matches!(value, None | Some(Value::Null | Value::String(_)))
}
