//! The stand-in Algolia Insights. Source, unless said otherwise: the vendor's description of the Insights API
//! (`specs/bundled/insights.yml` in algolia/api-clients-automation, August 2026).

mod event;
mod refusal;
mod rules;
mod usertokens;

pub(crate) use refusal::refuse;
pub(crate) use rules::is_user_token;

use crate::access::{self, Acl, Denied};
use crate::body::{self, BadBody};
use crate::clock::now_ms;
use crate::cors::{from_anywhere, preflight};
use crate::framing;
use crate::reply::Reply;
use crate::world::World;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use refusal::Refusal;
use serde_json::Value;

/// "The request body must be smaller than 2 MB": taken as 2,000,000 bytes, the smaller of the two readings.
const BODY_BELOW: usize = 2_000_000;

/// Answers any request below `/1/` that isn't Search's.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        return preflight(&parts.headers, "POST, DELETE, OPTIONS");
    }
    let answered = match parts.uri.path() {
        "/1/events" => events(world, &parts, body).await,
        path => match path.strip_prefix("/1/usertokens/") {
            Some(token) => usertokens::delete(world, &parts, token),
            None => Err(Refusal::WRONG_PATH),
        },
    };
    from_anywhere(answered.unwrap_or_else(|refusal| refusal.reply()))
}

async fn events(world: &World, parts: &Parts, body: Incoming) -> Result<Reply, Refusal> {
    let authorized = check_method(parts, &Method::POST).and_then(|()| check_key(world, parts, Acl::Search));
    if let Err(refusal) = authorized {
        body::discard(body).await;
        return Err(refusal);
    }
    let body = body::read(&parts.headers, body, BODY_BELOW - 1).await.map_err(unreadable)?;
    let taken = if world.options.lean { count(world, &body) } else { keep(world, &body) };
    taken.map(|()| refusal::answer(StatusCode::OK, "OK"))
}

/// All or nothing: every event is valid and kept, or none is.
fn keep(world: &World, body: &[u8]) -> Result<(), Refusal> {
    let document = serde_json::from_slice(body).map_err(|_| Refusal::MALFORMED)?;
    let events = rules::events(document)?;
    let age = i64::try_from(world.options.max_event_age.as_millis()).unwrap_or(i64::MAX);
    let oldest = now_ms().saturating_sub(age);
    let checked = rules::check(&events, oldest);
    record(world, &events, checked.is_ok());
    checked
}

fn record(world: &World, events: &[Value], accepted: bool) {
    let texts = events.iter().map(|event| Bytes::from(event.to_string())).collect::<Vec<_>>();
    let now = now_ms();
    let mut memory = world.memory();
    let tally = &mut memory.counts.algolia;
    tally.received += texts.len() as u64;
    if accepted {
        tally.kept += texts.len() as u64;
        for text in texts {
            memory.events.push(text);
        }
        for event in events {
            memory.personalization.observe(event, now);
        }
    } else {
        tally.dropped += texts.len() as u64;
    }
}

fn count(world: &World, body: &[u8]) -> Result<(), Refusal> {
    let events = framing::count(body).ok_or(Refusal::MALFORMED)?;
    let tally = &mut world.memory().counts.algolia;
    tally.received += events;
    tally.kept += events;
    Ok(())
}

fn check_method(parts: &Parts, method: &Method) -> Result<(), Refusal> {
    if parts.method == *method { Ok(()) } else { Err(Refusal::WRONG_METHOD) }
}

fn check_key(world: &World, parts: &Parts, right: Acl) -> Result<(), Refusal> {
    access::check(&world.options, parts, &[right]).map_err(|denied| match denied {
        Denied::Unknown => Refusal::UNAUTHORIZED,
        Denied::Lacking => Refusal::FORBIDDEN,
    })
}

const fn unreadable(bad: BadBody) -> Refusal {
    match bad {
        BadBody::TooLarge => Refusal::TOO_LARGE,
        BadBody::Unreadable => Refusal::MALFORMED,
    }
}
