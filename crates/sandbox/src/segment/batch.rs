//! One request to the tracking API, from its body to what is remembered of it.

use super::message::{self, Common, Kind, Reason};
use super::{LARGEST_MESSAGE, MALFORMED, Route, write_key};
use crate::clock::now_ms;
use crate::counts::Tally;
use crate::world::{Memory, World};
use bytes::Bytes;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// "2,500 events per batch"; over it, "HTTP 200 and the events are rejected".
const MOST_MESSAGES: usize = 2500;
const NO_WRITE_KEY: &str = "no write key, or one too short to be a key";

/// The parts of a body that concern the whole request. A single call is its own envelope.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    batch: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
    #[serde(default)]
    context: Option<Value>,
    #[serde(default)]
    integrations: Option<Value>,
    #[serde(default, rename = "sentAt")]
    sent_at: Option<Value>,
}

impl<'a> Envelope<'a> {
    /// Objects only: left alone, the derived parser would take a list for an envelope without names.
    fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|_| text.trim_ascii_start().starts_with('{'))
    }
}

/// What is to be remembered of one message: final, or its raw text with the reason why it is thrown away.
type Verdict<'a> = Result<Map<String, Value>, (Reason, &'a str)>;

/// Takes a request's messages.
///
/// # Errors
/// What is wrong, where Segment answers 400: broken JSON or no write key worth the name.
pub(super) fn take(
    world: &World,
    route: Route,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| MALFORMED)?;
    let envelope = Envelope::parse(text).ok_or(MALFORMED)?;
    let in_body = envelope.write_key.and_then(|raw| serde_json::from_str::<Cow<str>>(raw.get()).ok());
    let key = write_key::of(headers, in_body.as_deref()).ok_or(NO_WRITE_KEY)?;
    let known = world.options.write_keys.contains(&key);
    let now = now_ms();
    let verdicts = judge(route, envelope, text, known, Timestamp::from_millisecond(now).unwrap_or_default());
    let kept = remember_all(world, verdicts, now);
    if let Some(echo) = &*world.echo() {
        for message in kept {
            echo.offer(message);
        }
    }
    Ok(())
}

/// Remembers them in one go and hands out those that are kept.
fn remember_all(world: &World, verdicts: Vec<Verdict>, now: i64) -> Vec<Value> {
    let mut memory = world.memory();
    verdicts.into_iter().filter_map(|verdict| remember(&mut memory, verdict, now)).collect()
}

fn judge<'a>(
    route: Route,
    envelope: Envelope<'a>,
    text: &'a str,
    known: bool,
    now: Timestamp,
) -> Vec<Verdict<'a>> {
    let (kind, messages) = match (route, list(envelope.batch)) {
        (Route::One(kind), _) => (Some(kind), vec![text]),
        (Route::Batch, Some(messages)) => (None, messages),
        (Route::Batch, None) => return vec![Err((Reason::NoBatch, text))],
    };
    let all_lost = match () {
        () if !known => Some(Reason::UnknownWriteKey),
        () if messages.len() > MOST_MESSAGES => Some(Reason::TooManyInBatch),
        () => None,
    };
    let common = common(kind, envelope);
    let verdict = |raw| match all_lost {
        Some(reason) => Err((reason, raw)),
        None => one(raw, kind, &common, now).map_err(|reason| (reason, raw)),
    };
    messages.into_iter().map(verdict).collect()
}

/// A single call's context is already its own.
fn common(kind: Option<Kind>, envelope: Envelope) -> Common {
    match kind {
        Some(_) => Common::default(),
        None => Common {
            context: envelope.context,
            integrations: envelope.integrations,
            sent_at: envelope.sent_at,
        },
    }
}

fn list(batch: Option<&RawValue>) -> Option<Vec<&str>> {
    let messages: Vec<&RawValue> = serde_json::from_str(batch?.get()).ok()?;
    Some(messages.into_iter().map(RawValue::get).collect())
}

