//! The repair plan: which events were told of as another person's than today's knowledge says.
//!
//! An event that carries a user id of its own is never among them. Of the others an event is, if its anonymous id has
//! another owner at the event's own time than was believed when the event was processed: since an identify came late, a
//! second login came late, or an operator has taken a link back. Two users that an alias has made one are no two persons.

mod again;
mod find;

pub use again::{Again, Resent};
pub(crate) use again::{RESENT, resent_key};
pub use find::{MAX_PLAN, Plan, find};

use crate::core::{Source, message_of};
use crate::event::EventId;
use crate::identity::{Nodes, Origin, canonical, owner, owner_as_of, owners};
use crate::past::{self, Past, Told};
use causeway_algolia::insights::Rules;
use causeway_algolia::tokens;
use causeway_store::{Entry, Position};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// An event without a user id of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// Its id.
    pub event: EventId,
    /// Where it stands in the journal.
    pub origin: Origin,
    /// Its own time, in milliseconds since the Unix epoch.
    pub time: i64,
    /// Its name.
    pub name: String,
    /// The anonymous id that it was sent with, decoded.
    pub anonymous: String,
    /// When it came, in milliseconds since the Unix epoch.
    pub received_at: i64,
    /// Its JSON: an event or a search as it came, or a call as Segment would hand it on.
    pub raw: String,
    /// What it is.
    pub what: What,
    /// The id under which it was last told of again, if ever.
    pub resent: Option<EventId>,
}

/// What an event without a user id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An Insights event.
    Event,
    /// A call of Segment's.
    Call,
    /// A search that was seen.
    Search,
}

/// An event that was told of as another person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Misattributed {
    /// Its id, as 32 hexadecimal digits.
    pub event: String,
    /// The journal position of its record.
    pub position: u64,
    /// Its place in the record, counted from 0.
    pub item: u32,
    /// Its own time, in milliseconds since the Unix epoch.
    pub time: i64,
    /// Its name.
    pub name: String,
    /// The user that it was attributed to; none if nobody was known.
    pub was: Option<String>,
    /// The user that it would be attributed to today.
    pub now: Option<String>,
}

/// The events and calls of these entries that were sent with one of the anonymous ids and no user id, each once, in the
/// order of the entries. `rules` are those that the engine runs with, and so is the secret of encoded tokens.
pub fn unsigned(entries: &[Entry], anonymous: &[String], rules: &Rules, secret: &[u8]) -> Vec<Unsigned> {
    let sent_as =
        |id: &String| [(id.clone(), id.clone()), (tokens::legal(id, secret).into_owned(), id.clone())];
    let by_sent: BTreeMap<String, String> = anonymous.iter().flat_map(sent_as).collect();
    let mut met = HashSet::new();
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| came_first(entry)) {
        let past = past::read(entry, rules).into_iter();
        found.extend(past.filter_map(|past| without_user(&past, entry, &by_sent)));
    }
    found.retain(|unsigned: &Unsigned| met.insert(unsigned.event));
    found
}

fn came_first(entry: &Entry) -> bool {
    let source = Source::of(entry.record.source);
    let again = [Source::Reattributed, Source::ReattributedCall, Source::ReattributedSearch];
    source.is_some_and(|source| !again.contains(&source))
}

fn without_user(past: &Past<'_>, entry: &Entry, by_sent: &BTreeMap<String, String>) -> Option<Unsigned> {
    let anonymous = by_sent.get(past.anonymous()?)?;
    let received_at = entry.record.received_at;
    let (time, raw, what) = match &past.told {
        Told::Event(event) => (event.timestamp.unwrap_or(received_at), event.raw.to_owned(), What::Event),
        Told::Call(call) if call.is_ours() => return None,
        Told::Call(call) => {
            let time = call.timestamp.map_or(received_at, |time| time.min(received_at));
            (time, message_of(call, entry, past.id), What::Call)
        }
        Told::Search(search, raw) => (search.at, (*raw).to_owned(), What::Search),
    };
    past.user().is_none().then(|| Unsigned {
        event: past.id,
        origin: Origin { position: entry.position, item: past.item as u32 },
        time,
        name: past.name().map_or_else(|| past.kind(), str::to_owned),
        anonymous: anonymous.clone(),
        received_at,
        raw,
        what,
        resent: None,
    })
}

/// Those of the events, all of them processed, that would be attributed otherwise today, in their order.
pub fn plan(nodes: &mut impl Nodes, events: &[Unsigned]) -> Vec<Misattributed> {
    events.iter().filter_map(|event| misattributed(nodes, event)).collect()
}

fn misattributed(nodes: &mut impl Nodes, event: &Unsigned) -> Option<Misattributed> {
    let was = told_as(nodes, event);
    let now = owner(nodes, &event.anonymous, event.time);
    if was == now || same_person(nodes, was.as_deref(), now.as_deref()) {
        return None;
    }
    let Origin { position: Position(position), item } = event.origin;
    let (id, time, name) = (event.event.to_string(), event.time, event.name.clone());
    Some(Misattributed { event: id, position, item, time, name, was, now })
}

/// Whom Segment knows it as: who it was last told of as, or else who was believed to be its owner when it came.
fn told_as(nodes: &mut impl Nodes, event: &Unsigned) -> Option<String> {
    let Some(resent) = event.resent else {
        return owner_as_of(nodes, &event.anonymous, event.time, event.origin);
    };
    let owners = owners(nodes, &event.anonymous).into_iter();
    owners.into_iter().find(|owner| event.event.reattributed(Some(owner)) == resent)
}

fn same_person(nodes: &mut impl Nodes, one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_some_and(|(one, other)| canonical(nodes, one) == canonical(nodes, other))
}
