//! What a person did last. Nothing is kept for this: it is read from the journal when somebody asks.

use crate::core::Source;
use crate::identity::{Nodes, Person, owner_or_later};
use crate::lookup;
use crate::past::{self, Past, Told};
use crate::span::Needle;
use causeway_algolia::insights::{Rules, Subject};
use causeway_algolia::tokens;
use causeway_store::{Entry, Error, Journal, State};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// So many events are remembered.
pub const MAX_LATEST: usize = 20;

/// One thing that a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latest {
    /// Its id, by which it can be traced.
    pub event: String,
    /// When it happened, in milliseconds since the Unix epoch.
    pub time: i64,
    /// The vendor's word for what it is: `click`, `conversion/purchase`, `track`, …
    pub kind: String,
    /// Its name, if its kind has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The search that it followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_id: Option<String>,
    /// The objects or filters that it was about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

/// The latest [`MAX_LATEST`] events and calls of a person, newest first. Of a device that several people used only those
/// that were the person's.
pub fn latest(
    (journal, state): (&dyn Journal, &dyn State),
    nodes: &mut impl Nodes,
    person: &Person,
    rules: &Rules,
    secret: &[u8],
) -> Result<Vec<Latest>, Error> {
    let mut memory =
        Memory { person, sent_as: sent_as(person, secret), met: HashSet::new(), found: Vec::new() };
    let needles: Vec<Needle> = memory.sent_as.keys().map(|id| Needle::id(id)).collect();
    for (first, last) in lookup::stretches(state, &needles)? {
        for entry in journal.range(first, last)?.iter().rev() {
            memory.look(nodes, entry, rules);
        }
        if memory.found.len() >= MAX_LATEST {
            break;
        }
    }
    let mut found = memory.found;
    found.sort_by_key(|latest| std::cmp::Reverse(latest.time));
    found.truncate(MAX_LATEST);
    Ok(found)
}

/// Each of the person's ids, by the ways in which it may have been sent.
fn sent_as(person: &Person, secret: &[u8]) -> BTreeMap<String, String> {
    let ids = person.users.iter().chain(&person.anonymous);
    ids.flat_map(|id| [(id.clone(), id.clone()), (tokens::legal(id, secret).into_owned(), id.clone())])
        .collect()
}

struct Memory<'p> {
    person: &'p Person,
    sent_as: BTreeMap<String, String>,
    met: HashSet<crate::event::EventId>,
    found: Vec<Latest>,
}

impl Memory<'_> {
    fn look(&mut self, nodes: &mut impl Nodes, entry: &Entry, rules: &Rules) {
        // What was entered again is known from when it first came.
        let source = Source::of(entry.record.source);
        if !matches!(source, Some(Source::Insights | Source::Tracking | Source::Webhook)) {
            return;
        }
        for past in past::read(entry, rules).iter().rev() {
            let time = past.timestamp().unwrap_or(entry.record.received_at);
            if self.is_theirs(nodes, past, time) && self.met.insert(past.id) {
                self.found.push(told(past, time));
            }
        }
    }

    fn is_theirs(&self, nodes: &mut impl Nodes, past: &Past<'_>, time: i64) -> bool {
        if matches!(&past.told, Told::Call(call) if call.is_ours()) {
            return false;
        }
        if let Some(user) = past.user() {
            return self.sent_as.get(user).is_some_and(|user| self.person.users.contains(user));
        }
        let Some(anonymous) = past.anonymous().and_then(|sent| self.sent_as.get(sent)) else { return false };
        match owner_or_later(nodes, anonymous, time) {
            Some(owner) => self.person.users.contains(&owner),
            None => self.person.users.is_empty() || self.person.users.contains(anonymous),
        }
    }
}

fn told(past: &Past<'_>, time: i64) -> Latest {
    let (query_id, about) = match &past.told {
        Told::Event(event) => {
            let about = match &event.subject {
                Subject::Objects(objects) => objects.iter().map(|object| object.id.to_string()).collect(),
                Subject::Filters(filters) => filters.iter().map(ToString::to_string).collect(),
                Subject::None => Vec::new(),
            };
            (event.query_id.as_deref().map(str::to_owned), about)
        }
        Told::Call(_) | Told::Search(..) => (None, Vec::new()),
    };
    let name = past.name().map(str::to_owned);
    Latest { event: past.id.to_string(), time, kind: past.kind(), name, query_id, about }
}
