//! Text where Segment's events have text or something that stands for it.

use causeway_algolia::insights::limits;
use causeway_mapping::Value;
use std::borrow::Cow;

/// A text, or a number as its digits: ids are numbers in many a shop. Nothing is nothing, and so is an empty text.
pub(super) fn of<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// Text as Insights takes names: printable ASCII, 64 characters at most.
pub(super) fn name(text: Cow<'_, str>) -> Cow<'_, str> {
    let printable = |byte: u8| matches!(byte, 0x20..=0x7E);
    if text.len() <= limits::MAX_EVENT_NAME && text.bytes().all(printable) {
        return text;
    }
    let kept = text.chars().filter(|letter| matches!(letter, ' '..='~')).take(limits::MAX_EVENT_NAME);
    Cow::Owned(kept.collect::<String>().trim().to_owned())
}
