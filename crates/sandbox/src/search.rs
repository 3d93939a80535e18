//! The stand-in Algolia Search, as far as records are written, read and deleted. Source, unless said otherwise: the
//! vendor's description of the Search API (`specs/bundled/search.yml` in algolia/api-clients-automation, August 2026).

mod change;
mod indices;
mod key;
mod operation;
mod refusal;
mod write;

pub(crate) use indices::Indices;

use crate::access::{self, Acl};
use crate::body;
use crate::query;
use crate::reply::{self, Reply};
use crate::world::World;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use refusal::Refusal;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// The vendor takes 1 GB; a stand-in in memory doesn't.
const LARGEST_BODY: usize = 64 << 20;

/// Answers `/1/indexes/…` and `/1/keys/…`.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    let body = match body::read(&parts.headers, body, LARGEST_BODY).await {
        Ok(body) => body,
        Err(bad) => return Refusal::unreadable(bad).reply(),
    };
    route(world, &parts, &body).unwrap_or_else(|refusal| refusal.reply())
}

fn route(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let path = segments(parts.uri.path());
    let path = path.iter().map(String::as_str).collect::<Vec<_>>();
    match (&parts.method, path.as_slice()) {
        (&Method::POST, ["indexes", "*", "batch"]) => write::batch_of_several(world, parts, body),
        (&Method::POST, ["indexes", index, "batch"]) => write::batch(world, parts, index, body),
        (&Method::POST, ["indexes", index, id, "partial"]) => write::partial(world, parts, index, id, body),
        (&Method::GET, ["indexes", index, "task", task]) => task_status(world, parts, index, task),
        (&Method::GET, ["indexes", index, id]) => record(world, parts, index, id),
        (&Method::DELETE, ["indexes", index, id]) => write::delete(world, parts, index, id),
        (&Method::GET, ["keys", key]) => key::describe(world, parts, key),
        _ => Err(Refusal::NOTHING_HERE),
    }
}

/// A refusal in the shape of every other one, for faults.
pub(crate) fn refuse(status: StatusCode, message: &str) -> Reply {
    Refusal::new(status, message).reply()
}

/// What follows `/1/`, decoded.
fn segments(path: &str) -> Vec<String> {
    let raw = path.strip_prefix("/1/").unwrap_or(path).split('/');
    raw.map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}

fn allow(world: &World, parts: &Parts, needs: &[Acl]) -> Result<(), Refusal> {
    access::check(&world.options, parts, needs).map_err(Refusal::denied)
}

fn record(world: &World, parts: &Parts, index: &str, id: &str) -> Result<Reply, Refusal> {
    allow(world, parts, &[Acl::Search])?;
    let mut memory = world.memory();
    memory.indices.settle(Instant::now());
    let records = memory.indices.get(index).ok_or_else(|| Refusal::no_index(index))?;
    let record = records.get(id).ok_or(Refusal::NO_RECORD)?;
    let wanted = query::value(parts.uri.query(), "attributesToRetrieve");
    Ok(reply::json(StatusCode::OK, &Value::Object(retrieve(&record.fields, wanted.as_deref()))))
}

/// All attributes, or those of a comma-separated list and `objectID`.
fn retrieve(fields: &Map<String, Value>, wanted: Option<&str>) -> Map<String, Value> {
    let Some(wanted) = wanted else { return fields.clone() };
    let chosen = |key: &str| key == "objectID" || wanted.split(',').any(|name| name == key || name == "*");
    fields.iter().filter(|(key, _)| chosen(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// `published` once the task's writes can be read. Tasks aren't remembered: one that isn't waiting was published, unless
/// its number was never given.
fn task_status(world: &World, parts: &Parts, index: &str, task: &str) -> Result<Reply, Refusal> {
    allow(world, parts, &[Acl::AddObject])?;
    let task = task.parse().map_err(|_| Refusal::bad_request("Invalid taskID"))?;
    let mut memory = world.memory();
    memory.indices.settle(Instant::now());
    let published = memory.indices.is_published(index, task).ok_or(Refusal::NO_TASK)?;
    let status = if published { "published" } else { "notPublished" };
    Ok(reply::json(StatusCode::OK, &json!({"status": status})))
}
