//! Records at Algolia that follow what is known of people.

use super::AFFINITIES;
use super::calls::Told;
use super::step::{Place, Step, made};
use crate::event::{self, EventId};
use crate::flow::{DESTINATION_INSIGHTS, DESTINATION_PROFILES};
use crate::identity::{self, Identifier, Person};
use crate::people;
use crate::profile::{self, Affinity, EVENT_NAME, Held, Profile, Sync, View};
use causeway_algolia::records::{ObjectId, operation};
use causeway_mapping::Value;
use serde_json::json;
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
    pub(super) fn sync_link(&mut self, people: &[Identifier], place: Place) {
        let syncs = Arc::clone(&self.engine.settings.syncs);
        for sync in syncs.iter() {
            let sent = self.follow(sync, people, place);
            if sent > 0 {
                self.ledger.row(sync.flow, self.hour).accepted += sent;
            }
        }
    }

    /// Writes what Algolia does not hold yet of these people, an entry for each record; answers how many.
    fn follow(&mut self, sync: &Sync, people: &[Identifier], place: Place) -> i64 {
        let mut sent = 0;
        for id in people {
            let person = identity::person(&mut self.nodes(), id, place.time);
            sent += i64::from(self.drop_outgrown(sync, id, &person, place, sent));
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

    /// A record under an anonymous token whose person has become known is not kept up any more, so it goes.
    fn drop_outgrown(
        &mut self,
        sync: &Sync,
        id: &Identifier,
        person: &Person,
        place: Place,
        sent: i64,
    ) -> bool {
        let outgrown = person.user.is_some() && id.kind == identity::Kind::Anonymous;
        let token = if outgrown { self.token(&id.id) } else { return false };
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

    /// Who stands for the owner of an anonymous id that is about to be seen with a user, if that is another one and a
    /// recipe keeps records.
    pub(super) fn former(
        &mut self,
        anonymous: Option<&str>,
        user: Option<&str>,
        place: Place,
    ) -> Option<Identifier> {
        let (anonymous, user) = (anonymous?, user?);
        if self.engine.settings.syncs.is_empty() {
            return None;
        }
        let known = identity::owner(&mut self.nodes(), anonymous, place.time);
        if known.as_deref() == Some(user) {
            return None;
        }
        self.stands_for(&Identifier::anonymous(anonymous), place)
    }

    /// What stands for the person behind an identifier.
    pub(super) fn stands_for(&mut self, id: &Identifier, place: Place) -> Option<Identifier> {
        people::standing_for(&identity::person(&mut self.nodes(), id, place.time))
    }
}

fn view_event(affinity: &Affinity, filters: &[String], token: &str, time: i64) -> String {
    let event = json!({
        "eventType": "view", "eventName": EVENT_NAME, "index": affinity.index,
        "userToken": token, "filters": filters, "timestamp": time,
    });
    event.to_string()
}
