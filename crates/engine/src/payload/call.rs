//! What a flow sees of one of Segment's calls: the message as it came, so that a mapping pasted from a Segment destination
//! finds everything where it looks for it.
//!
//! One thing is made even: `userId` and `anonymousId` are text. Shops send numbers, and libraries send empty text for
//! "nobody", which `@if exists` would take for somebody.

use causeway_mapping::{Object, Value};
use causeway_segment::time;

const IDS: [&str; 2] = ["userId", "anonymousId"];

/// Builds what flows see of a message; nothing if it is no object.
pub fn of_call(message: Value<'_>) -> Option<Value<'_>> {
    let Value::Object(mut message) = message else { return None };
    for key in IDS {
        even(&mut message, key);
    }
    Some(Value::Object(message))
}

fn even(message: &mut Object<'_>, key: &'static str) {
    match message.get(key) {
        Some(Value::String(id)) if !id.is_empty() => {}
        Some(Value::Number(id)) => _ = message.insert(key, Value::from(id.to_string())),
        _ => _ = message.remove(key),
    }
}

/// The `anonymousId` and the `userId` of what flows see.
pub fn ids_of_call<'p>(payload: &'p Value<'_>) -> (Option<&'p str>, Option<&'p str>) {
    let id = |key| payload.get(key).and_then(Value::as_str);
    (id("anonymousId"), id("userId"))
}

/// The call's own time, in milliseconds since the Unix epoch.
pub fn time_of_call(payload: &Value<'_>) -> Option<i64> {
    payload.get("timestamp").and_then(Value::as_str).and_then(time::parse)
}
