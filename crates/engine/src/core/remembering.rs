//! What is remembered of searches, and what later events are told of it.

use super::step::Step;
use crate::event::EventId;
use crate::searches::{
    Expiring, Intent, Lead, Recalled, Remembered, Search, Searches, lead_hash, lead_key, person_hash,
    person_key,
};
use causeway_algolia::insights::Event;
use causeway_store::{Error, Position};

/// In one step at most so many chunks of what has expired are forgotten.
const CHUNKS: usize = 8;

impl Step<'_> {
    /// Remembers a search that has settled; answers whether it is another than the person has just asked.
    pub(super) fn remember(&mut self, intent: &Intent) -> bool {
        let settings = self.engine.settings.searches;
        let chosen = &intent.chosen().search;
        let hash = person_hash(chosen.user_token.as_deref().unwrap_or_default());
        let expired = chosen.at - settings.memory_ms.max(settings.repeat_ms);
        let key = person_key(hash);
        let remembered = self.engine.remembered.get(&key, self.facts);
        let new = remembered.map(|searches| searches.remember(intent, expired, settings.repeat_ms));
        let new = self.or_fail(new).unwrap_or(true);
        self.engine.remembered.changed(&key);
        self.expires(Expiring::Person(hash));
        if let Some(query_id) = chosen.query_id.as_deref() {
            self.lead(query_id, Lead::Person(hash));
        }
        new
    }

    /// Remembers a search of nobody.
    pub(super) fn remember_alone(&mut self, search: &Search<'_>, id: EventId, position: Position) {
        if let Some(query_id) = search.query_id.as_deref() {
            self.lead(query_id, Lead::Search(Box::new(Remembered::alone(search, id, position))));
        }
    }

    fn lead(&mut self, query_id: &str, lead: Lead) {
        let hash = lead_hash(query_id);
        self.engine.leads.put(&lead_key(hash), lead);
        self.expires(Expiring::Lead(hash));
    }

    fn expires(&mut self, item: Expiring) {
        let added = self.engine.expiry.add(item, self.now, self.facts);
        self.or_fail(added);
    }

    /// Forgets what was remembered for as long as was asked for.
    pub(super) fn expire(&mut self, now: i64) {
        let before = now - self.engine.settings.searches.memory_ms;
        for _ in 0..CHUNKS {
            let taken = self.engine.expiry.take(before, self.facts);
            let expired = self.or_fail(taken).unwrap_or_default();
            if expired.is_empty() {
                break;
            }
            for item in expired {
                self.expire_item(item, before);
            }
        }
    }

    fn expire_item(&mut self, item: Expiring, before: i64) {
        let key = item.key();
        if let Expiring::Person(hash) = item
            && !self.searches_at(hash).all_before(before)
        {
            return;
        }
        self.engine.remembered.forget(&key);
        self.engine.leads.forget(&key);
        self.effects.change.facts.push((key, None));
    }

    /// What somebody searched for lately, by the token that the searches were made with.
    pub(super) fn searches_of(&mut self, token: &str) -> &Searches {
        self.searches_at(person_hash(token))
    }

    fn searches_at(&mut self, hash: u128) -> &Searches {
        const NONE: &Searches = &Searches::NONE;
        match self.engine.remembered.get(&person_key(hash), self.facts) {
            Ok(searches) => searches,
            Err(error) => {
                self.failure = Some(error);
                NONE
            }
        }
    }

    /// The search that an answer belongs to, whoever asked. An event of the same person finds it first.
    pub(super) fn recall(&mut self, token: &str, query_id: &str) -> Option<Recalled> {
        if let Some(own) = self.searches_of(token).recall(query_id) {
            return Some(own);
        }
        let lead = self.engine.leads.get(&lead_key(lead_hash(query_id)), self.facts).cloned();
        match self.or_fail(lead)? {
            Lead::None => None,
            Lead::Person(hash) => self.searches_at(hash).recall(query_id),
            Lead::Search(search) => search.recall(query_id),
        }
    }

    /// Each of an event's searches that is known, by queryID.
    pub(super) fn recall_all(&mut self, event: &Event<'_>) -> Vec<(String, Recalled)> {
        let mut known: Vec<(String, Recalled)> = Vec::new();
        for query_id in event.query_ids() {
            if known.iter().all(|(id, _)| id != query_id) {
                let recalled = self.recall(&event.user_token, query_id);
                known.extend(recalled.map(|recalled| (query_id.to_owned(), recalled)));
            }
        }
        known
    }

    /// Forgets what somebody searched for with this token; answers how many facts that were.
    pub(super) fn forget_searches(&mut self, token: &str) -> usize {
        let key = person_key(person_hash(token));
        let searches = self.searches_of(token).clone();
        for query_id in searches.newest().flat_map(Remembered::query_ids) {
            self.engine.leads.put(&lead_key(lead_hash(query_id)), Lead::None);
        }
        self.engine.remembered.put(&key, Searches::default());
        self.engine.opens.forget(token) + self.engine.waiting.forget(token) + searches.newest().count()
    }

    /// What was read, or nothing and the step has failed.
    pub(super) fn or_fail<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.failure = Some(error)).ok()
    }
}
