//! The repair plan: which events were told of as another person's than today's knowledge says.
//!
//! An event that carries a user id of its own is never among them. Of the others an event is, if its anonymous id has
//! another owner at the event's own time than was believed when the event was processed: since an identify came late, a
//! second login came late, or an operator has taken a link back. Two users that an alias has made one are no two persons.

use crate::core::event_id;
use crate::event::EventId;
use crate::identity::{Nodes, Origin, canonical, owner, owner_as_of};
use causeway_algolia::insights::{self, Event, Rules};
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

/// The Insights events of these entries that were sent with one of the anonymous ids and no user id, each once, in the
/// order of the entries. `rules` are those that the engine runs with, and so is the secret of encoded tokens. Entries of
/// other intakes are passed over.
pub fn unsigned(entries: &[Entry], anonymous: &[String], rules: &Rules, secret: &[u8]) -> Vec<Unsigned> {
    let by_token = anonymous.iter().map(|id| (tokens::legal(id, secret).into_owned(), id.as_str()));
    let by_token: BTreeMap<String, &str> = by_token.collect();
    let mut met = HashSet::new();
    let mut found: Vec<Unsigned> =
        entries.iter().flat_map(|entry| in_body(entry, &by_token, rules)).collect();
    found.retain(|unsigned| met.insert(unsigned.event));
    found
}

fn in_body(entry: &Entry, by_token: &BTreeMap<String, &str>, rules: &Rules) -> Vec<Unsigned> {
    let batch = insights::parse(&entry.record.body, rules, entry.record.received_at);
    let Some(batch) = batch.ok().filter(|_| crate::Source::is_insights(entry.record.source)) else {
        return Vec::new();
    };
    let events =
        batch.events.iter().enumerate().filter_map(|(item, event)| Some((item, event.as_ref().ok()?)));
    events.filter_map(|(item, event)| without_user(event, entry, item, by_token)).collect()
}

fn without_user(
    event: &Event<'_>,
    entry: &Entry,
    item: usize,
    by_token: &BTreeMap<String, &str>,
) -> Option<Unsigned> {
    let anonymous = *by_token.get(&*event.user_token)?;
    event.authenticated_user_token.is_none().then(|| Unsigned {
        event: event_id(event, entry, item),
        origin: Origin { position: entry.position, item: item as u32 },
        time: event.timestamp.unwrap_or(entry.record.received_at),
        name: event.name.to_string(),
        anonymous: anonymous.to_owned(),
    })
}

/// Those of the events, all of them processed, that would be attributed otherwise today, in their order.
pub fn plan(nodes: &mut impl Nodes, events: &[Unsigned]) -> Vec<Misattributed> {
    events.iter().filter_map(|event| misattributed(nodes, event)).collect()
}

fn misattributed(nodes: &mut impl Nodes, event: &Unsigned) -> Option<Misattributed> {
    let was = owner_as_of(nodes, &event.anonymous, event.time, event.origin);
    let now = owner(nodes, &event.anonymous, event.time);
    if was == now || same_person(nodes, was.as_deref(), now.as_deref()) {
        return None;
    }
    let Origin { position: Position(position), item } = event.origin;
    let (id, time, name) = (event.event.to_string(), event.time, event.name.clone());
    Some(Misattributed { event: id, position, item, time, name, was, now })
}

fn same_person(nodes: &mut impl Nodes, one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_some_and(|(one, other)| canonical(nodes, one) == canonical(nodes, other))
}
