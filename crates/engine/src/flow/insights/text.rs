//! Text where Segment's events have text or something that stands for it.

use causeway_algolia::insights::{is_query_id, limits};
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

/// A value, or the values of a list in their order.
pub(super) fn candidates<'v, 'a>(value: &'v Value<'a>) -> &'v [Value<'a>] {
    value.as_array().unwrap_or(std::slice::from_ref(value))
}

/// The text, or the first in a list.
pub(super) fn first<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    candidates(value).iter().find_map(of)
}

/// The query id: of a list the first that is one, else the first that should have been one.
pub(super) fn query_id<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    let lawful = candidates(value).iter().filter_map(of).find(|id| is_query_id(id));
    lawful.or_else(|| first(value))
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
