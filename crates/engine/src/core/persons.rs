//! Who an event belongs to, and what that tells of links.

use super::LINKS;
use super::step::{Place, Step, made};
use crate::flow::DESTINATION_SEGMENT;
use crate::identity::{self, Links, Noted, Person};
use causeway_algolia::insights::Event;

impl Step<'_> {
    /// Who the event belongs to; notes the link if the event carries one, and has Segment told of a new one.
    pub(super) fn person<'a>(&mut self, event: &'a Event<'a>, place: Place) -> Person<'a> {
        let token = &*event.user_token;
        match event.authenticated_user_token.as_deref() {
            Some(user) if user == token => Person { anonymous: None, user: Some(user.to_owned()) },
            Some(user) => {
                self.note_link(token, user, place);
                Person { anonymous: Some(token), user: Some(user.to_owned()) }
            }
            None => {
                let user = self.links(token).at(place.time).map(str::to_owned);
                Person { anonymous: Some(token), user }
            }
        }
    }

    pub(super) fn links(&mut self, anonymous: &str) -> &mut Links {
        if self.engine.links.get(anonymous).is_none() {
            let fact = self.facts.fact(&identity::links_key(anonymous));
            let stored = fact.unwrap_or_else(|error| {
                self.failure = Some(error);
                None
            });
            let links = stored.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
            self.engine.links.insert(anonymous.into(), links);
        }
        self.engine.links.get(anonymous).expect("it was just put there")
    }

    pub(super) fn note_link(&mut self, anonymous: &str, user: &str, place: Place) {
        let links = self.links(anonymous);
        let noted = links.note(place.time, user);
        if noted == Noted::Known {
            return;
        }
        let stored = serde_json::to_vec(links).expect("links are plain data");
        self.effects.change.facts.push((identity::links_key(anonymous), Some(stored)));
        if noted == Noted::New && self.engine.settings.tell_links && !self.flows.is_empty() {
            self.tell_link(anonymous, user, place);
        }
    }

    /// `identify` with both ids, so that Segment's own profile merges as well. Its id comes from the pair: told once.
    pub(super) fn tell_link(&mut self, anonymous: &str, user: &str, place: Place) {
        let id = identity::link_event(anonymous, user);
        let builder = self.outgoing.to(DESTINATION_SEGMENT);
        let start = builder.payload().len();
        identity::write_identify(anonymous, user, id, place.time, builder.payload());
        builder.add(LINKS, id, made(start, 1, place));
        self.ledger.row(LINKS, self.hour).accepted += 1;
    }
}
