//! Reading a body into calls.

use super::members::{Members, is_object};
use super::{Call, Calls, Invalid, Kind, Problem, Refusal, Route, Shared, Times, check};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads a body. `received_at` is the time of receipt in milliseconds since the Unix epoch.
///
/// Takes time linear in the body and never panics.
pub fn parse(body: &[u8], route: Route, received_at: i64) -> Result<Calls<'_>, Refusal> {
    let limit = route.max_body();
    if body.len() > limit {
        return Err(Refusal::TooLarge { limit });
    }
    let (messages, shared, write_key) = match route {
        Route::Webhook => (delivered(body)?, Shared::default(), None),
        Route::Tracking(_) => single(body)?,
        Route::Batch => batch(body)?,
    };
    counted(messages.len(), route)?;
    let judge = |(index, message)| {
        call(message, shared, route, received_at).map_err(|problem| invalid(index, message, problem))
    };
    Ok(Calls { calls: messages.into_iter().enumerate().map(judge).collect(), write_key })
}

fn invalid(index: usize, message: &RawValue, problem: Problem) -> Invalid<'_> {
    Invalid { index, raw: message.get(), problem }
}

/// The messages, what is said for all of them, and the write key.
type Parts<'a> = (Vec<&'a RawValue>, Shared<'a>, Option<Cow<'a, str>>);

/// A webhook's body: one message, or an array of them.
fn delivered(body: &[u8]) -> Result<Vec<&RawValue>, Refusal> {
    if body.trim_ascii_start().starts_with(b"[") {
        let elements: Vec<&RawValue> = serde_json::from_slice(body).map_err(malformed)?;
        return Ok(elements.into_iter().map(unwrapped).collect());
    }
    let whole: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    if is_object(whole) {
        return Ok(vec![whole]);
    }
    Err(Refusal::WrongBody { expected: "message and no array of messages" })
}

/// Segment's Extensible Webhook sends each element of a batch as `{"json": message}`.
fn unwrapped(element: &RawValue) -> &RawValue {
    let inner = element.get().starts_with(r#"{"json":"#).then(|| Members::of(element).get("json"));
    inner.flatten().unwrap_or(element)
}

fn single(body: &[u8]) -> Result<Parts<'_>, Refusal> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    let write_key = envelope(body)?.text("writeKey");
    Ok((vec![whole], Shared::default(), write_key))
}

fn batch(body: &[u8]) -> Result<Parts<'_>, Refusal> {
    let members = envelope(body)?;
    let messages = members.get("batch").map(list).unwrap_or_default();
    let shared = Shared {
        context: shared(&members, "context")?,
        integrations: shared(&members, "integrations")?,
        sent_at: members.get("sentAt"),
    };
    Ok((messages, shared, members.text("writeKey")))
}

fn envelope(body: &[u8]) -> Result<Members<'_>, Refusal> {
    if body.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(body).map_err(malformed);
    }
    // What is no JSON at all is told as such.
    serde_json::from_slice::<&RawValue>(body).map_err(malformed)?;
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
    message: &'a RawValue,
    shared: Shared<'a>,
    route: Route,
    received_at: i64,
) -> Result<Call<'a>, Problem> {
    let raw = message.get();
    if !is_object(message) {
        return Err(Problem::NotAnObject);
    }
    check::bounds(raw, &shared, route)?;
    let members: Members<'a> =
        serde_json::from_str(raw).map_err(|error| Problem::Malformed(error.to_string()))?;
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
