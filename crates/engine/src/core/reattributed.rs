//! Events that are told of again, as another person's.

use super::flows::Came;
use super::step::{Place, Step};
use crate::event;
use crate::flow::{DESTINATION_SEGMENT, Flow};
use crate::past::{self, Told};
use crate::payload::{self, About};
use crate::repair::{Again, Resent, resent_key};
use crate::searches::Search;
use causeway_algolia::insights::Event;
use causeway_mapping::Value;
use causeway_segment::call::Call;
use causeway_store::Entry;
use std::sync::Arc;

impl Step<'_> {
    /// Runs the event through the flows to Segment once more, under the id that stands for it as this person's. Nothing is
    /// learned from it, and Algolia is not told: what it has can't be changed.
    pub(super) fn reattributed(&mut self, entry: &Entry) {
        let Some(again) = Again::decode(&entry.record.meta) else {
            return self.unreadable(entry, "the record does not say which event is told of again");
        };
        let to_segment = |flow: &&Arc<Flow>| flow.destination().name() == DESTINATION_SEGMENT;
        let chosen = self.flows.iter().filter(to_segment).cloned().collect();
        let all = std::mem::replace(&mut self.flows, chosen);
        let rules = self.engine.settings.rules;
        for past in past::read(entry, &rules) {
            match past.told {
                Told::Event(event) => self.event_again(&event, again, entry),
                Told::Call(call) => self.call_again(&call, again, entry),
                Told::Search(search, _) => self.search_again(&search, again, entry),
            }
        }
        self.flows = all;
    }

    fn event_again(&mut self, event: &Event<'_>, again: Again, entry: &Entry) {
        let time = event.timestamp.unwrap_or(again.received_at);
        let place = again.place(entry, time, &event.user_token);
        self.ids.add_insights(place.id, event);
        let sender = self.sender(event, place);
        if self.is_news(again, sender.user.as_deref()) {
            self.run_flows(event, &sender, place, None);
        }
    }

    fn search_again(&mut self, search: &Search<'_>, again: Again, entry: &Entry) {
        let token = search.user_token.as_deref().unwrap_or_default();
        let place = again.place(entry, search.at, token);
        self.ids.add_search(place.id, search);
        let sender = self.searcher(token, place);
        if self.is_news(again, sender.user.as_deref()) {
            self.run_search_flows(search, About::default(), &sender, place, None);
        }
    }

    fn call_again(&mut self, call: &Call<'_>, again: Again, entry: &Entry) {
        let person = call.anonymous_id.as_deref().unwrap_or_default();
        let place = again.place(entry, call.timestamp.unwrap_or(again.received_at), person);
        self.ids.add_call(place.id, call);
        let sender = self.call_sender(call, place);
        let message = Value::parse(call.raw.as_bytes()).ok().and_then(payload::of_call);
        if let Some(mut payload) = message.filter(|_| self.is_news(again, sender.user.as_deref())) {
            self.run_call_flows(&mut payload, &sender, Came { raw: call.raw, person }, place, None);
        }
    }

    /// Whether the event is still this person's, and was not told of as such before; notes that it is now.
    fn is_news(&mut self, again: Again, user: Option<&str>) -> bool {
        if again.event.reattributed(user) != again.id {
            return false;
        }
        let key = resent_key(again.event);
        let told = Resent(Some(again.id));
        match self.engine.resent.get(&key, self.facts) {
            Ok(before) if *before == told => false,
            Ok(before) => {
                *before = told;
                self.engine.resent.changed(&key);
                true
            }
            Err(error) => {
                self.failure = Some(error);
                false
            }
        }
    }
}

impl Again {
    fn place(self, entry: &Entry, time: i64, person: &str) -> Place {
        Place { id: self.id, position: entry.position, item: 0, time, slot: event::slot(person) }
    }
}
