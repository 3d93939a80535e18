//! Whose a message is.

use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;

/// Where messages and events name their person. A mention anywhere else is not a name: that a product has the number of a
/// user does not make its events that user's.
const FIELDS: [&str; 6] =
    ["userId", "anonymousId", "previousId", "userToken", "authenticatedUserToken", "objectID"];

/// Where an operation on a record has its objectID, and Segment's Extensible Webhook its message.
const WITHIN: [&str; 2] = ["body", "json"];

/// With more names than this it is quicker to read a text than to search it for each.
const FEW: usize = 32;

/// All that a person is named by: ids as their senders write them, and tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(FxHashSet<String>);

type Members<'a> = HashMap<Key<'a>, &'a RawValue>;

#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl Names {
    /// These names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    /// Whether this is one of the names.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether one of the messages, which are joined by commas, is the person's.
    pub fn own_any(&self, messages: &[u8]) -> bool {
        if !self.may_occur(messages) {
            return false;
        }
        let list = [b"[", messages, b"]"].concat();
        let messages: Vec<&RawValue> = serde_json::from_slice(&list).unwrap_or_default();
        messages.into_iter().any(|message| self.own(message))
    }

    /// Whether a message, an event or an operation on a record is the person's.
    pub fn own(&self, message: &RawValue) -> bool {
        let within = |members: &Members<'_>| WITHIN.iter().any(|key| self.named_at(members, key));
        members(message).is_some_and(|members| self.named_in(&members) || within(&members))
    }

    fn named_at(&self, outer: &Members<'_>, key: &str) -> bool {
        let inner = outer.get(&Key(key.into())).and_then(|value| members(value));
        inner.is_some_and(|members| self.named_in(&members))
    }

    fn named_in(&self, members: &Members<'_>) -> bool {
        let name = |field: &&str| members.get(&Key((*field).into())).and_then(|value| text(value));
        FIELDS.iter().filter_map(name).any(|name| self.contains(&name))
    }

    /// Whether it is worth reading the text: only escapes can hide a name.
    pub(super) fn may_occur(&self, text: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(text) else { return false };
        self.0.len() > FEW || text.contains('\\') || self.0.iter().any(|name| text.contains(name.as_str()))
    }
}

fn members(value: &RawValue) -> Option<Members<'_>> {
    value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok())?
}

/// The text of a string, or of a number as it was written.
fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str::<Key<'_>>(value.get()).ok().map(|Key(text)| text),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(value.get())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_the_persons_where_it_names_the_person_and_nowhere_else() {
        let names = Names::new(["7", "a/ü"].map(str::to_owned));
        for own in [
            r#"{"userId":"7"}"#,
            r#"{"userId":7}"#,
            r#"{"x":1},{"anonymousId":"a\/\u00fc"}"#,
            r#"{"previousId":"7","userId":"8"}"#,
            r#"{"userToken":"x","authenticatedUserToken":"7"}"#,
            r#"{"action":"deleteObject","indexName":"i","body":{"objectID":"7"}}"#,
            r#"{"json":{"userId":"7"}}"#,
        ] {
            assert!(names.own_any(own.as_bytes()), "{own}");
        }
        for other in [
            r#"{"userId":"8","properties":{"userId":"7","product_id":"7","price":7}}"#,
            r#"{"userToken":"x","objectIDs":["7"]}"#,
            r#"{"userId":"77"}"#,
            r#"{"userId":["7"]}"#,
            r#"7,"7",{"userId":"7""#,
        ] {
            assert!(!names.own_any(other.as_bytes()), "{other}");
        }
    }
}
