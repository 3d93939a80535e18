//! Messages: their types, the marks that Causeway puts on them, and the documented limits.

use crate::limits;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// `context.integration.name` on everything that Causeway sends; what comes back with it is not sent again.
pub const MARK: &str = "causeway";

/// Every messageId of ours starts with this; what comes back with it is ours.
pub const MESSAGE_ID_PREFIX: &str = "causeway-";

/// The name of Segment's own Algolia destination in `integrations`, switched off on everything that Causeway sends so that
/// no event reaches Algolia twice. Source: `segmentio/action-destinations`, `algolia-plugins`.
pub const ALGOLIA_INTEGRATION: &str = "Algolia Insights (Actions)";

/// The type of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// Who somebody is.
    Identify,
    /// What somebody did.
    Track,
    /// A page that somebody saw.
    Page,
    /// A screen that somebody saw.
    Screen,
    /// The group that somebody belongs to.
    Group,
    /// Two ids of one person.
    Alias,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 6] =
        [Type::Identify, Type::Track, Type::Page, Type::Screen, Type::Group, Type::Alias];

    /// The wire word.
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Identify => "identify",
            Type::Track => "track",
            Type::Page => "page",
            Type::Screen => "screen",
            Type::Group => "group",
            Type::Alias => "alias",
        }
    }

    /// The type of a wire word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Where the message's own data stand: `traits` or `properties`.
    pub fn content(self) -> &'static str {
        match self {
            Type::Identify | Type::Group => "traits",
            Type::Track | Type::Page | Type::Screen | Type::Alias => "properties",
        }
    }
}

/// Why Segment would refuse a message, mostly without saying so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More than [`limits::MAX_MESSAGE`] bytes.
    #[error("the message has {bytes} bytes; send at most {}", limits::MAX_MESSAGE)]
    TooLarge {
        /// Bytes of its JSON.
        bytes: usize,
    },
    /// Not JSON, or a field of the wrong type.
    #[error("the message is not readable: {0}")]
    Malformed(String),
    /// `messageId` is missing. Segment would invent one, and sending again would then count twice.
    #[error("messageId is missing; derive one from the event")]
    NoMessageId,
    /// `messageId` is longer than [`limits::MAX_MESSAGE_ID`].
    #[error("messageId has {length} characters; use at most {}", limits::MAX_MESSAGE_ID)]
    LongMessageId {
        /// Its characters.
        length: usize,
    },
    /// Neither `userId` nor `anonymousId`.
    #[error("userId and anonymousId are both missing or empty; add one of them")]
    NoPerson,
    /// An alias without `userId` or `previousId`.
    #[error("an alias needs userId and previousId; add {missing}")]
    IncompleteAlias {
        /// The one that is missing.
        missing: &'static str,
    },
    /// A track without `event`.
    #[error("event is missing or empty on a track; add the event's name")]
    NoEvent,
    /// A group without `groupId`.
    #[error("groupId is missing or empty on a group; add the group's id")]
    NoGroup,
    /// More than [`limits::MAX_TRAITS`] traits on an identify.
    #[error("traits has {count} entries; send at most {}", limits::MAX_TRAITS)]
    TooManyTraits {
        /// How many.
        count: usize,
    },
}

/// Checks one message's JSON against every documented limit, before it is sent.
pub fn check(message: &[u8]) -> Result<(), Problem> {
    if message.len() > limits::MAX_MESSAGE {
        return Err(Problem::TooLarge { bytes: message.len() });
    }
    let fields: Fields<'_> =
        serde_json::from_slice(message).map_err(|error| Problem::Malformed(error.to_string()))?;
    fields.message_id()?;
    fields.person()?;
    fields.own()
}

/// What the limits are about; everything else is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    r#type: Type,
    #[serde(borrow)]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    anonymous_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    previous_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    group_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    #[serde(default)]
    traits: Size,
}

