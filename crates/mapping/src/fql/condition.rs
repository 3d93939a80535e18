//! What a trigger says, in types that only hold what the language can say.

use super::field::Field;
use crate::value::Number;

/// A test, or several joined.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Group(Joint, Vec<Condition>),
    Test(Field, Test),
}

impl Condition {
    /// The tests in it, from left to right.
    pub(super) fn tests(&self) -> Vec<&Condition> {
        match self {
            Condition::Group(_, inner) => inner.iter().flat_map(Condition::tests).collect(),
            test @ Condition::Test(..) => vec![test],
        }
    }
}

/// How a group's conditions are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Joint {
    And,
    Or,
}

impl Joint {
    pub(super) fn word(self) -> &'static str {
        match self {
            Joint::And => "and",
            Joint::Or => "or",
        }
    }
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `= "text"`
    Equals(String),
    /// `!= "text"`, `!= true`
    NotEquals(Operand),
    /// `= 5`
    NumberEquals(Number),
    /// `!= 5`
    NumberNotEquals(Number),
    /// `< 5` and its kin
    Compare(Order, Operand),
    /// `contains(field, "text")`, `match(field, "text*")`, and their opposites
    Text { part: Part, negated: bool, text: String },
    /// `!= null`
    Exists,
    /// `= null`
    NotExists,
    /// `= true`, `= false`
    Is(bool),
}

/// What a field is tested against.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Text(String),
    Number(Number),
    Bool(bool),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Where in a field's text something is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Any,
    Start,
    End,
}

/// The tree's words for tests of text, without the `not_` of their opposites.
pub(super) const PARTS: [(Part, &str); 3] =
    [(Part::Any, "contains"), (Part::Start, "starts_with"), (Part::End, "ends_with")];

/// The comparisons with their spelling, in text and tree.
pub(super) const ORDERS: [(Order, &str); 4] =
    [(Order::Less, "<"), (Order::LessOrEqual, "<="), (Order::Greater, ">"), (Order::GreaterOrEqual, ">=")];

impl Order {
    pub(super) fn sign(self) -> &'static str {
        ORDERS.iter().find(|(order, _)| *order == self).map_or("", |(_, sign)| sign)
    }
}

impl Operand {
    /// What JavaScript's `String()` makes of it.
    pub(super) fn into_text(self) -> String {
        match self {
            Operand::Text(text) => text,
            Operand::Number(number) => number.to_string(),
            Operand::Bool(flag) => flag.to_string(),
        }
    }
}
