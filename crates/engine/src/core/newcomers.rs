//! Who searches for the first time.

use super::step::{Place, Step};
use crate::event::{self, EventId};
use crate::identity::{self, Identifier, Nodes, Sender};
use crate::payload::NEW_SEARCHER;
use crate::profile;
use crate::searches::clicks::token_hash;
use crate::searches::newcomer::{Newcomer, Since};
use crate::searches::{Recalled, Search};
use causeway_algolia::insights::{self, Event, Subject, filters};
use causeway_store::Position;
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_128;

impl Step<'_> {
    /// A search has settled: its searcher may be new, and the query is the sign of interest.
    pub(super) fn meet_searcher(&mut self, search: &Search<'_>, sender: &Sender<'_>, place: Place) {
        let Some(token) = search.user_token.as_deref() else { return };
        if self.is_stranger(token) {
            let sign =
                (!search.query.trim().is_empty() || search.filters.is_some()).then(|| of_search(search));
            self.meet(token, Some(&search.index), sign, sender, place);
        }
    }

    /// A new Insights event: its sender may be new. Filters are a sign of interest, and so is a query that it follows from.
    pub(super) fn meet_sender(&mut self, event: &Event<'_>, sender: &Sender<'_>, place: Place) {
        if !self.is_stranger(&event.user_token) {
            return;
        }
        let sign = self.sign_of(event);
        self.meet(&event.user_token, event.index.as_deref(), sign, sender, place);
    }

    /// Somebody searches without a text: new or not, there is nothing to tell yet.
    pub(super) fn meet_browser(&mut self, search: &Search<'_>, (position, item): (Position, u32)) {
        let Some(token) = search.user_token.as_deref() else { return };
        if self.is_stranger(token) {
            let place = place_of(token, search.at, (position.0, item));
            let sender = self.searcher(token, place);
            let sign = search.filters.is_some().then(|| of_search(search));
            self.meet(token, Some(&search.index), sign, &sender, place);
        }
    }

    /// Whoever has waited long enough for a sign is told of without.
    pub(super) fn newcomers_overdue(&mut self) {
        while let Some(newcomer) = self.engine.learned.newcomers.next(self.now) {
            let place = place_of(&newcomer.token, newcomer.at, (newcomer.position, newcomer.item));
            let sender = match newcomer.user.clone() {
                Some(user) => Sender { anonymous: Some(self.id_behind(&newcomer.token)), user: Some(user) },
                None => self.searcher(&newcomer.token, place),
            };
            let mut properties = Map::new();
            if let Some(index) = &newcomer.index {
                properties.insert("index".to_owned(), index.as_str().into());
            }
            self.introduce(&newcomer.token, properties, &sender, place);
        }
    }

    /// Forgets that a token was ever seen; answers whether it was.
    pub(super) fn forget_newcomer(&mut self, token: &str) -> bool {
        let forgotten = self.engine.learned.newcomers.forget(self.facts, token_hash(token));
        self.or_fail(forgotten).unwrap_or_default()
    }

    /// Notes when it began that searchers are noted.
    pub(super) fn begin_newcomers(&mut self) {
        if self.engine.settings.searches.newcomers {
            let since = self.engine.learned.newcomers.since(self.facts, self.position, self.now);
            self.or_fail(since);
        }
    }

    fn is_stranger(&mut self, token: &str) -> bool {
        if !self.engine.settings.searches.newcomers {
            return false;
        }
        let known = self.engine.learned.newcomers.is_known(self.facts, token_hash(token));
        !self.or_fail(known).unwrap_or(true)
    }

    fn meet(
        &mut self,
        token: &str,
        index: Option<&str>,
        sign: Option<Map<String, Value>>,
        sender: &Sender<'_>,
        place: Place,
    ) {
        let hash = token_hash(token);
        if let Some(sign) = sign {
            self.engine.learned.newcomers.know(hash);
            let place = place_of(token, place.time, (place.position.0, place.item));
            self.introduce(token, sign, sender, place);
        } else if !self.engine.learned.newcomers.waits(hash) {
            self.engine.learned.newcomers.wait(Newcomer {
                token: token.to_owned(),
                user: sender.user.clone(),
                index: index.map(str::to_owned),
                at: place.time,
                position: place.position.0,
                item: place.item,
                until: self.now + self.engine.settings.searches.newcomer_wait_ms,
            });
        }
    }

    /// Tells of a newcomer, who is noted as known already, unless the person was known under another token or before.
    fn introduce(&mut self, token: &str, sign: Map<String, Value>, sender: &Sender<'_>, place: Place) {
        let since = self.engine.learned.newcomers.since(self.facts, self.position, self.now);
        let Some(since) = self.or_fail(since) else { return };
        if self.is_known_otherwise(token, sender, place, since) {
            return;
        }
        let mut properties = Map::new();
        properties.insert("eventType".to_owned(), NEW_SEARCHER.into());
        properties.insert("userToken".to_owned(), token.into());
        properties.extend(sign);
        self.run_finding_flows(NEW_SEARCHER, Value::Object(properties), token, sender, place);
    }

    fn is_known_otherwise(&mut self, token: &str, sender: &Sender<'_>, place: Place, since: Since) -> bool {
        for other in self.token_texts(sender, place).iter().filter(|other| *other != token) {
            let known = self.engine.learned.newcomers.is_known(self.facts, token_hash(other));
            if self.or_fail(known).unwrap_or(true) {
                return true;
            }
        }
        let ids = sender.anonymous.as_deref().map(Identifier::anonymous);
        let ids: Vec<Identifier> =
            ids.into_iter().chain(sender.user.as_deref().map(Identifier::user)).collect();
        ids.iter().any(|id| self.was_known_before(id, since))
    }

    /// Whether anything was known of an id before searchers were noted.
    fn was_known_before(&mut self, id: &Identifier, since: Since) -> bool {
        let position = Position(since.position);
        if identity::is_older(self.nodes().node(id.kind, &id.id), position, since.at) {
            return true;
        }
        match self.engine.profiles.get(&profile::key(id.kind, &id.id), self.facts) {
            Ok(profile) => profile.is_older(since.at),
            Err(error) => {
                self.failure = Some(error);
                true
            }
        }
    }

    fn sign_of(&mut self, event: &Event<'_>) -> Option<Map<String, Value>> {
        if let Subject::Filters(all) = &event.subject {
            return Some(of_filters(event, all.first()?));
        }
        let query_id = event.query_ids().next().filter(|_| event.kind != insights::Kind::View)?.to_owned();
        let recalled = self.recall(&event.user_token, &query_id)?;
        (!recalled.query.trim().is_empty()).then(|| of_recalled(event, &query_id, recalled))
    }
}

