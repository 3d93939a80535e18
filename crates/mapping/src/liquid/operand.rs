//! The sides of a comparison, compared as JavaScript compares them.

use std::cmp::Ordering;

use liquid_core::{
    Expression, Result, Runtime,
    model::{State, Value as Liquid},
};

use super::{
    filters::strict,
    view::{is_blank, is_empty, read},
};
use crate::{text::js_string, value::Value};

/// What `empty` and `blank` are as texts.
const EMPTY: Value<'static> = Value::String(std::borrow::Cow::Borrowed(""));

/// A side of a comparison.
pub(super) enum Operand {
    /// The words `nil` and `null`.
    Nil,
    Empty,
    Blank,
    /// A value, or `None` for a missing one.
    Value(Option<Value<'static>>),
}

impl Operand {
    pub(super) fn of(expression: &Expression, runtime: &dyn Runtime) -> Result<Operand> {
        Ok(match expression {
            Expression::Literal(Liquid::Nil) => Operand::Nil,
            Expression::Literal(Liquid::State(State::Empty)) => Operand::Empty,
            Expression::Literal(Liquid::State(_)) => Operand::Blank,
            other => Operand::Value(read(other.evaluate(runtime)?.as_view())),
        })
    }

    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Operand::Nil => false,
            Operand::Empty | Operand::Blank => true,
            Operand::Value(value) => !matches!(value, None | Some(Value::Null | Value::Bool(false))),
        }
    }

    pub(super) fn equals(&self, other: &Operand) -> bool {
        match (self, other) {
            (Operand::Value(left), Operand::Value(right)) => left
                .as_ref()
                .zip(right.as_ref())
                .map_or(left.is_none() && right.is_none(), |(left, right)| same(left, right)),
            (Operand::Nil, Operand::Nil) => true,
            (Operand::Nil, Operand::Value(value)) | (Operand::Value(value), Operand::Nil) => {
                matches!(value, None | Some(Value::Null))
            }
            (Operand::Empty, Operand::Value(value)) | (Operand::Value(value), Operand::Empty) => {
                value.as_ref().is_some_and(is_empty)
            }
            (Operand::Blank, Operand::Value(value)) | (Operand::Value(value), Operand::Blank) => {
                value.as_ref().is_none_or(is_blank)
            }
            _ => false,
        }
    }

    /// JavaScript's `<` and `>`: texts by their UTF-16 units, all else as numbers.
    pub(super) fn order(&self, other: &Operand) -> Option<Ordering> {
        let (Operand::Value(Some(left)), Operand::Value(Some(right))) = (self, other) else { return None };
        match (primitive(left), primitive(right)) {
            (Value::String(left), Value::String(right)) => {
                Some(left.encode_utf16().cmp(right.encode_utf16()))
            }
            (left, right) => strict(&left).partial_cmp(&strict(&right)),
        }
    }

    pub(super) fn contains(&self, other: &Operand) -> bool {
        let Operand::Value(Some(left)) = self else { return false };
        let right = match other {
            Operand::Value(right) => right.as_ref(),
            Operand::Nil => None,
            Operand::Empty | Operand::Blank => Some(&EMPTY),
        };
        match left {
            Value::Array(items) => right.is_some_and(|right| items.iter().any(|item| same(item, right))),
            Value::String(whole) => whole.contains(&*right.map_or("undefined".into(), js_string)),
            _ => false,
        }
    }
}

/// JavaScript's `===`, with arrays compared by their items.
fn same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(_), _) => false,
        (left, right) => left == right,
    }
}

/// What JavaScript compares in an object's place: its text.
fn primitive(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Array(_) | Value::Object(_) => Value::from(js_string(value).into_owned()),
        other => other.clone().into_owned(),
    }
}
