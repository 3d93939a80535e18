//! The stand-in Algolia Search: records are written, read, deleted and searched. Source, unless said otherwise: the
//! vendor's description of the Search API (`specs/bundled/search.yml` in algolia/api-clients-automation, August 2026).

mod asked;
mod change;
mod facets;
mod fields;
mod filter;
mod hit;
mod index;
mod indices;
mod key;
mod manage;
mod matching;
mod names;
mod objects;
mod operation;
mod parameters;
mod read;
mod refusal;
mod results;
mod rule;
mod searchable;
mod seen;
mod settings;
mod shelves;
mod text;
mod write;

pub(crate) use indices::Indices;
pub(crate) use shelves::Shelves;

use crate::access::{self, Acl, Restrictions};
use crate::body;
use crate::cors::{from_anywhere, preflight};
use crate::query;
use crate::reply::{self, Reply};
use crate::world::World;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::ACCEPT_ENCODING;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use refusal::Refusal;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// The vendor takes 1 GB; a stand-in in memory doesn't.
const LARGEST_BODY: usize = 64 << 20;

/// What browsers may send.
const METHODS: &str = "GET, POST, PUT, DELETE, OPTIONS";

/// Answers `/1/indexes/…` and `/1/keys/…`, for pages of any origin, packed for those who unpack.
pub(crate) async fn answer(world: &World, request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        return preflight(&parts.headers, METHODS);
    }
    let reply = match body::read(&parts.headers, body, LARGEST_BODY).await {
        Ok(body) => route(world, &parts, &body).unwrap_or_else(|refusal| refusal.reply()),
        Err(bad) => Refusal::unreadable(bad).reply(),
    };
    let reply = from_anywhere(reply);
    if takes_gzip(&parts) { reply::packed(reply) } else { reply }
}

fn takes_gzip(parts: &Parts) -> bool {
    let values = parts.headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings =
        values.flat_map(|value| value.split(',')).map(|coding| coding.trim().to_ascii_lowercase());
    codings.any(|coding| {
        coding.strip_prefix("gzip").is_some_and(|rest| !rest.replace(' ', "").starts_with(";q=0"))
    })
}

fn route(world: &World, parts: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
    let path = segments(parts.uri.path());
    let path = path.iter().map(String::as_str).collect::<Vec<_>>();
    match path.as_slice() {
        ["indexes"] if parts.method == Method::GET => manage::list(world, parts),
        ["indexes", "*", of_all] if parts.method == Method::POST => of_several(world, parts, of_all, body),
        ["indexes", index, rest @ ..] => of_index(world, parts, index, rest, body),
        ["keys", key] if parts.method == Method::GET => key::describe(world, parts, key),
        _ => Err(Refusal::NOTHING_HERE),
    }
}

fn of_several(world: &World, parts: &Parts, what: &str, body: &Bytes) -> Result<Reply, Refusal> {
    match what {
        "batch" => write::batch_of_several(world, parts, body),
        "queries" => read::several(world, parts, body),
        "objects" => objects::several(world, parts, body),
        "recommendations" => objects::recommendations(world, parts, body),
        _ => Err(Refusal::NOTHING_HERE),
    }
}

fn of_index(
    world: &World,
    parts: &Parts,
    index: &str,
    rest: &[&str],
    body: &Bytes,
) -> Result<Reply, Refusal> {
    match (&parts.method, rest) {
        (&Method::GET, []) => read::get(world, parts, index),
        (&Method::POST, ["query"]) => read::query(world, parts, index, body),
        (&Method::POST | &Method::GET, ["browse"]) => read::browse(world, parts, index, body),
        (&Method::POST, ["facets", facet, "query"]) => read::facet(world, parts, index, facet, body),
        (&Method::GET, ["settings"]) => manage::settings(world, parts, index),
        (&Method::PUT, ["settings"]) => manage::set_settings(world, parts, index, body),
        (_, ["rules", what]) => of_rules(world, parts, index, what, body),
        (&Method::POST, ["batch"]) => write::batch(world, parts, index, body),
        (&Method::POST, [id, "partial"]) => write::partial(world, parts, index, id, body),
        (&Method::GET, ["task", task]) => task_status(world, parts, index, task),
        (&Method::GET, [id]) => record(world, parts, index, id),
        (&Method::DELETE, [id]) => write::delete(world, parts, index, id),
        _ => Err(Refusal::NOTHING_HERE),
    }
}

fn of_rules(world: &World, parts: &Parts, index: &str, what: &str, body: &Bytes) -> Result<Reply, Refusal> {
    match (&parts.method, what) {
        (&Method::POST, "batch") => manage::put_rules(world, parts, index, body),
        (&Method::POST, "clear") => manage::clear_rules(world, parts, index),
        (&Method::POST, "search") => manage::search_rules(world, parts, index, body),
        (&Method::GET, id) => manage::rule(world, parts, index, id),
        (&Method::PUT, id) => manage::put_rule(world, parts, index, id, body),
        (&Method::DELETE, id) => manage::delete_rule(world, parts, index, id),
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
    admit(world, parts, needs).map(drop)
}

/// What the request's key restricts it to, if it has the rights.
fn admit(world: &World, parts: &Parts, needs: &[Acl]) -> Result<Restrictions, Refusal> {
    access::admit(&world.options, parts, needs).map_err(Refusal::denied)
}

fn record(world: &World, parts: &Parts, index: &str, id: &str) -> Result<Reply, Refusal> {
    if !admit(world, parts, &[Acl::Search])?.allow(index) {
        return Err(Refusal::FOREIGN_INDEX);
    }
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
