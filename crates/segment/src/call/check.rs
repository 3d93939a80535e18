//! What is demanded of a message on its way in.
//!
//! What comes by webhook has been through Segment, so only what the bridge itself can't do without is demanded of it.

use super::members::{Members, is_object, text};
use super::{Kind, Problem, Route, Shared};
use crate::{limits, message};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// How deep a message may be nested. The deepest thing Segment describes is 5 deep.
pub(super) const MAX_DEPTH: usize = 64;

/// Bytes, with what the batch adds, and depth.
pub(super) fn bounds(raw: &str, shared: &Shared<'_>, route: Route) -> Result<(), Problem> {
    let added: usize =
        [shared.context, shared.integrations].into_iter().flatten().map(|value| value.get().len()).sum();
    let bytes = raw.len() + added;
    match route {
        Route::Webhook if bytes > limits::MAX_WEBHOOK_MESSAGE => return Err(Problem::TooLarge { bytes }),
        Route::Tracking(_) | Route::Batch if bytes > limits::MAX_MESSAGE => {
            return Err(message::Problem::TooLarge { bytes }.into());
        }
        _ => {}
    }
    if is_deeper(raw, MAX_DEPTH) { Err(Problem::TooDeep) } else { Ok(()) }
}

/// Whether valid JSON is nested deeper than so many levels.
fn is_deeper(json: &str, levels: usize) -> bool {
    // Counting is quick, and hardly any message has more brackets in all than may be nested.
    let brackets = json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if brackets <= levels {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > levels
    })
}

/// The kind: what the path says, or `type`.
pub(super) fn kind(members: &Members<'_>, route: Route) -> Result<Kind, Problem> {
    if let Route::Tracking(message) = route {
        return Ok(message.into());
    }
    let value = members.get("type").ok_or(Problem::NoType)?;
    let found = text(value).unwrap_or(Cow::Borrowed(value.get()));
    match Kind::parse(&found) {
        Some(Kind::Delete) if route != Route::Webhook => Err(Problem::DeleteByTracking),
        Some(kind) => Ok(kind),
        None => Err(Problem::UnknownType { found: found.chars().take(32).collect() }),
    }
}

/// A field that is a string or a number; none if it is empty, null or absent.
pub(super) fn id<'a>(members: &Members<'a>, field: &'static str) -> Result<Option<Cow<'a, str>>, Problem> {
    let Some(value) = members.get(field) else { return Ok(None) };
    let text = text(value).ok_or(Problem::WrongType { field, expected: "string" })?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Fields that are objects, null or absent.
pub(super) fn objects(members: &Members<'_>) -> Result<(), Problem> {
    let wrong = |field: &&'static str| !members.get(field).is_none_or(is_object);
    match ["context", "integrations", "traits", "properties"].into_iter().find(|field| wrong(field)) {
        Some(field) => Err(Problem::WrongType { field, expected: "object" }),
        None => Ok(()),
    }
}

/// A batch's own `context` and `integrations` stand a level deeper once they are merged into messages.
pub(super) const MAX_SHARED_DEPTH: usize = MAX_DEPTH - 1;

/// Whether a batch's own `context` or `integrations` can be merged into messages.
pub(super) fn is_shareable(value: &RawValue) -> bool {
    is_object(value) && !is_deeper(value.get(), MAX_SHARED_DEPTH)
}

/// The ids and the name that are demanded, by kind.
pub(super) fn complete(call: &super::Call<'_>) -> Result<(), message::Problem> {
    use message::Problem as Missing;
    match call.kind {
        Kind::Alias if call.user_id.is_none() => Err(Missing::IncompleteAlias { missing: "userId" }),
        Kind::Alias if call.previous_id.is_none() => Err(Missing::IncompleteAlias { missing: "previousId" }),
        Kind::Alias => Ok(()),
        _ if call.user_id.is_none() && call.anonymous_id.is_none() => Err(Missing::NoPerson),
        Kind::Track if call.name.is_none() => Err(Missing::NoEvent),
        Kind::Group if call.group_id.is_none() => Err(Missing::NoGroup),
        _ => Ok(()),
    }
}

/// Segment's own limits, which a webhook's messages have passed.
pub(super) fn limited(call: &super::Call<'_>) -> Result<(), message::Problem> {
    if call.route == Route::Webhook {
        return Ok(());
    }
    let length = call.message_id.as_deref().map_or(0, |id| id.chars().count());
    if length > limits::MAX_MESSAGE_ID {
        return Err(message::Problem::LongMessageId { length });
    }
    let traits = call.member("traits").filter(|_| call.kind == Kind::Identify);
    let count = traits.map_or(0, |traits| Members::of(traits).len());
    if count > limits::MAX_TRAITS { Err(message::Problem::TooManyTraits { count }) } else { Ok(()) }
}
