//! Who an event was taken to be of.

use crate::core::Facts;
use crate::identity::{Nodes, Origin, Reader, canonical, owner, owner_as_of, token_key};
use crate::lookup::StoredFacts;
use crate::past::Past;
use causeway_algolia::tokens;
use causeway_store::{Entry, Error, State};
use serde::Serialize;

/// The identifiers that an event stands under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The anonymous id, decoded; nothing if the event names none but the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<String>,
    /// The user when the event was processed, as was known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The user as is known now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id_now: Option<String>,
    /// `event` if the event itself names the user, `link` if it is known from elsewhere, `none` if it was not known.
    pub by: &'static str,
}

/// The identity of what a record told.
pub(super) fn of(past: &Past<'_>, entry: &Entry, state: &dyn State) -> Result<Identity, Error> {
    let facts = StoredFacts(state);
    let anonymous = past.anonymous().map(|id| behind(id, &facts)).transpose()?;
    let named = past.user().map(|id| behind(id, &facts)).transpose()?;
    let mut nodes = Reader::new(&facts);
    let time = past.timestamp().unwrap_or(entry.record.received_at);
    let origin = Origin { position: entry.position, item: past.item as u32 };
    let identity = match named {
        Some(user) => Identity {
            anonymous_id: anonymous.filter(|anonymous| *anonymous != user),
            user_id_now: Some(canonical(&mut nodes, &user)),
            user_id: Some(user),
            by: "event",
        },
        None => linked(&mut nodes, anonymous, time, origin),
    };
    nodes.finish()?;
    Ok(identity)
}

fn linked(nodes: &mut impl Nodes, anonymous: Option<String>, time: i64, origin: Origin) -> Identity {
    let id = anonymous.as_deref();
    let then = id.and_then(|id| owner_as_of(nodes, id, time, origin));
    let now = id.and_then(|id| owner(nodes, id, time)).map(|user| canonical(nodes, &user));
    let by = if then.is_some() { "link" } else { "none" };
    Identity { anonymous_id: anonymous, user_id: then, user_id_now: now, by }
}

fn behind(token: &str, facts: &impl Facts) -> Result<String, Error> {
    let stored = if tokens::is_encoded(token) { facts.fact(&token_key(token))? } else { None };
    Ok(stored.and_then(|id| String::from_utf8(id).ok()).unwrap_or_else(|| token.to_owned()))
}
