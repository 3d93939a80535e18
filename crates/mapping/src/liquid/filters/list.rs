//! Filters of lists, and of texts taken as lists of their characters.

use super::{
    filter,
    number::{integer, strict},
    text::made,
};
use crate::{
    liquid::{
        filter::{Call, Filter},
        view::text,
    },
    text::{js_length, js_number, js_string},
    value::Value,
};

pub(super) const FILTERS: &[Filter] = &[
    filter("size", 0, 0, |call| {
        integer(match &call.input {
            Some(Value::String(text)) => js_length(text),
            Some(Value::Array(items)) => items.len(),
            _ => 0,
        })
    }),
    filter("first", 0, 0, |call| edge(call, <[Value<'_>]>::first, |units| units.first().copied())),
    filter("last", 0, 0, |call| edge(call, <[Value<'_>]>::last, |units| units.last().copied())),
    filter("join", 0, 1, join),
    filter("compact", 0, 0, |call| {
        Value::Array(items(call).into_iter().filter(|item| *item != Value::Null).collect())
    }),
    filter("split", 1, 1, split),
    filter("slice", 1, 2, slice),
];

fn items(call: &Call) -> Vec<Value<'static>> {
    match &call.input {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(other) => vec![other.clone()],
    }
}

fn edge(
    call: &Call,
    item: impl for<'i> Fn(&'i [Value<'static>]) -> Option<&'i Value<'static>>,
    unit: impl Fn(&[u16]) -> Option<u16>,
) -> Value<'static> {
    match &call.input {
        Some(Value::Array(items)) => item(items).cloned().unwrap_or_default(),
        Some(Value::String(text)) => {
            let units: Vec<u16> = text.encode_utf16().collect();
            made(unit(&units).map(|unit| String::from_utf16_lossy(&[unit])).unwrap_or_default())
        }
        _ => made(""),
    }
}

fn join(call: &Call) -> Value<'static> {
    let separator = match call.argument(0) {
        None | Some(Value::Null) => " ".to_owned(),
        Some(separator) => text(separator),
    };
    let word =
        |item: &Value<'_>| if *item == Value::Null { String::new() } else { js_string(item).into_owned() };
    made(items(call).iter().map(word).collect::<Vec<_>>().join(&separator))
}

/// As in Ruby, empty parts at the end are dropped.
fn split(call: &Call) -> Value<'static> {
    let (whole, separator) = (call.text(), call.argument_text(0));
    let mut parts: Vec<Value<'static>> = if separator.is_empty() {
        whole.chars().map(|character| Value::from(character.to_string())).collect()
    } else {
        whole.split(&separator).map(|part| Value::from(part.to_owned())).collect()
    };
    let kept = parts.iter().rposition(|part| part.as_str() != Some("")).map_or(0, |last| last + 1);
    parts.truncate(kept);
    Value::Array(parts)
}

fn slice(call: &Call) -> Value<'static> {
    let one = integer(1);
    let (begin, length) = (call.argument(0), call.argument(1).unwrap_or(&one));
    match &call.input {
        None | Some(Value::Null) => Value::Array(Vec::new()),
        Some(Value::Array(items)) => Value::Array(part(items, begin, length).to_vec()),
        Some(other) => {
            let units: Vec<u16> = text(other).encode_utf16().collect();
            made(String::from_utf16_lossy(part(&units, begin, length)))
        }
    }
}

/// So many items from a place, which counts from the end where it is negative. A place or length that is no number
/// means what it means in JavaScript.
fn part<'i, T>(items: &'i [T], begin: Option<&Value<'_>>, length: &Value<'_>) -> &'i [T] {
    let (start, count) = (begin.map_or(f64::NAN, strict), strict(length));
    let is_text = |value: &Value<'_>| matches!(value, Value::String(_) | Value::Array(_) | Value::Object(_));
    let joined = begin.filter(|begin| start >= 0.0 && (is_text(begin) || is_text(length)) || start.is_nan());
    let start = if start < 0.0 { items.len() as f64 + start } else { start };
    if start < 0.0 || count < 0.0 {
        return &[];
    }
    let end =
        joined.map_or(start + count, |begin| js_number(&[js_string(begin), js_string(length)].concat()));
    items.get(start as usize..(end as usize).min(items.len())).unwrap_or_default()
}
