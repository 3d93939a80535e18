//! Telling of an event again: what its record says beside the event, and what is remembered of it.

use super::{Unsigned, What};
use crate::core::Source;
use crate::event::EventId;
use causeway_store::Record;
use serde::{Deserialize, Serialize};

/// Which event a record tells of again. It names nobody: a record's meta can't be rewritten when a person is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// The event's id when it first came.
    pub event: EventId,
    /// Its id as the person's that it is now taken to be; see [`EventId::reattributed`].
    pub id: EventId,
    /// When it first came, in milliseconds since the Unix epoch.
    pub received_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    event: String,
    id: String,
    received_at: i64,
}

impl Again {
    /// Reads a record's meta.
    pub fn decode(meta: &[u8]) -> Option<Self> {
        let Written { event, id, received_at } = serde_json::from_slice(meta).ok()?;
        Some(Self { event: event.parse().ok()?, id: id.parse().ok()?, received_at })
    }

    fn encode(self) -> Vec<u8> {
        let Self { event, id, received_at } = self;
        let written = Written { event: event.to_string(), id: id.to_string(), received_at };
        serde_json::to_vec(&written).expect("it is plain data")
    }
}

/// The record that tells of an event again, as this user's or nobody's.
pub(super) fn record(event: &Unsigned, user: Option<&str>, now: i64) -> Record {
    let Unsigned { event: first, received_at, ref raw, what, .. } = *event;
    let again = Again { event: first, id: first.reattributed(user), received_at };
    let (source, body) = match what {
        What::Event => (Source::Reattributed, format!("{{\"events\":[{raw}]}}")),
        What::Call => (Source::ReattributedCall, raw.clone()),
        What::Search => (Source::ReattributedSearch, format!("{{\"searches\":[{raw}]}}")),
    };
    Record { source: source.into(), received_at: now, meta: again.encode().into(), body: body.into() }
}

/// The id under which an event was last told of again; none if it never was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resent(pub Option<EventId>);

impl Resent {
    pub(crate) fn decode(stored: &[u8]) -> Self {
        Self(stored.try_into().ok().map(|bytes| EventId(u128::from_le_bytes(bytes))))
    }

    pub(crate) fn encode(self) -> Option<Vec<u8>> {
        self.0.map(|id| id.0.to_le_bytes().to_vec())
    }
}

/// The prefix of what is remembered of events.
pub(crate) const RESENT: &[u8] = b"resent/";

/// The key of what is remembered of an event.
pub(crate) fn resent_key(event: EventId) -> Vec<u8> {
    [RESENT, &event.0.to_be_bytes()[..]].concat()
}
