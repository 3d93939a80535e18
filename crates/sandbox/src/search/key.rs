//! `GET /1/keys/{key}`

use super::allow;
use super::refusal::Refusal;
use crate::access::{self, Acl};
use crate::reply::{self, Reply};
use crate::world::World;
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::json;

/// When every key was made: Unix seconds, any number.
const CREATED_AT: u32 = 1_700_000_000;

/// What a key may do. An admin key may ask about every key, any other about itself alone.
pub(super) fn describe(world: &World, parts: &Parts, key: &str) -> Result<Reply, Refusal> {
    allow(world, parts, &[Acl::Search])?;
    let own = access::key(parts);
    let admin = world.options.admin_keys.contains(&own);
    if !admin && own != key {
        return Err(Refusal::LACKING);
    }
    let rights = access::rights(&world.options, key).ok_or(Refusal::NO_KEY)?;
    let description = if admin { "a key of the sandbox" } else { "<redacted>" };
    let answer = json!({
        "value": key, "createdAt": CREATED_AT, "acl": rights, "description": description, "indexes": [],
        "maxHitsPerQuery": 0, "maxQueriesPerIPPerHour": 0, "validity": 0,
    });
    Ok(reply::json(StatusCode::OK, &answer))
}
