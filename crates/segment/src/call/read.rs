//! Reading a body into calls.

use super::members::{Members, member};
use super::{Call, Calls, Invalid, Kind, Problem, Refusal, Route, Shared, Times, check};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads a body. `received_at` is the time of receipt in milliseconds since the Unix epoch.
///
/// Takes time linear in the body and never panics.
pub fn parse<'a>(body: &'a [u8], route: Route, received_at: i64) -> Result<Calls<'a>, Refusal> {
    let limit = route.max_body();
    if body.len() > limit {
        return Err(Refusal::TooLarge { limit });
    }
    let body = std::str::from_utf8(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let (messages, shared, write_key) = match route {
        Route::Webhook => (delivered(body)?, Shared::default(), None),
        Route::Tracking(_) => single(body)?,
        Route::Batch => batch(body)?,
    };
    counted(messages.len(), route)?;
    let judge = |(index, message): (usize, Message<'a>)| {
        let raw = message.raw;
        call(message, shared, route, received_at).map_err(|problem| Invalid { index, raw, problem })
    };
    Ok(Calls { calls: messages.into_iter().enumerate().map(judge).collect(), write_key })
}

/// One message as it came.
struct Message<'a> {
    raw: &'a str,
    /// Its members, if they were read already.
    members: Option<Members<'a>>,
}

impl<'a> From<&'a RawValue> for Message<'a> {
    fn from(value: &'a RawValue) -> Self {
        Self { raw: value.get(), members: None }
    }
}

/// The messages, what is said for all of them, and the write key.
type Parts<'a> = (Vec<Message<'a>>, Shared<'a>, Option<Cow<'a, str>>);

/// A webhook's body: one message, or an array of them.
fn delivered(body: &str) -> Result<Vec<Message<'_>>, Refusal> {
    match body.trim_ascii_start().as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(body).map_err(malformed)?;
            Ok(elements.into_iter().map(unwrapped).map(Message::from).collect())
        }
        Some(b'{') => Ok(vec![lone(body)?]),
        _ => {
            serde_json::from_str::<&RawValue>(body).map_err(malformed)?;
            Err(Refusal::WrongBody { expected: "message and no array of messages" })
        }
    }
}

/// The only message of a body. One whose keys can't be read is a message all the same, to be judged as such.
fn lone(body: &str) -> Result<Message<'_>, Refusal> {
    if let Ok(members) = serde_json::from_str(body) {
        return Ok(Message { raw: body.trim_ascii(), members: Some(members) });
    }
    serde_json::from_str::<&RawValue>(body).map(Message::from).map_err(malformed)
}

/// Segment's Extensible Webhook sends each element of a batch as `{"json": message}`.
fn unwrapped(element: &RawValue) -> &RawValue {
    let inner = element.get().starts_with(r#"{"json":"#).then(|| member(element, "json"));
    inner.flatten().unwrap_or(element)
}

fn single(body: &str) -> Result<Parts<'_>, Refusal> {
    let members = envelope(body)?;
    let write_key = members.text("writeKey");
    let message = Message { raw: body.trim_ascii(), members: Some(members) };
    Ok((vec![message], Shared::default(), write_key))
}

fn batch(body: &str) -> Result<Parts<'_>, Refusal> {
    let members = envelope(body)?;
    let messages = members.get("batch").map(list).unwrap_or_default();
    let shared = Shared {
        context: shared(&members, "context")?,
        integrations: shared(&members, "integrations")?,
        sent_at: members.get("sentAt"),
    };
    Ok((messages.into_iter().map(Message::from).collect(), shared, members.text("writeKey")))
}

fn envelope(body: &str) -> Result<Members<'_>, Refusal> {
    if body.trim_ascii_start().starts_with('{') {
        return serde_json::from_str(body).map_err(malformed);
    }
    // What is no JSON at all is told as such.
    serde_json::from_str::<&RawValue>(body).map_err(malformed)?;
    Err(Refusal::WrongBody { expected: "JSON object" })
}

fn shared<'a>(members: &Members<'a>, field: &'static str) -> Result<Option<&'a RawValue>, Refusal> {
    let value = members.get(field);
    if value.is_none_or(check::is_shareable) { Ok(value) } else { Err(Refusal::WrongShared { field }) }
}

/// The items of an array; none if it is no array.
fn list(value: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(value.get()).unwrap_or_default()
}

fn counted(count: usize, route: Route) -> Result<(), Refusal> {
    let limit = route.max_messages();
    match count {
        0 => Err(Refusal::NoMessages),
        _ if count > limit => Err(Refusal::TooManyMessages { count, limit }),
        _ => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is made for map_err")]
fn malformed(error: serde_json::Error) -> Refusal {
    Refusal::Malformed(error.to_string())
}

fn call<'a>(
    Message { raw, members }: Message<'a>,
    shared: Shared<'a>,
    route: Route,
    received_at: i64,
) -> Result<Call<'a>, Problem> {
    if !raw.starts_with('{') {
        return Err(Problem::NotAnObject);
    }
    check::bounds(raw, &shared, route)?;
    let members = match members {
        Some(members) => members,
        None => serde_json::from_str(raw).map_err(|error| Problem::Malformed(error.to_string()))?,
    };
    let kind = check::kind(&members, route)?;
    check::objects(&members)?;
    let times = Times::read(&members, &shared, route, received_at)?;
    let call = Call {
        kind,
        message_id: check::id(&members, "messageId")?,
        user_id: check::id(&members, "userId")?,
        anonymous_id: check::id(&members, "anonymousId")?,
        previous_id: check::id(&members, "previousId")?,
        group_id: check::id(&members, "groupId")?,
        name: name(kind).map_or(Ok(None), |field| check::id(&members, field))?,
        timestamp: times.corrected,
        raw,
        route,
        members,
        times,
        shared,
    };
    check::complete(&call)?;
    check::limited(&call)?;
    Ok(call)
}

/// Where a kind has its name.
fn name(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Track => Some("event"),
        Kind::Page | Kind::Screen => Some("name"),
        Kind::Identify | Kind::Group | Kind::Alias | Kind::Delete => None,
    }
}
