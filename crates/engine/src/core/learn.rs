//! What a call tells: of identifiers, and of the person.

use super::step::{Place, Step};
use crate::identity::{self, Evidence, Identifier, Noted, Origin, Reason, Sender};
use crate::profile;
use causeway_mapping::{Object, Value};
use causeway_segment::call::{Call, Kind};
use causeway_segment::engage::{self, Computation};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a call told.
pub(super) struct Told<'a> {
    /// Who made it.
    pub(super) sender: Sender<'a>,
    /// Whether anything is known now that was not before.
    pub(super) news: bool,
    /// Those whose identifiers are others now, as they stood before and as they stand now.
    pub(super) regrouped: BTreeSet<Identifier>,
}

impl Told<'_> {
    /// Those of whom something may be known now that was not before.
    pub(super) fn people(&self) -> BTreeSet<Identifier> {
        let user = self.sender.user.as_deref().map(Identifier::user);
        let anonymous = self.sender.anonymous.as_deref().map(Identifier::anonymous);
        self.regrouped.iter().cloned().chain(anonymous).chain(user).collect()
    }
}

impl Step<'_> {
    /// Takes from a call what it tells of identifiers and of the person.
    ///
    /// `payload` is the message that it became; an identify has to have one.
    pub(super) fn learn<'a>(
        &mut self,
        call: &'a Call<'a>,
        payload: Option<&Value<'_>>,
        place: Place,
    ) -> Told<'a> {
        let mut told = self.learn_links(call, place);
        let computation = engage::computation(call);
        let traits =
            payload.filter(|_| call.kind == Kind::Identify).and_then(|payload| payload.get("traits"));
        if computation.is_none() && traits.is_none() {
            return told;
        }
        let Some(id) = identifier(call) else { return told };
        told.news |= self.learn_traits(traits, computation.as_ref(), &id, place);
        if let Some(computation) = computation {
            told.news |= self.learn_computation(&computation, &id, place);
        }
        told
    }

    fn learn_links<'a>(&mut self, call: &'a Call<'a>, place: Place) -> Told<'a> {
        let token = self.token_property(call);
        let ids = if self.engine.settings.syncs.is_empty() { vec![] } else { tied(call, token.as_deref()) };
        let before = self.standing_before(&ids, place);
        let news = self.note_links(call, token.as_deref(), place) > Noted::Extended;
        let mut regrouped = BTreeSet::new();
        if news {
            regrouped = self.standing(&ids, place);
            regrouped.extend(before);
        }
        Told { sender: self.call_sender(call, place), news, regrouped }
    }

    fn note_links(&mut self, call: &Call<'_>, token: Option<&str>, place: Place) -> Noted {
        let (anonymous, user) = (call.anonymous_id.as_deref(), call.user_id.as_deref());
        let mut noted = Noted::Known;
        if let (Kind::Alias, Some(previous), Some(user)) = (call.kind, call.previous_id.as_deref(), user) {
            noted = identity::alias(&mut self.nodes(), previous, user, evidence(place, Reason::Alias));
        }
        if let (Some(anonymous), Some(user)) = (anonymous, user) {
            let seen = evidence(place, Reason::BothIdsSegment);
            noted = noted.max(identity::seen_together(&mut self.nodes(), anonymous, user, seen));
        }
        token.map_or(noted, |token| noted.max(self.learn_token(token, anonymous, user, place)))
    }

    /// A configured property carries the visitor's Algolia token.
    fn learn_token(
        &mut self,
        token: &str,
        anonymous: Option<&str>,
        user: Option<&str>,
        place: Place,
    ) -> Noted {
        let evidence = evidence(place, Reason::TokenProperty);
        let mut nodes = self.nodes();
        match (user, anonymous) {
            (Some(user), _) => identity::seen_together(&mut nodes, token, user, evidence),
            (None, Some(anonymous)) => identity::same_device(&mut nodes, token, anonymous, evidence),
            (None, None) => Noted::Known,
        }
    }

    fn token_property(&self, call: &Call<'_>) -> Option<String> {
        let name = self.engine.settings.token_property.as_deref()?;
        let value = call.content(name).or_else(|| call.context(name))?;
        serde_json::from_str::<String>(value.get()).ok().filter(|token| !token.is_empty())
    }

    pub(super) fn call_sender<'a>(&mut self, call: &'a Call<'a>, place: Place) -> Sender<'a> {
        let anonymous = call.anonymous_id.as_deref().map(Cow::Borrowed);
        let user = match (call.user_id.as_deref(), call.anonymous_id.as_deref()) {
            (Some(user), _) => Some(user.to_owned()),
            (None, Some(anonymous)) => self.owner(anonymous, place),
            (None, None) => None,
        };
        Sender { anonymous, user }
    }

    fn learn_traits(
        &mut self,
        traits: Option<&Value<'_>>,
        computation: Option<&Computation<'_>>,
        id: &Identifier,
        place: Place,
    ) -> bool {
        // Engage's own keys are audiences and computed traits, and are learned as such.
        let computed = computation.map(key_of);
        let mut news = false;
        for (name, value) in traits.and_then(Value::as_object).into_iter().flat_map(Object::iter) {
            if computed != Some(name) {
                news |= self.learn_trait(name, value, id, place);
            }
        }
        news
    }

    fn learn_trait(&mut self, name: &str, value: &Value<'_>, id: &Identifier, place: Place) -> bool {
        let Some(value) = plain(value).filter(|_| self.engine.settings.keep.keeps(name)) else {
            return false;
        };
        self.change_profile(id, |profile| profile.learn_trait(id.kind, name, value, place.time))
    }

    fn learn_computation(&mut self, computation: &Computation<'_>, id: &Identifier, place: Place) -> bool {
        match computation {
            Computation::Audience { key, member, .. } => {
                self.change_profile(id, |profile| profile.learn_membership(id.kind, key, *member, place.time))
            }
            Computation::Trait { key, value } => {
                let value = Value::parse(value.get().as_bytes());
                value.is_ok_and(|value| self.learn_trait(key, &value, id, place))
            }
        }
    }

    fn change_profile(
        &mut self,
        id: &Identifier,
        change: impl FnOnce(&mut profile::Profile) -> bool,
    ) -> bool {
        let key = profile::key(id.kind, &id.id);
        match self.engine.profiles.get(&key, self.facts) {
            Ok(profile) => {
                let changed = change(profile);
                if changed {
                    self.engine.profiles.changed(&key);
                }
                changed
            }
            Err(error) => {
                self.failure = Some(error);
                false
            }
        }
    }
}

