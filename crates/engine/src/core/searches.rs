//! Searches on their way to events.

use super::flows::Came;
use super::step::{Place, Step};
use crate::event::{self, EventId};
use crate::identity::{self, Kind, Nodes, Sender};
use crate::payload::About;
use crate::searches::{self, Intent, Item, Search, Sighting, Via};
use causeway_algolia::insights::{self, Event};
use causeway_store::{Entry, Position};

/// The ledger's name for searches: each that was seen is accepted; delivered are those that count, filtered those that
/// were typed on the way, say nothing new, or are nobody's.
pub const SEARCHES: &str = "searches";

impl Step<'_> {
    /// A body of searches.
    pub(super) fn searches_body(&mut self, entry: &Entry) {
        let received_at = entry.record.received_at;
        let items = match searches::items(&entry.record.body, received_at) {
            Ok(items) => items,
            Err(why) => return self.unreadable(entry, &why),
        };
        // What a tick would have settled, had there been one.
        self.time_passes();
        for (item, found) in items.into_iter().enumerate() {
            match found {
                Item::Search(search, _) if search.via == Via::Probe => {
                    self.probed(&search);
                }
                Item::Search(search, _) => self.seen(&search, entry, item),
                Item::Erased => self.stopped(),
                Item::Invalid(raw, why) => self.quarantine(entry, item, why, raw),
            }
        }
        self.time_passes();
    }

    /// Searches that an operator repaired: they count as settled, for one flow.
    pub(super) fn repaired_searches(&mut self, entry: &Entry, flow: &str) {
        let items = searches::items(&entry.record.body, entry.record.received_at);
        for (item, found) in items.unwrap_or_default().into_iter().enumerate() {
            match found {
                Item::Search(search, raw) => {
                    let place = place_of(&search, searches::id_of(&search), (entry.position, item as u32));
                    self.repaired_search((&search, raw), place, flow);
                }
                Item::Erased => self.stopped(),
                Item::Invalid(raw, why) => self.quarantine(entry, item, why, raw),
            }
        }
    }

    fn repaired_search(&mut self, (search, raw): (&Search<'_>, &str), place: Place, flow: &str) {
        self.ids.add_search(place.id, search);
        let token = search.user_token.as_deref().unwrap_or_default();
        if !self.runs(flow) {
            let cause = ("mapping", format!("no flow named {flow:?} runs any more"));
            return self.rejected(flow, Came { raw, person: token }, place, cause);
        }
        let sender = self.searcher(token, place);
        self.run_search_flows(search, About::default(), &sender, place, Some(flow));
    }

    /// What happens by this time though nobody does anything.
    pub(super) fn time_passes(&mut self) {
        while let Some(intent) = self.engine.opens.settle(self.now) {
            self.settled(&intent);
        }
        self.go_on_overdue();
        self.newcomers_overdue();
        self.tell_news();
    }

    fn seen(&mut self, search: &Search<'_>, entry: &Entry, item: usize) {
        self.effects.events += 1;
        self.ids.add_search(searches::id_of(search), search);
        self.note_minute();
        self.take_in(search, entry, item);
        self.go_on_with(search.query_id.as_deref());
    }

    /// Somebody searches: notes the minute, so that events whose search is missing are known to be ahead of it.
    fn note_minute(&mut self) {
        let minute = searches::minute_of(self.now);
        if self.engine.last_seen.replace(minute) != Some(minute) {
            self.effects.change.facts.push(searches::minute_fact(minute));
        }
    }

    fn take_in(&mut self, search: &Search<'_>, entry: &Entry, item: usize) {
        if search.user_token.as_deref().is_none_or(str::is_empty) {
            self.remember_alone(search, searches::id_of(search), entry.position);
            return self.passed_over(1);
        }
        if search.query.trim().is_empty() {
            self.meet_browser(search, (entry.position, item as u32));
        }
        // Clearing the box ends what was typed; where nothing was, an empty query tells nothing.
        let empty = search.query.trim().is_empty() && !self.engine.settings.searches.empty_queries;
        if empty && !self.engine.opens.has(search) {
            return self.passed_over(1);
        }
        let sighting = Sighting::new(search.clone().into_owned(), entry.position, item as u32);
        self.engine.opens.add(sighting);
        if let Some(intent) = self.engine.opens.settle_surplus(search) {
            self.settled(&intent);
        }
    }

    /// Somebody acted on the answer to a query: its intent has settled.
    fn acted_on(&mut self, query_id: &str) {
        for intent in self.engine.opens.settle_with(query_id) {
            self.settled(&intent);
        }
    }

    /// Counts searches that become no event.
    pub(super) fn passed_over(&mut self, searches: usize) {
        let row = self.ledger.row(SEARCHES, self.hour);
        row.accepted += searches as i64;
        row.filtered += searches as i64;
    }

    fn settled(&mut self, intent: &Intent) {
        let sighting = intent.chosen();
        let empty = sighting.normal().is_empty() && !self.engine.settings.searches.empty_queries;
        if empty || !self.remember(intent) {
            return self.passed_over(intent.sightings().len());
        }
        self.passed_over(intent.sightings().len() - 1);
        let row = self.ledger.row(SEARCHES, self.hour);
        row.accepted += 1;
        row.delivered += 1;
        let token = sighting.search.user_token.as_deref().unwrap_or_default();
        let place = place_of(&sighting.search, sighting.id(), (sighting.position, sighting.item));
        let sender = self.searcher(token, place);
        self.search_settled(intent, &sender, place);
    }

    /// Who searched. A token is an anonymous id, unless it is known as a user's id and nothing else.
    pub(super) fn searcher<'a>(&mut self, token: &'a str, place: Place) -> Sender<'a> {
        let id = self.id_behind(token);
        let owner = self.owner(&id, place);
        if owner.is_none() && !self.nodes().node(Kind::User, &id).is_empty() {
            let user = identity::canonical(&mut self.nodes(), &id);
            return Sender { anonymous: None, user: Some(user) };
        }
        Sender { anonymous: Some(id), user: owner }
    }

    /// Every search that has settled and counts comes by here, once.
    pub(super) fn search_settled(&mut self, intent: &Intent, sender: &Sender<'_>, place: Place) {
        let search = &intent.chosen().search;
        let nearest = self.learn_search(search, sender, place);
        let about = About { typed: intent.sightings().len(), nearest_query: nearest.as_deref() };
        self.run_search_flows(search, about, sender, place, None);
        self.meet_searcher(search, sender, place);
    }

    /// Every Insights event that is new comes by here before its flows see it, once.
    pub(super) fn followed_search(&mut self, event: &Event<'_>, _sender: &Sender<'_>, _place: Place) {
        if event.kind != insights::Kind::View {
            event.query_ids().for_each(|query_id| self.acted_on(query_id));
        }
    }
}

fn place_of(search: &Search<'_>, id: EventId, (position, item): (Position, u32)) -> Place {
    let slot = event::slot(search.user_token.as_deref().unwrap_or_default());
    Place { id, position, item, time: search.at, slot }
}
