//! The stand-in Segment tracking API: 200 for nearly everything, and silent about what it throws away. Source, unless
//! said otherwise: Segment's documentation of the HTTP API source.

mod batch;
pub(crate) mod echo;
pub(crate) mod engage;
mod lean;
mod message;
mod stringify;
mod timestamps;
pub(crate) mod webhook;
mod write_key;

use crate::body::{self, BadBody};
use crate::reply::{self, Reply};
use crate::world::World;
use hyper::body::Incoming;
use hyper::{HeaderMap, Method, Request, StatusCode};
use message::Kind;
use serde_json::json;

/// "Maximum size of 32 KB" for one message, on its own or in a batch; a KB has 1,024 bytes in the vendor's libraries.
const LARGEST_MESSAGE: usize = 32 * 1024;
/// "500 KB per batch request".
const LARGEST_BATCH: usize = 500 * 1024;

/// What a path below `/v1/` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    One(Kind),
    Batch,
}

impl Route {
    fn of(path: &str) -> Option<Self> {
        match path.strip_prefix("/v1/")? {
            // Older libraries' name for a batch.
            "batch" | "import" => Some(Self::Batch),
            word => Kind::of_word(word).map(Self::One),
        }
    }

    const fn largest_body(self) -> usize {
        match self {
            Self::One(_) => LARGEST_MESSAGE,
            Self::Batch => LARGEST_BATCH,
        }
    }
}

/// Answers any request below `/v1/`.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let route = match Route::of(parts.uri.path()) {
        Some(_) if parts.method != Method::POST => {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "only POST");
        }
        Some(route) => route,
        None => return refuse(StatusCode::NOT_FOUND, "no such call"),
    };
    match take(world, route, &parts.headers, body).await {
        Ok(()) => reply::json(StatusCode::OK, &json!({"success": true})),
        Err(problem) => refuse(StatusCode::BAD_REQUEST, problem),
    }
}

/// The error is what Segment answers 400 for.
async fn take(world: &World, route: Route, headers: &HeaderMap, body: Incoming) -> Result<(), &'static str> {
    let body = body::read(headers, body, route.largest_body()).await.map_err(unreadable)?;
    if world.options.lean {
        lean::take(world, route, &body)
    } else {
        batch::take(world, route, headers, &body)
    }
}

const fn unreadable(bad: BadBody) -> &'static str {
    match bad {
        BadBody::TooLarge => "exceeds the maximum size",
        BadBody::Unreadable => MALFORMED,
    }
}

const MALFORMED: &str = "malformed JSON";

/// A refusal. Only the status is documented; the body is made up.
pub(crate) fn refuse(status: StatusCode, problem: &str) -> Reply {
    reply::json(status, &json!({"success": false, "message": problem}))
}
