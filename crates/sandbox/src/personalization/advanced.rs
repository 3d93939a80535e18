//! The Advanced interface, `/2/users/{userID}`: ACLs `search`, `browse` and `recommendation`; errors are
//! `{"status", "message"}`.

use crate::access::{self, Acl};
use crate::clock::{iso, now_ms};
use crate::insights::is_user_token;
use crate::reply::{self, Reply};
use crate::world::{Memory, World};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

const NEEDS: [Acl; 3] = [Acl::Search, Acl::Browse, Acl::Recommendation];
const WRONG_USER_ID: &str = "UserID must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, \
     and be between 1 and 129 characters long";

/// A status and its message.
type Refusal = (StatusCode, &'static str);

pub(super) fn answer(world: &World, parts: &Parts, user: &str) -> Reply {
    let answered = serve(world, parts, user).map(|body| reply::json(StatusCode::OK, &body));
    answered.unwrap_or_else(|(status, message)| {
        reply::json(status, &json!({"status": status.as_u16(), "message": message}))
    })
}

/// 401 is all that is declared, for an unknown key and for one that lacks a right.
fn serve(world: &World, parts: &Parts, user: &str) -> Result<Value, Refusal> {
    access::check(&world.options, parts, &NEEDS).map_err(|_| (StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    let now = now_ms();
    let mut memory = world.memory();
    if !memory.personalization.advanced_calls.take(now).allowed {
        return Err((StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"));
    }
    match parts.method {
        _ if !is_user_token(user) => Err((StatusCode::UNPROCESSABLE_ENTITY, WRONG_USER_ID)),
        Method::GET => profile(&memory, user, now).ok_or((StatusCode::NOT_FOUND, "Not Found")),
        Method::DELETE => Ok(delete(world, &mut memory, user, now)),
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")),
    }
}

fn profile(memory: &Memory, user: &str, now: i64) -> Option<Value> {
    let last = iso(memory.personalization.advanced.get(user, now)?.last_event_ms);
    Some(json!({"userID": user, "type": "basic", "affinities": [], "lastUpdatedAt": last}))
}

fn delete(world: &World, memory: &mut Memory, user: &str, now: i64) -> Value {
    let until = memory.personalization.advanced.delete(user, now, world.options.profile_deletion_takes);
    memory.note_deletion("advanced-personalization", user, now);
    json!({"userID": user, "deletedUntil": iso(until), "deletedAt": iso(now)})
}
