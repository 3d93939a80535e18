//! `DELETE /1/usertokens/{userToken}`.

use super::quota::Standing;
use super::{Refusal, Right, check_key, check_method, rules};
use crate::reply::{self, Reply};
use crate::world::{World, now_ms};
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::borrow::Cow;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Forgets every event of the token at once (the vendor takes up to 48 hours).
pub(super) fn delete(world: &World, parts: &Parts, token: &str) -> Result<Reply, Refusal> {
    check_method(parts, &Method::DELETE)?;
    check_key(world, parts, Right::DeleteObject)?;
    let token = percent_decode_str(token).decode_utf8_lossy();
    rules::user_token(&token)?;
    let mut memory = world.memory();
    let standing = memory.deletes.take(now_ms());
    if !standing.allowed {
        return Ok(limited(Refusal::TOO_MANY_REQUESTS.reply(), standing));
    }
    memory.events.retain(|event| !belongs(event, &token));
    Ok(limited(reply::empty(StatusCode::NO_CONTENT), standing))
}

#[derive(Deserialize)]
struct Tokens<'a> {
    #[serde(borrow, rename = "userToken")]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "authenticatedUserToken")]
    authenticated: Option<Cow<'a, str>>,
}

fn belongs(event: &[u8], token: &str) -> bool {
    serde_json::from_slice::<Tokens>(event)
        .is_ok_and(|tokens| [tokens.user, tokens.authenticated].iter().flatten().any(|own| own == token))
}

fn limited(reply: Reply, standing: Standing) -> Reply {
    let reply = reply::with(reply, LIMIT, standing.limit);
    let reply = reply::with(reply, REMAINING, standing.remaining);
    reply::with(reply, RESET, HeaderValue::from(standing.reset))
}
