//! Events of a person, asked for by a user id: also those that name only a device of the person's.

use crate::identity::{Identifier, Kind, Reader, owner_or_later, person};
use crate::lookup::StoredFacts;
use crate::past::Past;
use crate::people;
use causeway_algolia::tokens;
use causeway_store::{Entry, Error, State};
use std::collections::{BTreeMap, BTreeSet};

/// Whom a text names, by every way in which the ids may have been sent.
#[derive(Debug, Default)]
pub(super) struct Whose {
    /// The id behind each text that may stand in an event.
    sent_as: BTreeMap<String, String>,
    /// Ids that are the person's whoever else has the device; the id that was asked for is one.
    own: BTreeSet<String>,
}

impl Whose {
    /// The person of a user id; of any other id that id alone, however it was sent.
    pub(super) fn of(mention: Option<&str>, state: &dyn State, secret: &[u8]) -> Result<Self, Error> {
        let Some(mention) = mention.filter(|mention| !mention.is_empty()) else { return Ok(Self::default()) };
        let facts = StoredFacts(state);
        let asked = people::identify(&facts, mention)?;
        let mut devices = Vec::new();
        let mut own = BTreeSet::from([asked.id.clone()]);
        if asked.kind == Kind::User {
            let mut nodes = Reader::new(&facts);
            // Of a user id the time does not matter.
            let person = person(&mut nodes, &Identifier::user(&asked.id), i64::MAX);
            nodes.finish()?;
            own.extend(person.users);
            devices = person.anonymous;
        }
        let all = own.iter().chain(&devices);
        let sent_as =
            all.flat_map(|id| [(id.clone(), id.clone()), (tokens::legal(id, secret).into(), id.clone())]);
        Ok(Self { sent_as: sent_as.collect(), own })
    }

    /// The texts that may stand in its events.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.sent_as.keys().map(String::as_str)
    }

    /// Whether it is the person's: by its user id, or else by whose the device was.
    pub(super) fn owns(&self, past: &Past<'_>, entry: &Entry, state: &dyn State) -> Result<bool, Error> {
        if let Some(user) = past.user() {
            return Ok(self.sent_as.get(user).is_some_and(|id| self.own.contains(id)));
        }
        let Some(anonymous) = past.anonymous().and_then(|id| self.sent_as.get(id)) else { return Ok(false) };
        if self.own.contains(anonymous) {
            return Ok(true);
        }
        let facts = StoredFacts(state);
        let mut nodes = Reader::new(&facts);
        let time = past.timestamp().unwrap_or(entry.record.received_at);
        let owner = owner_or_later(&mut nodes, anonymous, time);
        nodes.finish()?;
        Ok(owner.is_some_and(|owner| self.own.contains(&owner)))
    }
}
