//! What Engage computes and sends as calls: audiences, journeys and computed traits.
//!
//! They are told by `context.personas` and never by the event's name, which is a setting of each of them.
//! Sources: `segmentio/action-destinations`, `core/src/audience-membership.ts`; `segmentio/segment-docs`,
//! `engage/using-engage-data.md`, `engage/journeys`.

use crate::call::members::{Members, text};
use crate::call::{Call, Kind};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One computation's news of one user, or of one account if it is a group call.
#[derive(Debug, Clone)]
pub enum Computation<'a> {
    /// Whether somebody is in an audience. Who reaches a step of a journey is in that step's audience and is never taken
    /// out of it again.
    Audience {
        /// The audience's key.
        key: Cow<'a, str>,
        /// Whether it was entered or left.
        member: bool,
    },
    /// The value of a computed trait.
    Trait {
        /// The trait's key.
        key: Cow<'a, str>,
        /// Its value, any JSON but null.
        value: &'a RawValue,
    },
}

/// What `computation_class` says.
enum Class {
    Audience,
    JourneyStep,
    Trait,
}

impl Class {
    /// Segment's documents and its code spell the class of computed traits differently.
    fn parse(word: &str) -> Option<Self> {
        match word {
            "audience" => Some(Class::Audience),
            "journey_step" => Some(Class::JourneyStep),
            "trait" | "computed_trait" => Some(Class::Trait),
            _ => None,
        }
    }
}

/// What the call says of a computation; none if it is no such call, or says nothing usable.
///
/// Identifies and groups have it in `traits`, tracks in `properties`. A body that was mapped may have lost `context`: a track
/// whose `properties` have an `audience_key`, and membership under that key, is told by these.
pub fn computation<'a>(call: &Call<'a>) -> Option<Computation<'a>> {
    if !matches!(call.kind, Kind::Identify | Kind::Track | Kind::Group) {
        return None;
    }
    match call.context("personas") {
        Some(personas) => computed(call, &Members::of(personas)),
        None => mapped(call),
    }
}

fn computed<'a>(call: &Call<'a>, personas: &Members<'a>) -> Option<Computation<'a>> {
    let class = Class::parse(&personas.text("computation_class")?)?;
    let key = personas.text("computation_key")?;
    let value = call.content(&key);
    match class {
        Class::Trait => Some(Computation::Trait { key, value: value? }),
        Class::Audience => Some(Computation::Audience { key, member: membership(value?)? }),
        Class::JourneyStep => {
            Some(Computation::Audience { key, member: value.and_then(membership).unwrap_or(true) })
        }
    }
}

fn mapped<'a>(call: &Call<'a>) -> Option<Computation<'a>> {
    if call.kind != Kind::Track {
        return None;
    }
    let key = call.content("audience_key").and_then(text).filter(|key| !key.is_empty())?;
    let member = membership(call.content(&key)?)?;
    Some(Computation::Audience { key, member })
}

/// A boolean, which older journeys send as a string.
fn membership(value: &RawValue) -> Option<bool> {
    match value.get() {
        "true" | "\"true\"" => Some(true),
        "false" | "\"false\"" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Route, parse};
    use serde_json::{Value, json};

    /// The computation in short: `+key`, `-key`, or `key=value`.
    fn told(message: &Value) -> Option<String> {
        let body = message.to_string();
        let mut calls = parse(body.as_bytes(), Route::Webhook, 0).unwrap().calls;
        Some(match computation(&calls.remove(0).unwrap())? {
            Computation::Audience { key, member: true } => format!("+{key}"),
            Computation::Audience { key, member: false } => format!("-{key}"),
            Computation::Trait { key, value } => format!("{key}={value}"),
        })
    }

    fn personas(class: &str) -> Value {
        json!({"personas": {"computation_class": class, "computation_key": "k", "computation_id": "aud_1"}})
    }

    fn identify(class: &str, traits: &Value) -> Value {
        json!({"type": "identify", "userId": "u", "traits": traits, "context": personas(class)})
    }

    fn track(class: &str, properties: &Value) -> Value {
        json!({"type": "track", "userId": "u", "event": "Any Name", "properties": properties, "context": personas(class)})
    }

    #[test]
    fn audiences_are_told_by_class_and_boolean_in_all_three_forms() {
        for (message, expected) in [
            (identify("audience", &json!({"k": true})), Some("+k")),
            (identify("audience", &json!({"k": false, "other": true})), Some("-k")),
            (track("audience", &json!({"audience_key": "k", "k": true})), Some("+k")),
            (track("audience", &json!({"k": "false"})), Some("-k")),
            (
                json!({"type": "group", "userId": "u", "groupId": "g", "traits": {"k": true}, "context": personas("audience")}),
                Some("+k"),
            ),
            (identify("audience", &json!({"k": 1})), None),
            (identify("audience", &json!({"other": true})), None),
            (identify("something", &json!({"k": true})), None),
        ] {
            assert_eq!(told(&message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn a_step_of_a_journey_is_entered_also_when_nothing_says_so() {
        for (message, expected) in [
            (identify("journey_step", &json!({"k": "true"})), "+k"),
            (track("journey_step", &json!({"journey_metadata": {"journey_id": "j"}})), "+k"),
            (identify("journey_step", &json!({"k": false})), "-k"),
        ] {
            assert_eq!(told(&message).as_deref(), Some(expected), "{message}");
        }
    }

    #[test]
    fn computed_traits_have_two_spellings_and_any_value() {
        for (message, expected) in [
            (identify("trait", &json!({"k": 12.50})), Some("k=12.5")),
            (track("computed_trait", &json!({"trait_key": "k", "k": ["a"]})), Some(r#"k=["a"]"#)),
            (identify("trait", &json!({"k": null})), None),
        ] {
            assert_eq!(told(&message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn a_mapped_track_is_told_by_its_own_key_and_an_ordinary_event_by_nothing() {
        let mapped = |properties: Value| {
            told(
                &json!({"type": "track", "userId": "u", "event": "Audience Entered", "properties": properties}),
            )
        };
        assert_eq!(mapped(json!({"audience_key": "vip", "vip": true})).as_deref(), Some("+vip"));
        assert_eq!(mapped(json!({"audience_key": "vip"})), None);
        assert_eq!(mapped(json!({"vip": true})), None);
    }
}
