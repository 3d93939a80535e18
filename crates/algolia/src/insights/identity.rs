//! A stable identity of an event's content.

use super::{Amount, Event, Object, Subject, filters};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

/// A 128-bit identity (XXH3) of what an event says: the same for the same content whatever the order of keys, the
/// white space, the escapes, the filters' wire form, or whether an amount came as number or string.
///
/// In it: kind, name, index, both tokens, timestamp (`default_timestamp` where the event has none: pass the time of
/// receipt as journaled, so that a replay gives the same identity), query id, each object with position and data, each
/// filter, value, currency, agent id, and every undocumented key with its value.
/// Not in it: anything outside of the event, such as application id or its place in the batch.
///
/// The layout is part of stored data; changing it makes old and new identities differ.
pub fn identity_hash(event: &Event<'_>, default_timestamp: i64) -> u128 {
    let mut content = Content(Vec::with_capacity(512));
    content.byte(event.kind as u8);
    content.text(&event.name);
    content.optional(event.index.as_deref());
    content.text(&event.user_token);
    content.optional(event.authenticated_user_token.as_deref());
    content.bytes(&event.timestamp.unwrap_or(default_timestamp).to_le_bytes());
    content.optional(event.query_id.as_deref());
    content.subject(&event.subject);
    content.amount(event.value.as_ref());
    content.optional(event.currency.as_deref());
    content.optional(event.agent_id.as_deref());
    content.members(event.extra.iter().map(|(key, value)| (key.as_ref(), digest_text(value.get()))));
    xxh3_128(&content.0)
}

/// An unambiguous byte form: every part is of fixed size or led by its length.
struct Content(Vec<u8>);

impl Content {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn length(&mut self, length: usize) {
        self.bytes(&(length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        self.byte(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A number counts by its value, so `10`, `10.0` and `"10"` are the same.
    fn amount(&mut self, amount: Option<&Amount<'_>>) {
        match (amount, amount.and_then(Amount::as_f64)) {
            (_, Some(number)) => self.number(number),
            (Some(Amount::Number(text)), None) => self.optional(Some(text)),
            (Some(Amount::Text(text)), None) => self.optional(Some(text)),
            (None, None) => self.byte(0),
        }
    }

    /// Adding zero turns -0 into 0.
    fn number(&mut self, number: f64) {
        self.byte(2);
        self.bytes(&(number + 0.0).to_le_bytes());
    }

    fn subject(&mut self, subject: &Subject<'_>) {
        match subject {
            Subject::None => self.byte(0),
            Subject::Objects(objects) => {
                self.byte(1);
                self.length(objects.len());
                for object in objects {
                    self.object(object);
                }
            }
            Subject::Filters(all) => {
                self.byte(2);
                self.length(all.len());
                for filter in all {
                    self.text(&filters::canonical(filter));
                }
            }
        }
    }

    fn object(&mut self, object: &Object<'_>) {
        self.text(&object.id);
        self.bytes(&object.position.unwrap_or(0).to_le_bytes());
        self.byte(u8::from(object.data.is_some()));
        if let Some(data) = &object.data {
            self.optional(data.query_id.as_deref());
            self.amount(data.price.as_ref());
            self.byte(u8::from(data.quantity.is_some()));
            self.bytes(&data.quantity.unwrap_or(0).to_le_bytes());
            self.amount(data.discount.as_ref());
        }
    }

    /// Members in whatever order: their digests are sorted.
    fn members<'t>(&mut self, members: impl Iterator<Item = (&'t str, u128)>) {
        let mut digests: Vec<u128> = members.map(|(key, value)| digest_member(key, value)).collect();
        digests.sort_unstable();
        self.length(digests.len());
        for digest in digests {
            self.bytes(&digest.to_le_bytes());
        }
    }
}

fn digest_member(key: &str, value: u128) -> u128 {
    let mut content = Content(Vec::with_capacity(64));
    content.text(key);
    content.bytes(&value.to_le_bytes());
    xxh3_128(&content.0)
}

/// The reader has bounded the nesting. A value that only the raw reader accepts, such as a number beyond every range,
/// counts by its text.
fn digest_text(text: &str) -> u128 {
    serde_json::from_str(text).map_or_else(|_| xxh3_128(text.as_bytes()), |value| digest(&value))
}

fn digest(value: &Value) -> u128 {
    let mut content = Content(Vec::new());
    match value {
        Value::Array(items) => {
            content.byte(b'[');
            for item in items {
                content.bytes(&digest(item).to_le_bytes());
            }
        }
        Value::Object(members) => {
            content.byte(b'{');
            content.members(members.iter().map(|(key, value)| (key.as_str(), digest(value))));
        }
        other => content.text(&other.to_string()),
    }
    xxh3_128(&content.0)
}
