//! What is put around a mapped message before it goes to Segment: ids, time, person, and the marks by which Causeway
//! knows its own again.

use super::compiled::Stamp;
use crate::event;
use causeway_mapping::{Object, Value};
use causeway_segment::{message, time};

const RESERVED: [&str; 7] =
    ["type", "messageId", "timestamp", "anonymousId", "userId", "context", "integrations"];

/// Writes the whole message: first what every message has, then what the mapping made. A mapping may set `type`,
/// `timestamp`, `anonymousId`, `userId`, and add to `context` and `integrations`; `messageId` and the marks are ours.
pub(super) fn write(mapped: &Object<'_>, stamp: &Stamp<'_>, flow: u16, index: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":");
    write_or(mapped, "type", "\"track\"", out);
    for (key, value) in mapped.iter().filter(|(key, _)| !RESERVED.contains(key)) {
        out.push(b',');
        write_text(key, out);
        out.push(b':');
        value.write_json(out);
    }
    out.extend_from_slice(b",\"messageId\":\"");
    event::write_message_id(stamp.event, flow, index, out);
    out.extend_from_slice(b"\",\"timestamp\":");
    write_timestamp(mapped, stamp, out);
    write_person(mapped, "anonymousId", stamp.anonymous, out);
    write_person(mapped, "userId", stamp.user, out);
    write_context(mapped, stamp, out);
    write_integrations(mapped, out);
    out.push(b'}');
}

/// Something in what a mapping makes that is not sent.
pub(super) struct Dropped<'m> {
    /// Where.
    pub(super) place: String,
    pub(super) value: &'m Value<'m>,
    /// Why not.
    pub(super) reason: &'static str,
}

/// Everything that [`write`] drops, null apart: null stands for nothing.
pub(super) fn dropped<'m>(mapped: &'m Object<'m>, stamp: &Stamp<'_>) -> Vec<Dropped<'m>> {
    let (any, not_text, not_object): (Drops, Drops, Drops) =
        (|_| true, |value| !matches!(value, Value::String(_)), |value| !matches!(value, Value::Object(_)));
    let algolia: Drops = if stamp.algolia.is_some() { any } else { |_| false };
    let rules: [Rule; 7] = [
        (&["messageId"], any, OURS),
        (&["timestamp"], not_text, "is no text: the event's own time takes its place"),
        (&["context"], not_object, "is no object and is left out"),
        (&["context", "algolia"], algolia, OURS),
        (&["context", "integration"], any, OURS),
        (&["integrations"], not_object, "is no object and is left out"),
        (&["integrations", message::ALGOLIA_INTEGRATION], any, OURS),
    ];
    let drop = |(path, drops, reason): Rule| {
        let value = inside(mapped, path).filter(|value| **value != Value::Null && drops(value))?;
        Some(Dropped { place: path.join("."), value, reason })
    };
    rules.into_iter().filter_map(drop).collect()
}

/// A place, which values are dropped there, and why.
type Rule = (&'static [&'static str], Drops, &'static str);

type Drops = fn(&Value<'_>) -> bool;

const OURS: &str = "is Causeway's own to set: a mapping's is left out";

fn inside<'m>(mapped: &'m Object<'m>, path: &[&str]) -> Option<&'m Value<'m>> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(mapped.get(first)?, |value, key| value.get(key))
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    Value::String(text.into()).write_json(out);
}

fn write_or(mapped: &Object<'_>, key: &str, default: &str, out: &mut Vec<u8>) {
    match mapped.get(key) {
        Some(value) if *value != Value::Null => value.write_json(out),
        _ => out.extend_from_slice(default.as_bytes()),
    }
}

fn write_timestamp(mapped: &Object<'_>, stamp: &Stamp<'_>, out: &mut Vec<u8>) {
    if let Some(value @ Value::String(_)) = mapped.get("timestamp") {
        return value.write_json(out);
    }
    out.push(b'"');
    time::write(stamp.time, out);
    out.push(b'"');
}

fn write_person(mapped: &Object<'_>, key: &str, known: Option<&str>, out: &mut Vec<u8>) {
    let own = mapped.get(key).filter(|value| **value != Value::Null);
    if own.is_none() && known.is_none() {
        return;
    }
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    match (own, known) {
        (Some(value), _) => value.write_json(out),
        (None, Some(id)) => write_text(id, out),
        (None, None) => {}
    }
}

fn write_context(mapped: &Object<'_>, stamp: &Stamp<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"context\":{");
    let ours: &[&str] = if stamp.algolia.is_some() { &["algolia", "integration"] } else { &["integration"] };
    write_others(mapped, "context", ours, out);
    if let Some(algolia) = stamp.algolia {
        out.extend_from_slice(b"\"algolia\":");
        algolia.write_json(out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"integration\":{\"name\":\"");
    out.extend_from_slice(message::MARK.as_bytes());
    out.extend_from_slice(concat!("\",\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}}").as_bytes());
}

fn write_integrations(mapped: &Object<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"integrations\":{");
    write_others(mapped, "integrations", &[message::ALGOLIA_INTEGRATION], out);
    out.push(b'"');
    out.extend_from_slice(message::ALGOLIA_INTEGRATION.as_bytes());
    out.extend_from_slice(b"\":false}");
}

/// Writes the entries that the mapping put into this object, but for ours, each followed by a comma.
fn write_others(mapped: &Object<'_>, key: &str, ours: &[&str], out: &mut Vec<u8>) {
    let Some(Value::Object(object)) = mapped.get(key) else { return };
    for (key, value) in object.iter().filter(|(key, _)| !ours.contains(key)) {
        write_text(key, out);
        out.push(b':');
        value.write_json(out);
        out.push(b',');
    }
}

/// Sets a top-level key; answers what stood there.
pub(super) fn put<'v>(payload: &mut Value<'v>, key: &'static str, value: Value<'v>) -> Option<Value<'v>> {
    if let Value::Object(object) = payload { object.insert(key, value) } else { None }
}

/// Puts back what stood at a top-level key, or nothing.
pub(super) fn restore<'v>(payload: &mut Value<'v>, key: &'static str, former: Option<Value<'v>>) {
    match (payload, former) {
        (Value::Object(object), Some(former)) => _ = object.insert(key, former),
        (Value::Object(object), None) => _ = object.remove(key),
        _ => {}
    }
}

/// What stands at a path of names.
pub(super) fn at<'p, 'v>(
    payload: &'p Value<'v>,
    path: impl IntoIterator<Item = impl AsRef<str>>,
) -> Option<&'p Value<'v>> {
    path.into_iter().try_fold(payload, |place, name| place.get(name.as_ref()))
}