/// A value as profiles keep it.
fn plain(value: &Value<'_>) -> Option<serde_json::Value> {
    let mut json = Vec::new();
    value.write_json(&mut json);
    serde_json::from_slice(&json).ok()
}

fn key_of<'a>(computation: &'a Computation<'_>) -> &'a str {
    match computation {
        Computation::Audience { key, .. } | Computation::Trait { key, .. } => key,
    }
}

/// The identifiers that a call ties to one another.
fn tied(call: &Call<'_>, token: Option<&str>) -> Vec<Identifier> {
    let previous = call.previous_id.as_deref().filter(|_| call.kind == Kind::Alias);
    let users = [call.user_id.as_deref(), previous].into_iter().flatten().map(Identifier::user);
    let anonymous = [call.anonymous_id.as_deref(), previous, token].into_iter().flatten();
    users.chain(anonymous.map(Identifier::anonymous)).collect()
}

/// Whom a call speaks of: an id on the call beats anything remembered.
fn identifier(call: &Call<'_>) -> Option<Identifier> {
    let user = call.user_id.as_deref().map(Identifier::user);
    user.or_else(|| call.anonymous_id.as_deref().map(Identifier::anonymous))
}

fn evidence(place: Place, reason: Reason) -> Evidence {
    Evidence { time: place.time, origin: Origin { position: place.position, item: place.item }, reason }
}
