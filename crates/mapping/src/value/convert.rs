//! To and from `serde_json::Value`.

use std::borrow::Cow;

use super::{Number, Object, Value};

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        let float = || Number::from_f64(number.as_f64().unwrap_or_default());
        (number.as_u64().map(Number::from))
            .or_else(|| number.as_i64().map(Number::from))
            .or_else(float)
            .unwrap_or(Number::from(0_u64))
    }
}

impl<'a> From<&'a serde_json::Value> for Value<'a> {
    fn from(value: &'a serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => Value::Number(number.into()),
            serde_json::Value::String(text) => Value::String(Cow::Borrowed(text)),
            serde_json::Value::Array(items) => Value::Array(items.iter().map(Value::from).collect()),
            serde_json::Value::Object(members) => Value::Object(
                members.iter().map(|(key, member)| (key.as_str().into(), member.into())).collect(),
            ),
        }
    }
}

impl From<serde_json::Value> for Value<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(flag) => Value::Bool(flag),
            serde_json::Value::Number(number) => Value::Number((&number).into()),
            serde_json::Value::String(text) => Value::String(Cow::Owned(text)),
            serde_json::Value::Array(items) => Value::Array(items.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(key, member)| (Cow::Owned(key), member.into()))
                    .collect::<Object<'_>>(),
            ),
        }
    }
}

impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => flag.into(),
            Value::Number(number) => number.into(),
            Value::String(text) => text.into_owned().into(),
            Value::Array(items) => items.into_iter().map(serde_json::Value::from).collect(),
            Value::Object(object) => object
                .into_iter()
                .map(|(key, member)| (key.into_owned(), serde_json::Value::from(member)))
                .collect(),
        }
    }
}

impl From<&Value<'_>> for serde_json::Value {
    fn from(value: &Value<'_>) -> Self {
        value.borrowed().into()
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::String(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl<'a> From<Object<'a>> for Value<'a> {
    fn from(object: Object<'a>) -> Self {
        Value::Object(object)
    }
}

impl<'a> From<Vec<Value<'a>>> for Value<'a> {
    fn from(items: Vec<Value<'a>>) -> Self {
        Value::Array(items)
    }
}
