//! One message: what makes Segment throw it away without a word, and what it looks like when it doesn't.

use super::timestamps;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// "Limited to 100 characters" (spec-field-message-id).
const LONGEST_MESSAGE_ID: usize = 100;
/// What Segment sets on every message; 2 in the documentation's samples.
const VERSION: u32 = 2;

/// The six calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Identify,
    Track,
    Page,
    Screen,
    Group,
    Alias,
}

impl Kind {
    const WORDS: [(&str, Self); 6] = [
        ("identify", Self::Identify),
        ("track", Self::Track),
        ("page", Self::Page),
        ("screen", Self::Screen),
        ("group", Self::Group),
        ("alias", Self::Alias),
    ];

    /// The call of a path or a `type`.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(own, _)| *own == word).map(|(_, kind)| kind)
    }

    fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// Why a message never shows up although the answer was 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// The write key is long enough but nobody's.
    UnknownWriteKey,
    /// The batch held more than 2,500 messages: all of them are lost.
    TooManyInBatch,
    /// A batch request without a list named `batch`.
    NoBatch,
    /// Over 32 KB inside a batch.
    TooLarge,
    /// Not a JSON object, or a `type` that isn't one of the six.
    NoType,
    /// Neither `userId` nor `anonymousId`. Segment's own word.
    NoUserAnonId,
    /// An alias without both `previousId` and `userId`.
    NoPreviousId,
    /// A track call without `event`.
    NoEvent,
    /// `messageId` over 100 characters.
    MessageIdTooLong,
    /// The same `messageId` within a day, from whatever source.
    Duplicate,
}

/// What a batch says for all of its messages.
#[derive(Debug, Default)]
pub(super) struct Common {
    pub(super) context: Option<Value>,
    pub(super) integrations: Option<Value>,
    pub(super) sent_at: Option<Value>,
}

/// Checks a message and makes it final, all but the `messageId` that it may still lack. `kind` comes from the path of a
/// single call and goes before the message's own `type`.
pub(super) fn finish(
    message: Value,
    kind: Option<Kind>,
    common: &Common,
    received_at: Timestamp,
) -> Result<Map<String, Value>, Reason> {
    let Value::Object(mut message) = message else { return Err(Reason::NoType) };
    let own = || message.get("type").and_then(Value::as_str).and_then(Kind::of_word);
    let kind = kind.or_else(own).ok_or(Reason::NoType)?;
    check(&message, kind)?;
    message.insert("type".into(), kind.word().into());
    inherit(&mut message, common);
    timestamps::stamp(&mut message, received_at);
    message.shift_remove("writeKey");
    message.insert("version".into(), VERSION.into());
    Ok(message)
}

/// The `messageId`, if the message has one worth the name.
pub(super) fn id(message: &Map<String, Value>) -> Option<&str> {
    text(message, "messageId")
}

fn check(message: &Map<String, Value>, kind: Kind) -> Result<(), Reason> {
    let has = |key| text(message, key).is_some();
    match kind {
        Kind::Alias if !(has("previousId") && has("userId")) => Err(Reason::NoPreviousId),
        _ if !(has("userId") || has("anonymousId")) => Err(Reason::NoUserAnonId),
        Kind::Track if !has("event") => Err(Reason::NoEvent),
        _ if id(message).is_some_and(|id| id.chars().count() > LONGEST_MESSAGE_ID) => {
            Err(Reason::MessageIdTooLong)
        }
        _ => Ok(()),
    }
}

/// Copies what the batch says into the message; what the message says itself stands.
fn inherit(message: &mut Map<String, Value>, common: &Common) {
    let fields =
        [("context", &common.context), ("integrations", &common.integrations), ("sentAt", &common.sent_at)];
    for (key, value) in fields {
        if let Some(value) = value {
            merge(message.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn merge(own: &mut Value, common: &Value) {
    match (own, common) {
        (Value::Object(own), Value::Object(common)) => {
            common.iter().for_each(|(key, value)| merge(own.entry(key).or_insert(Value::Null), value));
        }
        (own @ Value::Null, common) => *own = common.clone(),
        _ => {}
    }
}

/// A string that isn't empty.
fn text<'a>(message: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    message.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}
