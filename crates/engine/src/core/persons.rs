//! Who an event belongs to, and what that tells of links.

use super::LINKS;
use super::known::StepNodes;
use super::step::{Place, Step, made};
use crate::flow::DESTINATION_SEGMENT;
use crate::identity::{self, Evidence, Identifier, Noted, Origin, Reason, Sender};
use causeway_algolia::insights::Event;
use causeway_algolia::tokens;
use std::borrow::Cow;

impl Step<'_> {
    /// Who the event belongs to; notes the link if the event carries one, and has Segment told of a new one.
    pub(super) fn sender<'a>(&mut self, event: &'a Event<'a>, place: Place) -> Sender<'a> {
        let anonymous = self.id_behind(&event.user_token);
        let user = event.authenticated_user_token.as_deref().map(|token| self.id_behind(token));
        match user {
            Some(user) if user == anonymous => Sender { anonymous: None, user: Some(user.into_owned()) },
            Some(user) => {
                self.note_link(&anonymous, &user, place, Reason::BothIdsInsights);
                Sender { anonymous: Some(anonymous), user: Some(user.into_owned()) }
            }
            None => {
                let user = self.owner(&anonymous, place);
                Sender { anonymous: Some(anonymous), user }
            }
        }
    }

    /// Whom an anonymous id belongs to at an instant, by the name that the person goes by now.
    pub(super) fn owner(&mut self, anonymous: &str, place: Place) -> Option<String> {
        let owner = identity::owner(&mut self.nodes(), anonymous, place.time)?;
        Some(identity::canonical(&mut self.nodes(), &owner))
    }

    /// Who is who, to be asked and told.
    pub(super) fn nodes(&mut self) -> StepNodes<'_> {
        StepNodes { known: &mut self.engine.known, facts: self.facts, failure: &mut self.failure }
    }

    /// Notes that the anonymous id was seen with the user, and what follows from that.
    pub(super) fn note_link(&mut self, anonymous: &str, user: &str, place: Place, reason: Reason) {
        let origin = Origin { position: place.position, item: place.item };
        let evidence = Evidence { time: place.time, origin, reason };
        let ids = [Identifier::user(user), Identifier::anonymous(anonymous)];
        let mut people = self.standing_before(&ids, place);
        let noted = identity::seen_together(&mut self.nodes(), anonymous, user, evidence);
        if noted > Noted::Extended {
            people.extend(self.standing(&ids, place));
            self.sync_link(&people, place);
        }
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

    /// The token that Algolia knows an id by; what it stands for is remembered.
    pub(super) fn token(&mut self, id: &str) -> String {
        let token = self.token_of(id);
        if token != id && self.known_token(&token).is_none() {
            self.effects.change.facts.push((identity::token_key(&token), Some(id.as_bytes().to_vec())));
            self.engine.known.tokens.insert(token.as_str().into(), Some(id.into()));
        }
        token
    }

    /// The token that Algolia knows an id by: another text than the id if it is encoded.
    pub(super) fn token_of(&self, id: &str) -> String {
        tokens::legal(id, self.engine.settings.token_secret.expose().as_bytes()).into_owned()
    }

    /// The id that a token of Algolia's stands for: itself, if it is none that we encoded.
    pub(super) fn id_behind<'a>(&mut self, token: &'a str) -> Cow<'a, str> {
        if !tokens::is_encoded(token) {
            return Cow::Borrowed(token);
        }
        self.known_token(token).map_or(Cow::Borrowed(token), |id| Cow::Owned(id.to_owned()))
    }

    pub(super) fn known_token(&mut self, token: &str) -> Option<&str> {
        if self.engine.known.tokens.get(token).is_none() {
            let fact = self.facts.fact(&identity::token_key(token)).unwrap_or_else(|error| {
                self.failure = Some(error);
                None
            });
            let id = fact.and_then(|bytes| String::from_utf8(bytes).ok()).map(String::into_boxed_str);
            self.engine.known.tokens.insert(token.into(), id);
        }
        self.engine.known.tokens.get(token).and_then(|id| id.as_deref())
    }
}
