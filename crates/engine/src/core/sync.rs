//! Records at Algolia that follow what is known of people.

use super::AFFINITIES;
use super::learn::Told;
use super::step::{Place, Step, made};
use crate::event::{self, EventId};
use crate::flow::{DESTINATION_INSIGHTS, DESTINATION_PROFILES};
use crate::identity::{self, Identifier, Person};
use crate::people;
use crate::profile::{self, Affinity, EVENT_NAME, Held, Profile, Sync, View};
use causeway_algolia::records::{ObjectId, operation};
use causeway_algolia::tokens;
use causeway_mapping::Value;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

impl Step<'_> {
    /// Has the records follow a call. Every recipe that keeps records sees every call; only what changed is sent.
    pub(super) fn sync_call(&mut self, payload: &Value<'_>, told: &Told<'_>, place: Place) {
        let syncs = Arc::clone(&self.engine.settings.syncs);
        for sync in syncs.iter() {
            let objection = sync.consent.objection(payload, sync.consent_missing);
            let heard = objection.is_none() && told.news;
            let sent = if heard { self.follow(sync, &told.people(), place) } else { 0 };
            let row = self.ledger.row(sync.flow, self.hour);
            row.accepted += sent.max(1);
            row.filtered += i64::from(sent == 0);
        }
    }

    /// Has the records follow a link that an Insights event or an operator told of. It is nobody's call, so it counts only
    /// if something is sent.
    pub(super) fn sync_link(&mut self, people: &BTreeSet<Identifier>, place: Place) {
        let syncs = Arc::clone(&self.engine.settings.syncs);
        for sync in syncs.iter() {
            let sent = self.follow(sync, people, place);
            if sent > 0 {
                self.ledger.row(sync.flow, self.hour).accepted += sent;
            }
        }
    }

    /// Writes what Algolia does not hold yet of these people, an entry for each record; answers how many.
    fn follow(&mut self, sync: &Sync, people: &BTreeSet<Identifier>, place: Place) -> i64 {
        let mut sent = 0;
        for id in people {
            let person = identity::person(&mut self.nodes(), id, place.time);
            sent = self.drop_outgrown(sync, &person, place, sent);
            sent += i64::from(self.update(sync, &person, place, sent));
        }
        sent
    }

    /// Writes what changed of a person's record.
    fn update(&mut self, sync: &Sync, person: &Person, place: Place, sent: i64) -> bool {
        let Some(standing) = people::standing_for(person) else { return false };
        let view = self.view(person);
        let token = self.token(&standing.id);
        let Ok(object_id) = ObjectId::parse(&token) else { return false };
        let changed = self.change_held(sync, &token, |held| sync.changed(&view, held));
        if changed.is_empty() {
            return false;
        }
        let attributes = changed.iter().map(|(name, json)| (name.as_str(), json.as_bytes()));
        self.add_operation(sync, place, &token, sent, |payload| {
            operation::write_partial_update(&sync.index, &object_id, attributes, payload);
        });
        self.tell_affinities(sync, &changed, &view, &token, place);
        true
    }

    /// Of all a person's identifiers one stands for the person. Records that were kept under the others, from before it
    /// was known that they are one person's, go. Answers how many entries there are now.
    fn drop_outgrown(&mut self, sync: &Sync, person: &Person, place: Place, mut sent: i64) -> i64 {
        let Some(standing) = people::standing_for(person) else { return sent };
        let others = person.users.iter().chain(&person.anonymous).filter(|id| **id != standing.id);
        for id in others {
            sent += i64::from(self.drop_record(sync, id, place, sent));
        }
        sent
    }

    fn drop_record(&mut self, sync: &Sync, id: &str, place: Place, sent: i64) -> bool {
        let token = tokens::legal(id, self.engine.settings.token_secret.expose().as_bytes()).into_owned();
        let Ok(object_id) = ObjectId::parse(&token) else { return false };
        let held = self.change_held(sync, &token, std::mem::take);
        if held.is_empty() {
            return false;
        }
        self.add_operation(sync, place, &token, sent, |payload| {
            operation::write_delete(&sync.index, &object_id, payload);
        });
        true
    }

    /// What is done to one record stays in order, whoever's call it comes of. The first entry of an event has the event's own
    /// id, the others ids made of it.
    fn add_operation(
        &mut self,
        sync: &Sync,
        place: Place,
        token: &str,
        sent: i64,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let id =
            if sent == 0 { place.id } else { EventId(xxh3_128(format!("{}\n{token}", place.id).as_bytes())) };
        let builder = self.outgoing.to(DESTINATION_PROFILES);
        let start = builder.payload().len();
        write(builder.payload());
        builder.add(sync.flow, id, made(start, 1, Place { slot: event::slot(token), ..place }));
    }

    /// What of the person's traits changed and is evidence for Algolia's own personalization: one entry of a view or a few.
    fn tell_affinities(
        &mut self,
        sync: &Sync,
        changed: &[(String, String)],
        view: &View,
        token: &str,
        place: Place,
    ) {
        let news = |affinity: &&Affinity| changed.iter().any(|(name, _)| *name == affinity.name);
        let views = sync.affinities.iter().filter(news).map(|affinity| (affinity, affinity.filters(view)));
        let views: Vec<String> = views
            .filter(|(_, filters)| !filters.is_empty())
            .map(|(affinity, filters)| view_event(affinity, &filters, token, place.time))
            .collect();
        if views.is_empty() {
            return;
        }
        let builder = self.outgoing.to(DESTINATION_INSIGHTS);
        let start = builder.payload().len();
        builder.payload().extend_from_slice(views.join(",").as_bytes());
        builder.add(AFFINITIES, place.id, made(start, views.len() as u8, place));
        self.ledger.row(AFFINITIES, self.hour).accepted += 1;
    }

    fn view(&mut self, person: &Person) -> View {
        let mut profiles: Vec<(Identifier, Profile)> = Vec::new();
        let ids = person.users.iter().map(Identifier::user);
        let ids: Vec<_> = ids.chain(person.anonymous.iter().map(Identifier::anonymous)).collect();
        for id in ids {
            let profile = self.profile(&id);
            profiles.push((id, profile));
        }
        let mut profile = |wanted: &Identifier| {
            let found = profiles.iter().find(|(id, _)| id == wanted);
            found.map(|(_, profile)| profile.clone()).unwrap_or_default()
        };
        people::view(&mut self.nodes(), person, &mut profile)
    }

    fn profile(&mut self, id: &Identifier) -> Profile {
        let profile = self.engine.profiles.get(&profile::key(id.kind, &id.id), self.facts);
        profile.cloned().unwrap_or_else(|error| {
            self.failure = Some(error);
            Profile::default()
        })
    }

    pub(super) fn change_held<R>(
        &mut self,
        sync: &Sync,
        token: &str,
        change: impl FnOnce(&mut Held) -> R,
    ) -> R
    where
        R: Default,
    {
        let key = profile::held_key(sync.index.as_str(), token);
        match self.engine.held.get(&key, self.facts) {
            Ok(held) => {
                let before = held.clone();
                let answer = change(held);
                if *held != before {
                    self.engine.held.changed(&key);
                }
                answer
            }
            Err(error) => {
                self.failure = Some(error);
                R::default()
            }
        }
    }

    /// Who stands for identifiers that are about to be tied to one another, if that may change anybody's and a recipe
    /// keeps records.
    pub(super) fn standing_before(&mut self, ids: &[Identifier], place: Place) -> BTreeSet<Identifier> {
        if self.are_tied(ids, place) { BTreeSet::new() } else { self.standing(ids, place) }
    }

    /// Whether one user owns all of these already, or they are all of one device.
    fn are_tied(&mut self, ids: &[Identifier], place: Place) -> bool {
        if ids.len() < 2 {
            return true;
        }
        let (users, anonymous): (Vec<_>, Vec<_>) = ids.iter().partition(|id| id.kind == identity::Kind::User);
        match (users.as_slice(), anonymous.as_slice()) {
            ([], [first, others @ ..]) => {
                let device = identity::device(&mut self.nodes(), &first.id);
                others.iter().all(|other| device.contains(&other.id))
            }
            ([user], anonymous) => anonymous.iter().all(|anonymous| {
                let owner = identity::owner(&mut self.nodes(), &anonymous.id, place.time);
                owner.as_ref() == Some(&user.id)
            }),
            _ => false,
        }
    }

    /// Who stands for these identifiers at an instant. A tie between anonymous ids changes what belonged to anybody who ever
    /// had one of them.
    pub(super) fn standing(&mut self, ids: &[Identifier], place: Place) -> BTreeSet<Identifier> {
        if self.engine.settings.syncs.is_empty() {
            return BTreeSet::new();
        }
        let anonymous: Vec<_> = ids.iter().filter(|id| id.kind == identity::Kind::Anonymous).collect();
        let devices = if anonymous.len() > 1 { anonymous.as_slice() } else { &[] };
        let owners = devices.iter().flat_map(|id| identity::owners(&mut self.nodes(), &id.id));
        let all: Vec<Identifier> = owners.map(Identifier::user).chain(ids.iter().cloned()).collect();
        let mut person = |id: &Identifier| identity::person(&mut self.nodes(), id, place.time);
        all.iter().filter_map(|id| people::standing_for(&person(id))).collect()
    }
}

fn view_event(affinity: &Affinity, filters: &[String], token: &str, time: i64) -> String {
    let event = json!({
        "eventType": "view", "eventName": EVENT_NAME, "index": affinity.index,
        "userToken": token, "filters": filters, "timestamp": time,
    });
    event.to_string()
}
