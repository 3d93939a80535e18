//! One request: first what faults make of it, then the stand-in that it is meant for.
//!
//! | path | answered by |
//! |---|---|
//! | `/_sandbox/…` | control |
//! | `/v1/…` | Segment's tracking API |
//! | `/1/…` | Algolia Insights |
//! | `/1/indexes/…`, `/1/keys/…` | Algolia Search |
//! | `/1/profiles/…`, `/1/strategies/…`, `/2/users/…` | Algolia Personalization |
//! | other `/2/…`, `/3/…` | Algolia Analytics |

use crate::fault::{Effect, Strike, Target};
use crate::reply::{self, Hangup, Reply};
use crate::world::World;
use crate::{analytics, body, control, insights, personalization, search, segment};
use hyper::body::Incoming;
use hyper::header::{HeaderName, RETRY_AFTER};
use hyper::{Request, StatusCode};
use serde_json::json;
use std::sync::Arc;

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Answers a request, or ends the connection as a fault wishes.
pub(super) async fn answer(world: Arc<World>, request: Request<Incoming>) -> Result<Reply, Hangup> {
    if let Some(path) = request.uri().path().strip_prefix("/_sandbox/") {
        let path = path.to_owned();
        return Ok(control::answer(&world, &path, request).await);
    }
    match Target::of_path(request.uri().path()) {
        Some(target) => meet(&world, target, request).await,
        None => Ok(nobody()),
    }
}

async fn meet(world: &World, target: Target, request: Request<Incoming>) -> Result<Reply, Hangup> {
    let Strike { latency, effect } = world.strike(target);
    note(world, target, effect);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    match effect {
        None => Ok(handle(world, target, request).await),
        Some(Effect::Status { status, retry_after }) => {
            body::discard(request.into_body()).await;
            Ok(refusal(target, status, retry_after))
        }
        Some(Effect::Reset) => Err(Hangup::Reset),
        Some(Effect::Drop) => {
            handle(world, target, request).await;
            Err(Hangup::Close)
        }
        Some(Effect::Truncate) => Ok(reply::truncated(handle(world, target, request).await)),
    }
}

fn note(world: &World, target: Target, effect: Option<Effect>) {
    if let Some(tally) = world.memory().tally(target) {
        tally.requests += 1;
        tally.faulted += u64::from(effect.is_some());
    }
}

async fn handle(world: &World, target: Target, request: Request<Incoming>) -> Reply {
    let reply = match target {
        Target::Segment => segment::answer(world, request).await,
        Target::Insights => insights::answer(world, request).await,
        Target::Search => search::answer(world, request).await,
        Target::Personalization => personalization::answer(world, request).await,
        Target::Analytics => analytics::answer(world, request).await,
    };
    if let Some(tally) = world.memory().tally(target) {
        tally.refused += u64::from(reply.status().as_u16() >= 400);
    }
    reply
}

/// A refusal in the vendor's own shape.
fn refusal(target: Target, status: u16, retry_after: Option<u32>) -> Reply {
    let status = StatusCode::from_u16(status).ok().filter(|status| (300..600).contains(&status.as_u16()));
    let status = status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let refused = match target {
        Target::Segment => segment::refuse(status, "the sandbox refuses as told"),
        Target::Insights => insights::refuse(status, status.canonical_reason().unwrap_or("Refused")),
        Target::Search | Target::Personalization | Target::Analytics => {
            search::refuse(status, status.canonical_reason().unwrap_or("Refused"))
        }
    };
    match retry_after {
        None => refused,
        // Segment sends both, in seconds (http-api, "Errors").
        Some(seconds) if target == Target::Segment => {
            reply::with(reply::with(refused, RETRY_AFTER, seconds), RATE_LIMIT_RESET, seconds)
        }
        Some(seconds) => reply::with(refused, RETRY_AFTER, seconds),
    }
}

fn nobody() -> Reply {
    reply::json(
        StatusCode::NOT_FOUND,
        &json!({"message": "the sandbox has nothing at this path", "status": 404}),
    )
}
