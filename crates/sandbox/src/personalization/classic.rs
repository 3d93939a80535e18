//! The classic interface, ACL `recommendation`: errors are `{"message"}`, every answer tells the rate.

use super::strategy::Strategy;
use super::{Personalization, decoded};
use crate::access::{self, Acl, Denied};
use crate::clock::{iso, now_ms};
use crate::insights::is_user_token;
use crate::reply::{self, Reply};
use crate::world::{Memory, World};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// A status, and a message. The specification has the statuses alone; the wording is the Search interface's where it has
/// one.
type Refusal = (StatusCode, String);

pub(super) fn answer(world: &World, parts: &Parts, body: &[u8]) -> Reply {
    if let Err(denied) = access::check(&world.options, parts, &[Acl::Recommendation]) {
        return refuse(denied_as(denied));
    }
    let now = now_ms();
    let mut memory = world.memory();
    let standing = memory.personalization.classic_calls.take(now);
    let answered = if standing.allowed {
        route(world, &mut memory, parts, body, now)
    } else {
        Err((StatusCode::TOO_MANY_REQUESTS, "Too Many Requests".into()))
    };
    let answered = answered.map(|body| reply::json(StatusCode::OK, &body));
    standing.tell(answered.unwrap_or_else(refuse))
}

fn route(world: &World, memory: &mut Memory, parts: &Parts, body: &[u8], now: i64) -> Result<Value, Refusal> {
    let path = parts.uri.path().trim_start_matches("/1/").split('/').collect::<Vec<_>>();
    match (&parts.method, path.as_slice()) {
        (&Method::GET, ["profiles", "personalization", token]) => {
            profile(&memory.personalization, &token_of(token)?, now)
        }
        (&Method::DELETE, ["profiles", token]) => Ok(delete(world, memory, &token_of(token)?, now)),
        (&Method::GET, ["strategies", "personalization"]) => Ok(json!(memory.personalization.strategy)),
        (&Method::POST, ["strategies", "personalization"]) => {
            replace(&mut memory.personalization.strategy, body)
        }
        _ => Err((StatusCode::NOT_FOUND, "the sandbox has nothing at this path".into())),
    }
}

fn profile(personalization: &Personalization, token: &str, now: i64) -> Result<Value, Refusal> {
    let profile = personalization.classic.get(token, now);
    let profile = profile.ok_or_else(|| (StatusCode::NOT_FOUND, "User profile does not exist".to_owned()))?;
    Ok(json!({"userToken": token, "lastEventAt": iso(profile.last_event_ms), "scores": profile.scores}))
}

/// A token without a profile is no error: deleting twice is deleting once.
fn delete(world: &World, memory: &mut Memory, token: &str, now: i64) -> Value {
    let until = memory.personalization.classic.delete(token, now, world.options.profile_deletion_takes);
    memory.note_deletion("personalization", token, now);
    json!({"userToken": token, "deletedUntil": iso(until)})
}

fn replace(strategy: &mut Strategy, body: &[u8]) -> Result<Value, Refusal> {
    *strategy = Strategy::parse(body).map_err(|problem| (StatusCode::BAD_REQUEST, problem))?;
    Ok(json!({"message": "Strategy was successfully updated."}))
}

fn token_of(segment: &str) -> Result<String, Refusal> {
    Some(decoded(segment))
        .filter(|token| is_user_token(token))
        .ok_or_else(|| (StatusCode::BAD_REQUEST, "Invalid userToken".into()))
}

fn denied_as(denied: Denied) -> Refusal {
    let message = match denied {
        Denied::Unknown => "Invalid Application-Id or API-Key",
        Denied::Lacking => "Method not allowed with this API key",
    };
    (StatusCode::FORBIDDEN, message.into())
}

fn refuse((status, message): Refusal) -> Reply {
    reply::json(status, &json!({"message": message}))
}
