//! The endpoints below `/_sandbox/`, for tests and for people at a terminal.

mod echo;
mod engage;
mod listing;
mod receiver;
mod records;
mod webhook;

pub(crate) use echo::destination;

use crate::body;
use crate::fault::{BadFault, Fault};
use crate::reply::{self, Reply};
use crate::world::World;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

/// How large the body of a control request may be.
const LARGEST_BODY: usize = 4 << 20;

/// Answers a control request; `path` is what follows `/_sandbox/`.
pub(crate) async fn answer(world: &World, path: &str, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query();
    match (&parts.method, path) {
        (&Method::GET, "segment/messages") => {
            listing::list(query, |after| world.memory().messages.after(after))
        }
        (&Method::GET, "segment/dropped") => {
            listing::list(query, |after| world.memory().dropped.after(after))
        }
        (&Method::GET, "algolia/events") => listing::list(query, |after| world.memory().events.after(after)),
        (&Method::GET, "algolia/writes") => listing::list(query, |after| world.memory().writes.after(after)),
        (&Method::GET, "algolia/searches") => {
            listing::list(query, |after| world.memory().searches.after(after))
        }
        (&Method::GET, "algolia/deletions") => {
            listing::list(query, |after| world.memory().deletions.after(after))
        }
        (&Method::GET, "algolia/records") => ok(&records::list(world, query)),
        (&Method::GET, "stats") => ok(&json!(world.memory().counts)),
        (&Method::GET, "faults") => ok(&json!(world.active_faults())),
        (&Method::DELETE, "faults") => {
            world.clear_faults();
            ok(&json!(world.active_faults()))
        }
        (&Method::POST, "faults") => add_fault(world, document(&parts.headers, body).await),
        (&Method::GET, "segment/echo") => ok(&echo::describe(world.echo().as_ref())),
        (&Method::POST, "segment/echo") => start_echo(world, document(&parts.headers, body).await),
        (&Method::DELETE, "segment/echo") => {
            world.set_echo(None);
            ok(&Value::Null)
        }
        (&Method::POST, "segment/audience") => {
            engage::send(world, engage::Subject::Audience, document(&parts.headers, body).await).await
        }
        (&Method::POST, "segment/trait") => {
            engage::send(world, engage::Subject::Trait, document(&parts.headers, body).await).await
        }
        (&Method::POST, "webhook") => webhook::send(document(&parts.headers, body).await).await,
        (&Method::POST, "reset") => {
            world.reset();
            ok(&json!({"reset": true}))
        }
        _ => nothing_here(),
    }
}

fn add_fault(world: &World, document: Result<Value, BadFault>) -> Reply {
    match document.and_then(|document| Fault::from_json(&document)) {
        Ok(fault) => {
            world.set_fault(fault);
            ok(&json!(world.active_faults()))
        }
        Err(bad) => unprocessable(&bad),
    }
}

fn start_echo(world: &World, document: Result<Value, BadFault>) -> Reply {
    match document.and_then(destination) {
        Ok(destination) => {
            world.set_echo(Some(destination));
            ok(&echo::describe(world.echo().as_ref()))
        }
        Err(bad) => unprocessable(&bad),
    }
}

async fn document(headers: &hyper::HeaderMap, body: Incoming) -> Result<Value, BadFault> {
    let read = body::read(headers, body, LARGEST_BODY).await;
    let bytes = read.map_err(|_| BadFault::new("body", "can't be read; give JSON of at most 4 MiB"))?;
    serde_json::from_slice(&bytes).map_err(|error| BadFault::new("body", format!("is not JSON: {error}")))
}

fn ok(body: &Value) -> Reply {
    reply::json(StatusCode::OK, body)
}

fn unprocessable(bad: &BadFault) -> Reply {
    reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({"error": bad.to_string(), "field": bad.field}))
}

fn nothing_here() -> Reply {
    let endpoints = "GET segment/messages, segment/dropped, algolia/events, algolia/records, algolia/writes, \
         algolia/searches, algolia/deletions, stats; GET, POST, DELETE faults, segment/echo; POST segment/audience, segment/trait, webhook, reset";
    reply::json(StatusCode::NOT_FOUND, &json!({"error": format!("no such control; there are: {endpoints}")}))
}