/// The event of a token that is new: of the token alone, so that it can be made but once.
fn place_of(token: &str, time: i64, (position, item): (u64, u32)) -> Place {
    let id = EventId(xxh3_128(format!("{NEW_SEARCHER}\n{token}").as_bytes()));
    Place { id, position: Position(position), item, time, slot: event::slot(token) }
}

fn of_search(search: &Search<'_>) -> Map<String, Value> {
    let mut sign = with_index(Some(&search.index));
    sign.insert("query".to_owned(), (*search.query).into());
    sign.insert("nbHits".to_owned(), search.nb_hits.into());
    sign.extend(search.query_id.as_deref().map(|id| ("queryID".to_owned(), id.into())));
    sign.extend(search.filters.as_deref().map(|filters| ("filters".to_owned(), filters.into())));
    if !search.facets.is_empty() {
        sign.insert("interest".to_owned(), json!(search.facets));
    }
    sign
}

/// A filter that somebody chose is an interest by itself.
fn of_filters(event: &Event<'_>, first: &str) -> Map<String, Value> {
    let mut sign = with_index(event.index.as_deref());
    sign.insert("category".to_owned(), first.into());
    if let Some((facet, value)) = filters::decode(first) {
        sign.insert("category".to_owned(), format!("{facet}:{value}").into());
        sign.insert("interest".to_owned(), json!({ facet: value }));
    }
    sign
}

fn of_recalled(event: &Event<'_>, query_id: &str, recalled: Recalled) -> Map<String, Value> {
    let mut sign = with_index(event.index.as_deref());
    sign.insert("query".to_owned(), recalled.query.into());
    sign.insert("queryID".to_owned(), query_id.into());
    sign.extend(recalled.filters.map(|filters| ("filters".to_owned(), filters.into())));
    sign
}

fn with_index(index: Option<&str>) -> Map<String, Value> {
    index.map(|index| ("index".to_owned(), index.into())).into_iter().collect()
}
