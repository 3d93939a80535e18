//! What was kept, as a JSON array, filtered by query parameters: `limit`, `after` (a sequence number, as in the
//! `Sandbox-Last` header of the answer before), `event`, `userId`, `messageId`.

use crate::kept::Item;
use crate::query;
use crate::reply::{self, Reply};
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::VecDeque;

const LAST: HeaderName = HeaderName::from_static("sandbox-last");

/// Lists the texts that the query asks for, oldest first. `read` takes the sequence to start after; what it locks is free
/// again before the filters look at anything.
pub(super) fn list(query: Option<&str>, read: impl FnOnce(u64) -> Vec<Item>) -> Reply {
    let (Ok(after), Ok(limit)) = (number(query, "after", 0), number(query, "limit", u64::MAX)) else {
        let problem = "after and limit must be whole numbers";
        return reply::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({"error": problem}));
    };
    let wanted = Wanted::of(query);
    let items = read(after).into_iter().filter(|item| wanted.matches(&item.text));
    let items = items.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect::<Vec<_>>();
    let last = items.last().map_or(after, |item| item.sequence);
    reply::with(
        reply::pieces(StatusCode::OK, "application/json", array(items)),
        LAST,
        HeaderValue::from(last),
    )
}

/// The filters; an absent one lets everything pass.
#[derive(Debug)]
struct Wanted {
    event: Option<String>,
    user_id: Option<String>,
    message_id: Option<String>,
}

/// The fields that filters look at, of a message itself, of a dropped message or of an Insights event.
#[derive(Debug, Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow, alias = "eventName")]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "userId", alias = "userToken")]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "messageId")]
    message_id: Option<Cow<'a, str>>,
}

/// A dropped message beside its reason.
#[derive(Debug, Deserialize)]
struct Dropped<'a> {
    #[serde(borrow, rename = "reason")]
    _reason: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
}

impl Wanted {
    fn of(query: Option<&str>) -> Self {
        let value = |name| query::value(query, name);
        Self { event: value("event"), user_id: value("userId"), message_id: value("messageId") }
    }

    fn matches(&self, text: &[u8]) -> bool {
        let wants = [&self.event, &self.user_id, &self.message_id];
        if wants.iter().all(|want| want.is_none()) {
            return true;
        }
        let inner =
            serde_json::from_slice::<Dropped>(text).map_or(text, |dropped| dropped.message.get().as_bytes());
        let Ok(fields) = serde_json::from_slice::<Fields>(inner) else { return false };
        let given = [&fields.event, &fields.user_id, &fields.message_id];
        wants
            .into_iter()
            .zip(given)
            .all(|(want, given)| want.is_none() || want.as_deref() == given.as_deref())
    }
}

fn number(query: Option<&str>, name: &str, default: u64) -> Result<u64, std::num::ParseIntError> {
    query::value(query, name).map_or(Ok(default), |value| value.parse())
}

fn array(items: Vec<Item>) -> VecDeque<Bytes> {
    let mut pieces = VecDeque::with_capacity(items.len() * 2 + 2);
    pieces.push_back(Bytes::from_static(b"["));
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            pieces.push_back(Bytes::from_static(b",\n"));
        }
        pieces.push_back(item.text);
    }
    pieces.push_back(Bytes::from_static(b"]"));
    pieces
}
