//! `DELETE /1/usertokens/{userToken}`.

use super::{Refusal, check_key, check_method, rules};
use crate::access::Acl;
use crate::clock::now_ms;
use crate::reply::{self, Reply};
use crate::world::World;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::borrow::Cow;

/// Forgets every event of the token at once (the vendor takes up to 48 hours).
pub(super) fn delete(world: &World, parts: &Parts, token: &str) -> Result<Reply, Refusal> {
    check_method(parts, &Method::DELETE)?;
    check_key(world, parts, Acl::DeleteObject)?;
    let token = percent_decode_str(token).decode_utf8_lossy();
    rules::user_token(&token)?;
    let mut memory = world.memory();
    let standing = memory.deletes.take(now_ms());
    if !standing.allowed {
        return Ok(standing.tell(Refusal::TOO_MANY_REQUESTS.reply()));
    }
    memory.events.retain(|event| !belongs(event, &token));
    memory.note_deletion("insights", &token, now_ms());
    Ok(standing.tell(reply::empty(StatusCode::NO_CONTENT)))
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
