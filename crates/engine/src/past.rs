//! What a record of the journal told, read again as the engine read it.

use crate::core::{self, Source};
use crate::event::EventId;
use crate::payload::SEARCH;
use crate::repair::Again;
use crate::searches::{self, Item, Search, Via};
use causeway_algolia::insights::{self, Event, Rules, Subject};
use causeway_segment::call::{self, Call, Route};
use causeway_store::Entry;
use std::borrow::Cow;

/// One valid item of a record.
#[derive(Debug)]
pub struct Past<'e> {
    /// Its place in the record, from 0.
    pub item: usize,
    /// Its id.
    pub id: EventId,
    /// What it is.
    pub told: Told<'e>,
}

/// What an item is.
#[derive(Debug)]
pub enum Told<'e> {
    /// An Insights event.
    Event(Event<'e>),
    /// A call of Segment's.
    Call(Call<'e>),
    /// A search that was seen, and its JSON as it came.
    Search(Search<'e>, &'e str),
}

/// The valid items of a record, in their order. `rules` are those that the engine runs with. Orders hold none.
pub fn read<'e>(entry: &'e Entry, rules: &Rules) -> Vec<Past<'e>> {
    match Source::of(entry.record.source) {
        Some(Source::Insights | Source::Repaired) => events(entry, rules),
        // It was judged when it came first; since then it has only grown older.
        Some(Source::Reattributed) => again(entry, events(entry, &Rules { max_age_ms: i64::MAX, ..*rules })),
        Some(Source::Tracking) => core::route_of(entry).map_or_else(Vec::new, |route| calls(entry, route)),
        Some(Source::Webhook | Source::RepairedCall) => calls(entry, Route::Webhook),
        Some(Source::ReattributedCall) => again(entry, calls(entry, Route::Webhook)),
        Some(Source::Searches | Source::RepairedSearch) => searches(entry),
        Some(Source::ReattributedSearch) => again(entry, searches(entry)),
        Some(Source::Operator | Source::Tick | Source::Reported) | None => Vec::new(),
    }
}

fn events<'e>(entry: &'e Entry, rules: &Rules) -> Vec<Past<'e>> {
    let batch = insights::parse(&entry.record.body, rules, entry.record.received_at);
    let events = batch.map(|batch| batch.events).unwrap_or_default().into_iter().enumerate();
    let past = events.filter_map(|(item, event)| {
        let event = event.ok()?;
        Some(Past { item, id: core::event_id(&event, entry, item), told: Told::Event(event) })
    });
    past.collect()
}

fn calls(entry: &Entry, route: Route) -> Vec<Past<'_>> {
    let batch = call::parse(&entry.record.body, route, entry.record.received_at);
    let calls = batch.map(|batch| batch.calls).unwrap_or_default().into_iter().enumerate();
    let past = calls.filter_map(|(item, call)| {
        let call = call.ok()?;
        Some(Past { item, id: core::call_id(&call, entry, item), told: Told::Call(call) })
    });
    past.collect()
}

fn searches(entry: &Entry) -> Vec<Past<'_>> {
    let items = searches::items(&entry.record.body, entry.record.received_at).unwrap_or_default();
    let past = items.into_iter().enumerate().filter_map(|(item, found)| match found {
        // Nobody's search: Causeway asked.
        Item::Search(search, _) if search.via == Via::Probe => None,
        Item::Search(search, raw) => {
            Some(Past { item, id: searches::id_of(&search), told: Told::Search(search, raw) })
        }
        Item::Erased | Item::Invalid(..) => None,
    });
    past.collect()
}

fn again<'e>(entry: &Entry, past: Vec<Past<'e>>) -> Vec<Past<'e>> {
    let Some(Again { id, .. }) = Again::decode(&entry.record.meta) else { return Vec::new() };
    past.into_iter().map(|past| Past { id, ..past }).collect()
}

impl Past<'_> {
    /// The vendor's word for what it is: an `eventType` with its `eventSubtype`, or a call's type.
    pub fn kind(&self) -> String {
        match &self.told {
            Told::Event(event) => {
                let words = [Some(event.kind.event_type()), event.kind.event_subtype()];
                words.into_iter().flatten().collect::<Vec<_>>().join("/")
            }
            Told::Call(call) => call.kind.as_str().to_owned(),
            Told::Search(..) => SEARCH.to_owned(),
        }
    }

    /// Its name, if its kind has one: of a search the query.
    pub fn name(&self) -> Option<&str> {
        match &self.told {
            Told::Event(event) => Some(&event.name),
            Told::Call(call) => call.name.as_deref(),
            Told::Search(search, _) => Some(&search.query),
        }
    }

    /// The time that it says, in milliseconds since the Unix epoch.
    pub fn timestamp(&self) -> Option<i64> {
        match &self.told {
            Told::Event(event) => event.timestamp,
            Told::Call(call) => call.timestamp,
            Told::Search(search, _) => Some(search.at),
        }
    }

    /// The anonymous id as it was sent: a `userToken` or an `anonymousId`.
    pub fn anonymous(&self) -> Option<&str> {
        match &self.told {
            Told::Event(event) => Some(&event.user_token),
            Told::Call(call) => call.anonymous_id.as_deref(),
            Told::Search(search, _) => search.user_token.as_deref(),
        }
    }

    /// The user id as it was sent: an `authenticatedUserToken` or a `userId`.
    pub fn user(&self) -> Option<&str> {
        match &self.told {
            Told::Event(event) => event.authenticated_user_token.as_deref(),
            Told::Call(call) => call.user_id.as_deref(),
            Told::Search(..) => None,
        }
    }

    /// Its JSON as it came.
    pub fn raw(&self) -> &str {
        match &self.told {
            Told::Event(event) => event.raw,
            Told::Call(call) => call.raw,
            Told::Search(_, raw) => raw,
        }
    }

    /// Whether this is one of its ids.
    pub fn mentions(&self, wanted: &str) -> bool {
        match &self.told {
            Told::Event(event) => event_mentions(event, wanted),
            Told::Call(call) => {
                let ids = [&call.user_id, &call.anonymous_id, &call.previous_id, &call.message_id];
                ids.into_iter().flatten().any(|id| id == wanted)
            }
            Told::Search(search, _) => {
                let ids = [&search.user_token, &search.query_id];
                ids.into_iter().flatten().chain(&search.object_ids).any(|id| id == wanted)
            }
        }
    }
}

fn event_mentions(event: &Event<'_>, wanted: &str) -> bool {
    let is = |id: &Option<Cow<'_, str>>| id.as_deref() == Some(wanted);
    let objects = match &event.subject {
        Subject::Objects(objects) => objects.as_slice(),
        _ => &[],
    };
    event.user_token == wanted
        || is(&event.authenticated_user_token)
        || is(&event.query_id)
        || objects.iter().any(|object| {
            let query = object.data.as_ref().and_then(|data| data.query_id.as_deref());
            object.id == wanted || query == Some(wanted)
        })
}