impl Fields<'_> {
    fn message_id(&self) -> Result<(), Problem> {
        let id = self.message_id.as_deref().filter(|id| !id.is_empty()).ok_or(Problem::NoMessageId)?;
        let length = id.chars().count();
        if length > limits::MAX_MESSAGE_ID { Err(Problem::LongMessageId { length }) } else { Ok(()) }
    }

    fn person(&self) -> Result<(), Problem> {
        if self.r#type == Type::Alias {
            return self.alias();
        }
        let known = filled(self.user_id.as_deref()) || filled(self.anonymous_id.as_deref());
        if known { Ok(()) } else { Err(Problem::NoPerson) }
    }

    fn alias(&self) -> Result<(), Problem> {
        let ids = [("userId", &self.user_id), ("previousId", &self.previous_id)];
        match ids.into_iter().find(|(_, id)| !filled(id.as_deref())) {
            Some((missing, _)) => Err(Problem::IncompleteAlias { missing }),
            None => Ok(()),
        }
    }

    fn own(&self) -> Result<(), Problem> {
        match self.r#type {
            Type::Track if !filled(self.event.as_deref()) => Err(Problem::NoEvent),
            Type::Group if !filled(self.group_id.as_deref()) => Err(Problem::NoGroup),
            Type::Identify if self.traits.0 > limits::MAX_TRAITS => {
                Err(Problem::TooManyTraits { count: self.traits.0 })
            }
            _ => Ok(()),
        }
    }
}

fn filled(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

/// How many members an object has; 0 for null.
#[derive(Default)]
struct Size(usize);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counter)
    }
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Size, E> {
        Ok(Size(0))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Size, A::Error> {
        let mut count = 0;
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Size(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn track(changes: Value) -> Result<(), Problem> {
        let mut message =
            json!({"type": "track", "messageId": "m", "userId": "u", "event": "Product Clicked"});
        let Value::Object(changes) = changes else { panic!() };
        changes.into_iter().for_each(|(key, value)| message[key] = value);
        check(message.to_string().as_bytes())
    }

    fn members(count: usize) -> Value {
        (0..count).map(|n| (n.to_string(), json!(1))).collect::<serde_json::Map<_, _>>().into()
    }

    #[test]
    fn a_message_within_the_limits_is_fine() {
        for changes in [
            json!({"userId": null, "anonymousId": "a"}),
            json!({"messageId": "x".repeat(99)}),
            json!({"properties": members(2_000)}),
            json!({"type": "identify", "traits": members(299)}),
            json!({"type": "alias", "previousId": "p"}),
            json!({"type": "group", "groupId": "g", "traits": null}),
        ] {
            assert_eq!(track(changes.clone()), Ok(()), "{changes}");
        }
    }

    #[test]
    fn each_limit_is_named() {
        for (changes, problem) in [
            (json!({"messageId": null}), Problem::NoMessageId),
            (json!({"messageId": "x".repeat(100)}), Problem::LongMessageId { length: 100 }),
            (json!({"userId": ""}), Problem::NoPerson),
            (json!({"event": ""}), Problem::NoEvent),
            (json!({"type": "group"}), Problem::NoGroup),
            (json!({"type": "alias"}), Problem::IncompleteAlias { missing: "previousId" }),
            (json!({"type": "identify", "traits": members(300)}), Problem::TooManyTraits { count: 300 }),
        ] {
            assert_eq!(track(changes.clone()), Err(problem), "{changes}");
        }
        assert!(matches!(track(json!({"type": "delete"})), Err(Problem::Malformed(_))));
        assert!(matches!(track(json!({"traits": []})), Err(Problem::Malformed(_))));
    }

    #[test]
    fn the_size_is_counted_to_the_byte() {
        let empty = json!({"type": "page", "messageId": "m", "userId": "u", "name": ""}).to_string().len();
        let sized = |size: usize| json!({"type": "page", "messageId": "m", "userId": "u", "name": "x".repeat(size - empty)});
        assert_eq!(check(sized(32_768).to_string().as_bytes()), Ok(()));
        assert_eq!(check(sized(32_769).to_string().as_bytes()), Err(Problem::TooLarge { bytes: 32_769 }));
    }

    #[test]
    fn every_type_reads_its_own_word() {
        assert!(Type::ALL.into_iter().all(|kind| Type::parse(kind.as_str()) == Some(kind)));
    }
}
