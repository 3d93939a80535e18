//! Filters as types: lists of alternatives that must all hold, which is all that the vendor's syntax can say.

mod cursor;
mod parse;

pub(super) use parse::{expression, facet_list, numeric_list, tag_list};

/// A word of the vendor's for records' tags, which are filtered without being faceted.
pub(super) const TAGS: &str = "_tags";

/// What a filter parameter says: each clause must hold.
pub(super) type Filters = Vec<Clause>;
/// One of these must hold.
pub(super) type Clause = Vec<Literal>;

/// A condition, perhaps turned around, and what matching it is worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    pub(super) condition: Condition,
    pub(super) negated: bool,
    /// `<score=N>`; 1 where none is given.
    pub(super) score: u32,
}

/// What can be asked of a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// The attribute has this value, or is a list with it.
    Facet { attribute: String, value: String },
    /// The attribute is a number that compares so, or a list with one.
    Number { attribute: String, comparison: Comparison },
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Less(f64),
    AtMost(f64),
    Is(f64),
    IsNot(f64),
    AtLeast(f64),
    Greater(f64),
    /// Both ends included.
    Between(f64, f64),
}

/// "Comparisons are precise up to 3 decimals".
const PRECISION: f64 = 0.0005;

impl Comparison {
    pub(super) fn holds(self, number: f64) -> bool {
        match self {
            Self::Less(other) => number < other - PRECISION,
            Self::AtMost(other) => number < other + PRECISION,
            Self::Is(other) => (number - other).abs() < PRECISION,
            Self::IsNot(other) => (number - other).abs() >= PRECISION,
            Self::AtLeast(other) => number > other - PRECISION,
            Self::Greater(other) => number > other + PRECISION,
            Self::Between(low, high) => number > low - PRECISION && number < high + PRECISION,
        }
    }
}

impl Literal {
    const fn new(condition: Condition, negated: bool, score: u32) -> Self {
        Self { condition, negated, score }
    }

    /// Alternatives must be of the same sort.
    const fn is_numeric(&self) -> bool {
        matches!(self.condition, Condition::Number { .. })
    }
}
