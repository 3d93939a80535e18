//! Filters of numbers: what is no number counts as 0.

use super::{filter, text::made};
use crate::{
    liquid::filter::{Call, Filter},
    text::{js_number, js_string},
    value::{Number, Value},
};

pub(super) const FILTERS: &[Filter] = &[
    filter("abs", 0, 0, |call| number(float(call.input.as_ref()).abs())),
    filter("at_least", 1, 1, |call| both(call, f64::max)),
    filter("at_most", 1, 1, |call| both(call, f64::min)),
    filter("ceil", 0, 0, |call| number(float(call.input.as_ref()).ceil())),
    filter("floor", 0, 0, |call| number(float(call.input.as_ref()).floor())),
    filter("round", 0, 1, round),
    filter("plus", 1, 1, |call| both(call, |left, right| left + right)),
    filter("minus", 1, 1, |call| both(call, |left, right| left - right)),
    filter("times", 1, 1, |call| both(call, |left, right| left * right)),
    filter("modulo", 1, 1, |call| both(call, |left, right| ((left % right) + right) % right)),
    filter("divided_by", 1, 2, |call| {
        let whole = float(call.argument(1)) != 0.0;
        both(call, |left, right| if whole { (left / right).floor() } else { left / right })
    }),
    filter("to_integer", 0, 0, |call| number(call.input.as_ref().map_or(f64::NAN, strict))),
];

fn both(call: &Call, operation: impl Fn(f64, f64) -> f64) -> Value<'static> {
    number(operation(float(call.input.as_ref()), float(call.argument(0))))
}

/// JavaScript's `Number(value) || 0`.
pub(super) fn float(value: Option<&Value<'_>>) -> f64 {
    let float = value.map_or(0.0, strict);
    if float.is_nan() { 0.0 } else { float }
}

/// JavaScript's `Number(value)`.
pub(in crate::liquid) fn strict(value: &Value<'_>) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(flag) => f64::from(*flag),
        Value::Number(number) => number.as_f64(),
        other => js_number(&js_string(other)),
    }
}

/// A number, or JavaScript's word for what JSON has no number for.
fn number(float: f64) -> Value<'static> {
    if float.is_nan() {
        return made("NaN");
    }
    let word = if float > 0.0 { "Infinity" } else { "-Infinity" };
    Number::from_f64(float).map_or_else(|| made(word), Value::Number)
}

pub(super) fn integer(whole: usize) -> Value<'static> {
    Value::Number(Number::from(whole as u64))
}

fn round(call: &Call) -> Value<'static> {
    let power = 10_f64.powf(float(call.argument(0)));
    let scaled = float(call.input.as_ref()) * power * (1.0 + f64::EPSILON);
    number((scaled + 0.5).floor() / power)
}
