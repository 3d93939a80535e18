//! The stand-in Algolia Analytics: counts the searches that the stand-in Search really received, at once (the vendor takes
//! some minutes). Source, unless said otherwise: the vendor's description (`specs/bundled/analytics.yml` in
//! algolia/api-clients-automation, August 2026).

mod asked;
mod clicks;
mod report;
mod searches;

pub(crate) use searches::{Search, Searches};

use crate::access::{self, Acl, Denied};
use crate::clock::{iso, now_ms};
use crate::cors::{from_anywhere, preflight};
use crate::reply::{self, Reply};
use crate::world::World;
use asked::{Asked, BadParameter};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use report::Report;
use serde_json::{Value, json};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("Invalid Application-Id or API-Key")]
    Unknown,
    #[error("Method not allowed with this API key")]
    Lacking,
    #[error("{0}")]
    Bad(#[from] BadParameter),
    #[error("Index {0} does not exist")]
    NoIndex(String),
    #[error("the sandbox has nothing at this path")]
    NothingHere,
}

/// Answers `/2/…` as far as it isn't Personalization's. Bodies are none of its business.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    crate::body::discard(body).await;
    if parts.method == Method::OPTIONS {
        return preflight(&parts.headers, "GET, OPTIONS");
    }
    from_anywhere(report(world, &parts).unwrap_or_else(|refusal| refusal.reply()))
}

/// Every call of a known key counts, and is told where it stands; but for the status, which isn't limited.
fn report(world: &World, parts: &Parts) -> Result<Reply, Refusal> {
    let restrictions =
        access::admit(&world.options, parts, &[Acl::Analytics]).map_err(|denied| match denied {
            Denied::Unknown => Refusal::Unknown,
            Denied::Lacking => Refusal::Lacking,
        })?;
    let path = parts.uri.path();
    if path == "/2/status" {
        return counted(world, parts, &restrictions);
    }
    let standing = world.memory().analytics_calls.take(now_ms());
    if !standing.allowed {
        return Ok(standing.tell(refused(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")));
    }
    let reply = counted(world, parts, &restrictions).unwrap_or_else(|refusal| refusal.reply());
    Ok(standing.tell(reply))
}

fn counted(world: &World, parts: &Parts, restrictions: &access::Restrictions) -> Result<Reply, Refusal> {
    if parts.method != Method::GET {
        return Err(Refusal::NothingHere);
    }
    let asked = Asked::parse(parts.uri.query().unwrap_or_default(), now_ms())?;
    let memory = world.memory();
    if memory.indices.get(&asked.index).is_none() || !restrictions.allow(&asked.index) {
        return Err(Refusal::NoIndex(asked.index));
    }
    let report = Report::new(&memory.searched, &asked);
    let document = match parts.uri.path() {
        "/2/searches" if asked.clicks => report.top_with_clicks(&clicks::of(&memory.events.after(0))),
        "/2/searches" => report.top(),
        "/2/searches/count" => report.count(),
        "/2/searches/noResults" => report.no_results(),
        "/2/searches/noResultRate" => report.no_result_rate(),
        "/2/searches/noClicks" => report.no_clicks(&clicks::of(&memory.events.after(0))),
        "/2/searches/noClickRate" => report.no_click_rate(&clicks::of(&memory.events.after(0))),
        "/2/users/count" => report.users(),
        "/2/status" => status(memory.searched.last_ms(&asked.index)),
        _ => return Err(Refusal::NothingHere),
    };
    Ok(reply::json(StatusCode::OK, &document))
}

/// Null before the first search.
fn status(last_ms: Option<i64>) -> Value {
    json!({"updatedAt": last_ms.map(iso)})
}

impl Refusal {
    fn reply(&self) -> Reply {
        let status = match self {
            Self::Unknown | Self::Lacking => StatusCode::FORBIDDEN,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::NoIndex(_) | Self::NothingHere => StatusCode::NOT_FOUND,
        };
        refused(status, &self.to_string())
    }
}

fn refused(status: StatusCode, message: &str) -> Reply {
    reply::json(status, &json!({"message": message, "status": status.as_u16()}))
}
