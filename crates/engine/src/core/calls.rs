//! Segment's calls: who they belong to, and what they say of a person.

use super::flows::{Came, of_source};
use super::step::{Place, Step, made};
use super::{FORWARD_CALLS, INTAKE};
use crate::event::{self, EventId};
use crate::flow::{Source, Stamp};
use crate::identity::{self, Evidence, Identifier, Noted, Origin, Reason, Sender};
use crate::payload;
use crate::profile;
use causeway_algolia::tokens;
use causeway_mapping::{Object, Value};
use causeway_segment::call::{self, Call, Kind, Route};
use causeway_segment::engage::{self, Computation};
use causeway_store::Entry;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl Step<'_> {
    /// A body of calls, by webhook or from a client of the Tracking API; or one that an operator repaired, for the flow
    /// that is named or, if that is empty, for all.
    pub(super) fn calls_body(&mut self, entry: &Entry, route: Option<Route>, repaired_for: Option<&str>) {
        let Some(route) = route else {
            return self.unreadable(entry, "the record does not say by which route it came");
        };
        match call::parse(&entry.record.body, route, entry.record.received_at) {
            Ok(batch) => {
                for (item, call) in batch.calls.iter().enumerate() {
                    match call {
                        Ok(call) => self.call(entry, item, call, (route, repaired_for)),
                        Err(invalid) => {
                            self.quarantine(entry, item, invalid.problem.to_string(), invalid.raw);
                        }
                    }
                }
            }
            Err(refusal) => self.unreadable(entry, &refusal.to_string()),
        }
    }

    fn call(
        &mut self,
        entry: &Entry,
        item: usize,
        call: &Call<'_>,
        (route, repaired_for): (Route, Option<&str>),
    ) {
        let place = place_of(call, entry, item);
        self.gather_call(place.id, call);
        self.effects.events += 1;
        // A call that came without an id has one of ours in its dead letter.
        if repaired_for.is_none() && call.is_ours() {
            return self.stopped();
        }
        let message = message_of(call, entry, place.id);
        let payload = match Value::parse(message.as_bytes()) {
            Ok(payload) => payload,
            Err(error) => return self.quarantine(entry, item, error.to_string(), call.raw),
        };
        self.count_intake();
        let short = place.id.0 as u64;
        let received_at = entry.record.received_at;
        if repaired_for.is_none() && self.engine.seen.repeats(short, call.message_id.is_some(), received_at) {
            return self.repeated_call(call, route);
        }
        self.seen.extend_from_slice(&short.to_le_bytes());
        if call.kind == Kind::Delete {
            return self.forget_person_of(call, place, entry.record.received_at);
        }
        let only = repaired_for.filter(|flow| !flow.is_empty());
        if let Some(flow) = only.filter(|flow| !self.runs(flow)) {
            let person = call.anonymous_id.as_deref().or(call.user_id.as_deref()).unwrap_or_default();
            let cause = ("mapping", format!("no flow named {flow:?} runs any more"));
            return self.rejected(flow, Came { raw: &message, person }, place, cause);
        }
        if only.is_none() {
            self.pass_on(&message, place, route);
        }
        self.understood(call, &message, payload, place, only);
    }

    /// What a call that is new comes to.
    fn understood(
        &mut self,
        call: &Call<'_>,
        message: &str,
        payload: Value<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        let Some(mut payload) = payload::of_call(payload) else { return };
        let told = self.learn(call, &payload, place);
        self.remember_tokens(&told.sender);
        let came = Came {
            raw: message,
            person: call.anonymous_id.as_deref().or(call.user_id.as_deref()).unwrap_or_default(),
        };
        self.run_call_flows(&mut payload, &told.sender, came, place, only);
        if only.is_none() {
            self.sync_call(&payload, &told, place);
        }
    }

    /// Flows may tell Algolia of the person, by tokens where the ids are none: what these stand for is to be found again.
    fn remember_tokens(&mut self, sender: &Sender<'_>) {
        for id in [sender.anonymous.as_deref(), sender.user.as_deref()].into_iter().flatten() {
            if !tokens::is_legal(id) || tokens::is_encoded(id) {
                self.token(id);
            }
        }
    }

    pub(super) fn run_call_flows(
        &mut self,
        payload: &mut Value<'_>,
        sender: &Sender<'_>,
        came: Came<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        let secret = self.engine.settings.token_secret.clone();
        let stamp = Stamp {
            event: place.id,
            time: place.time,
            anonymous: sender.anonymous.as_deref(),
            user: sender.user.as_deref(),
            algolia: None,
            token_secret: secret.expose().as_bytes(),
        };
        let flows = std::mem::take(&mut self.flows);
        for flow in
            of_source(&flows, Source::Segment).filter(|flow| only.is_none_or(|only| only == flow.name()))
        {
            self.run_flow(flow, payload, stamp, came, place);
        }
        self.flows = flows;
    }

    /// What came back with our own mark, or was erased since it came: it was seen, and goes no further.
    pub(super) fn stopped(&mut self) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.filtered += 1;
    }

    /// A repeated call is filtered by every flow that would have seen it; none sees a deletion.
    fn repeated_call(&mut self, call: &Call<'_>, route: Route) {
        if call.kind == Kind::Delete {
            return;
        }
        let passed_on = (self.engine.settings.forward_calls && is_tracking(route)).then_some(FORWARD_CALLS);
        let flows = self.call_flows().into_iter().chain(passed_on.map(str::to_owned));
        for flow in flows.collect::<Vec<_>>() {
            let row = self.ledger.row(&flow, self.hour);
            row.accepted += 1;
            row.filtered += 1;
        }
    }

    /// The names of everything that sees a call.
    fn call_flows(&self) -> Vec<String> {
        let flows = self.flows.iter().filter(|flow| flow.source() == Source::Segment);
        let syncs = self.engine.settings.syncs.iter().map(|sync| sync.flow.to_owned());
        flows.map(|flow| flow.name().to_owned()).chain(syncs).collect()
    }

    /// Hands a call of the Tracking API on to Segment, as the message it would have become there.
    fn pass_on(&mut self, message: &str, place: Place, route: Route) {
        if !self.engine.settings.forward_calls || !is_tracking(route) {
            return;
        }
        self.ledger.row(FORWARD_CALLS, self.hour).accepted += 1;
        let builder = self.outgoing.to(crate::flow::DESTINATION_SEGMENT);
        let start = builder.payload().len();
        builder.payload().extend_from_slice(message.as_bytes());
        builder.add(FORWARD_CALLS, place.id, made(start, 1, place));
    }

    pub(super) fn gather_call(&mut self, id: EventId, call: &Call<'_>) {
        self.ids.add_event(id.short());
        let ids = [&call.user_id, &call.anonymous_id, &call.previous_id, &call.message_id];
        ids.into_iter().flatten().for_each(|id| self.ids.add(id));
    }
}

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
    fn learn<'a>(&mut self, call: &'a Call<'a>, payload: &Value<'_>, place: Place) -> Told<'a> {
        let mut told = self.learn_links(call, place);
        let Some(id) = identifier(call) else { return told };
        told.news |= self.learn_traits(call, payload, &id, place);
        if let Some(computation) = engage::computation(call) {
            told.news |= self.learn_computation(&computation, &id, place);
        }
        told
    }

    fn learn_links<'a>(&mut self, call: &'a Call<'a>, place: Place) -> Told<'a> {
        let token = self.token_property(call);
        let ids = tied(call, token.as_deref());
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

    fn learn_traits(&mut self, call: &Call<'_>, payload: &Value<'_>, id: &Identifier, place: Place) -> bool {
        let traits = payload.get("traits").and_then(Value::as_object).filter(|_| call.kind == Kind::Identify);
        // Engage's own keys are audiences and computed traits, and are learned as such.
        let computed = engage::computation(call).map(|computation| key_of(&computation).to_owned());
        let mut news = false;
        for (name, value) in traits.into_iter().flat_map(Object::iter) {
            if computed.as_deref() != Some(name) {
                news |= self.learn_trait(name, value, id, place);
            }
        }
        news
    }

    fn learn_trait(&mut self, name: &str, value: &Value<'_>, id: &Identifier, place: Place) -> bool {
        let Some(value) = plain(value).filter(|_| self.engine.settings.keep.keeps(name)) else {
            return false;
        };
        self.change_profile(id, |profile| profile.learn_trait(name, value, place.time))
    }

    fn learn_computation(&mut self, computation: &Computation<'_>, id: &Identifier, place: Place) -> bool {
        match computation {
            Computation::Audience { key, member, .. } => {
                self.change_profile(id, |profile| profile.learn_membership(key, *member, place.time))
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

fn is_tracking(route: Route) -> bool {
    route != Route::Webhook
}

/// Where a call stands. Its time is never later than its arrival: a clock that is ahead would win over all that follows.
fn place_of(call: &Call<'_>, entry: &Entry, item: usize) -> Place {
    let received_at = entry.record.received_at;
    let person = call.anonymous_id.as_deref().or(call.user_id.as_deref()).unwrap_or_default();
    Place {
        id: call_id(call, entry, item),
        position: entry.position,
        item: item as u32,
        time: call.timestamp.map_or(received_at, |time| time.min(received_at)),
        slot: event::slot(person),
    }
}

/// The id of a call: its messageId's, by which Segment itself tells repetitions, or its arrival's.
pub(crate) fn call_id(call: &Call<'_>, entry: &Entry, item: usize) -> EventId {
    if let Some(id) = call.message_id.as_deref() {
        EventId::timed(xxhash_rust::xxh3::xxh3_128(format!("segment\n{id}").as_bytes()))
    } else {
        let content = xxhash_rust::xxh3::xxh3_128(call.raw.as_bytes());
        EventId::untimed(content, entry.record.received_at, entry.position.0, item)
    }
}

/// The message that Segment would make of the call.
pub(crate) fn message_of(call: &Call<'_>, entry: &Entry, id: EventId) -> String {
    let mut message_id = Vec::new();
    event::write_message_id(id, event::flow_number(FORWARD_CALLS), 0, &mut message_id);
    let message_id = String::from_utf8(message_id).unwrap_or_default();
    let mut message = Vec::with_capacity(call.raw.len() + 256);
    call.write_json(entry.record.received_at, Some(&message_id), &mut message);
    String::from_utf8(message).unwrap_or_default()
}