fn one(raw: &str, kind: Option<Kind>, common: &Common, now: Timestamp) -> Result<Map<String, Value>, Reason> {
    if raw.len() > LARGEST_MESSAGE {
        return Err(Reason::TooLarge);
    }
    let message = serde_json::from_str(raw).map_err(|_| Reason::NoType)?;
    message::finish(message, kind, common, now)
}

fn remember(memory: &mut Memory, verdict: Verdict, now: i64) -> Option<Value> {
    memory.counts.segment.received += 1;
    match verdict {
        Ok(message) => keep(memory, message, now),
        Err((reason, raw)) => {
            memory.counts.segment.dropped += 1;
            drop_with(memory, reason, raw);
            None
        }
    }
}

/// Hands the message back when it is new.
fn keep(memory: &mut Memory, mut message: Map<String, Value>, now: i64) -> Option<Value> {
    if message::id(&message).is_none() {
        message.insert("messageId".into(), assign(memory).into());
    }
    let new = message::id(&message).is_some_and(|id| memory.seen.is_new(id, now));
    let message = Value::Object(message);
    let text = message.to_string();
    let Tally { kept, duplicates, .. } = &mut memory.counts.segment;
    *if new { kept } else { duplicates } += 1;
    if new {
        memory.messages.push(text.into());
    } else {
        drop_with(memory, Reason::Duplicate, &text);
    }
    new.then_some(message)
}

fn drop_with(memory: &mut Memory, reason: Reason, raw: &str) {
    memory.dropped.push(Bytes::from(format!("{{\"reason\":{},\"message\":{raw}}}", json!(reason))));
}

/// The id of a message that came without: a retry of it is a second message.
fn assign(memory: &mut Memory) -> String {
    memory.assigned += 1;
    format!("api-sandbox-{:012}", memory.assigned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use proptest::collection;
    use proptest::prelude::*;

    /// A message whose every field may be absent, right, or of the wrong type.
    fn any_message() -> impl Strategy<Value = Value> {
        let field = |right: &'static [&'static str]| {
            prop_oneof![
                4 => proptest::sample::select(right).prop_map(Value::from),
                1 => Just(Value::Null),
                1 => any::<i64>().prop_map(Value::from),
                1 => Just(json!({"a": [1]})),
            ]
        };
        let (kinds, ids, time) =
            (field(&["track", "alias", "x"]), field(&["", "u", "v"]), field(&["2026-01-01", "soon"]));
        (kinds, ids, field(&["E"]), time, field(&["m1", "m2", ""])).prop_map(|(kind, id, event, time, message_id)| {
            json!({"type": kind, "userId": id, "event": event, "timestamp": time, "messageId": message_id})
        })
    }

    fn take_all(body: &[u8], route: Route) -> (World, Result<(), &'static str>) {
        let world = World::new(Options::default());
        let taken = take(&world, route, &HeaderMap::new(), body);
        (world, taken)
    }

    proptest! {
        #[test]
        fn every_message_is_kept_dropped_or_a_duplicate(
            messages in collection::vec(any_message(), 0..20),
            sent_at in any_message(),
        ) {
            let body = json!({"batch": messages, "writeKey": "sandbox-write-key", "sentAt": sent_at["timestamp"]});
            let (world, taken) = take_all(body.to_string().as_bytes(), Route::Batch);
            prop_assert_eq!(taken, Ok(()));
            let memory = world.memory();
            let Tally { received, kept, dropped, duplicates, .. } = memory.counts.segment;
            prop_assert_eq!(received, messages.len() as u64);
            prop_assert_eq!(received, kept + dropped + duplicates);
            prop_assert_eq!(memory.messages.after(0).len() as u64, kept);
            prop_assert_eq!(memory.dropped.after(0).len() as u64, dropped + duplicates);
        }

        #[test]
        fn no_bytes_make_a_request_panic(bytes: Vec<u8>, text in "[\\[\\]{}\":,a0\\\\ ]{0,64}") {
            for body in [bytes.as_slice(), text.as_bytes()] {
                let _ = take_all(body, Route::Batch);
                let _ = take_all(body, Route::One(Kind::Track));
            }
        }
    }
}
