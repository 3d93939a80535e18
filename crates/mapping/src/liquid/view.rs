//! Values as the `liquid` crates look at them, with JavaScript's text of each.

use std::fmt;

use liquid_core::model::{
    ArrayView, DisplayCow, KStringCow, Object as LiquidObject, ObjectView, ScalarCow, State, Value as Liquid,
    ValueView,
};

use crate::{
    text::{is_js_space, js_string},
    value::{Number, Value},
};

/// What `LiquidJS` makes of a value in a text: nothing of nothing, arrays without commas.
pub(super) fn text(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect(),
        other => js_string(other).into_owned(),
    }
}

/// A value that a filter or condition was given; `None` where there is nothing, which is not the same as `null`.
pub(super) fn read(view: &dyn ValueView) -> Option<Value<'static>> {
    match (view.type_name(), view.to_value()) {
        // one of ours, which may be a text for the crates
        ("number", _) => Value::parse(view.to_kstr().as_bytes()).map(Value::into_owned).ok(),
        ("null", _) => Some(Value::Null),
        (_, Liquid::Nil) => None,
        (_, value) => Some(ours(value)),
    }
}

pub(super) fn ours(value: Liquid) -> Value<'static> {
    match value {
        Liquid::Nil => Value::Null,
        Liquid::State(_) => Value::from(""),
        Liquid::Array(items) => Value::Array(items.into_iter().map(ours).collect()),
        Liquid::Object(object) => {
            let json = object.into_iter().next().map(|(json, _)| json.to_string()).unwrap_or_default();
            Value::parse(json.as_bytes()).map(Value::into_owned).unwrap_or_default()
        }
        Liquid::Scalar(scalar) => match scalar.type_name() {
            "boolean" => Value::Bool(scalar.to_bool().unwrap_or_default()),
            "whole number" => Value::Number(scalar.to_integer().unwrap_or_default().into()),
            "fractional number" => {
                let float = scalar.to_float().unwrap_or_default();
                Number::from_f64(float).map_or_else(|| Value::from(float.to_string()), Value::Number)
            }
            _ => Value::from(scalar.into_string().to_string()),
        },
    }
}

/// A value for the crates. A float is a text already where Rust and JavaScript spell it differently. The crates keep no
/// order among an object's members, so an object is kept as its JSON, in the place of a single member's name.
pub(super) fn theirs(value: &Value<'_>) -> Liquid {
    match value {
        Value::Null => Liquid::Nil,
        Value::Bool(flag) => Liquid::scalar(*flag),
        Value::Number(number) => Liquid::Scalar(scalar(*number).into_owned()),
        Value::String(text) => Liquid::scalar(text.clone().into_owned()),
        Value::Array(items) => Liquid::Array(items.iter().map(theirs).collect()),
        Value::Object(_) => {
            let mut json = Vec::new();
            value.write_json(&mut json);
            let json = String::from_utf8_lossy(&json).into_owned();
            Liquid::Object([(json.into(), Liquid::Nil)].into_iter().collect::<LiquidObject>())
        }
    }
}

fn scalar(number: Number) -> ScalarCow<'static> {
    match number.as_i64() {
        Some(whole) => ScalarCow::new(whole),
        None if number.as_f64().to_string() == number.to_string() => ScalarCow::new(number.as_f64()),
        None => ScalarCow::new(number.to_string()),
    }
}

impl ValueView for Value<'_> {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        DisplayCow::Owned(Box::new(text(self)))
    }

    fn source(&self) -> DisplayCow<'_> {
        DisplayCow::Owned(Box::new(self.kind()))
    }

    fn type_name(&self) -> &'static str {
        self.kind()
    }

    fn query_state(&self, state: State) -> bool {
        match state {
            State::Truthy => !matches!(self, Value::Null | Value::Bool(false)),
            State::DefaultValue | State::Empty => is_empty(self),
            State::Blank => is_blank(self),
        }
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_string(text(self))
    }

    fn to_value(&self) -> Liquid {
        theirs(self)
    }

    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        match self {
            Value::Bool(flag) => Some(ScalarCow::new(*flag)),
            Value::Number(number) => Some(scalar(*number)),
            Value::String(text) => Some(ScalarCow::new(text.as_ref())),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<&dyn ArrayView> {
        None
    }

    fn as_object(&self) -> Option<&dyn ObjectView> {
        None
    }

    fn is_nil(&self) -> bool {
        *self == Value::Null
    }
}

/// Whether Segment's `empty` equals it.
pub(super) fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Whether Segment's `blank` equals it.
pub(super) fn is_blank(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.chars().all(is_js_space),
        other => is_empty(other),
    }
}
