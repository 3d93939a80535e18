//! One call of [`Engine::process`] under way: the entries' events one after the other.

use super::flows::{Came, of_source};
use super::ids::id_of;
use super::outgoing::Outgoing;
use super::{Effects, Engine, FORWARD, Facts, INTAKE};
use crate::event::{self, EventId};
use crate::flow::{DESTINATION_INSIGHTS, Flow, Source};
use crate::identity::Sender;
use crate::ledger::{self, Additions};
use crate::outbox::{Builder, Made};
use crate::span::Gathering;
use causeway_algolia::insights::{self, Event};
use causeway_segment::call::Route;
use causeway_store::state::{List, Note};
use causeway_store::{Entry, Position, journal};
use std::sync::Arc;

/// The step.
pub(super) struct Step<'e> {
    pub(super) engine: &'e mut Engine,
    pub(super) facts: &'e dyn Facts,
    pub(super) bodies: usize,
    pub(super) flows: Vec<Arc<Flow>>,
    pub(super) ledger: Additions,
    pub(super) outgoing: Outgoing,
    pub(super) hour: i64,
    /// When the record came that is worked on, in milliseconds since the Unix epoch.
    pub(super) now: i64,
    /// Where it stands.
    pub(super) position: Position,
    /// How many people were told of results in this step.
    pub(super) told: usize,
    pub(super) ids: Gathering,
    pub(super) seen: Vec<u8>,
    pub(super) effects: Effects,
    pub(super) failure: Option<causeway_store::Error>,
}

/// Where an event stands while it is worked on.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) id: EventId,
    pub(super) position: Position,
    pub(super) item: u32,
    pub(super) time: i64,
    pub(super) slot: u16,
}

impl<'e> Step<'e> {
    pub(super) fn new(engine: &'e mut Engine, facts: &'e dyn Facts, bodies: usize) -> Self {
        let flows = engine.flows.clone();
        let outgoing = Outgoing::new(0, &engine.growths, 0);
        Self {
            engine,
            facts,
            bodies,
            flows,
            ledger: Additions::default(),
            outgoing,
            hour: 0,
            now: 0,
            position: Position(0),
            told: 0,
            ids: Gathering::default(),
            seen: Vec::new(),
            effects: Effects::default(),
            failure: None,
        }
    }

    pub(super) fn entry(&mut self, entry: &Entry) {
        (self.now, self.position) = (entry.record.received_at, entry.position);
        self.begin_newcomers();
        self.enter_hour(ledger::hour_of(self.now));
        if entry.record.source != super::Source::Searches.into() {
            self.time_passes();
        }
        let meta = || String::from_utf8_lossy(&entry.record.meta);
        match super::Source::of(entry.record.source) {
            Some(super::Source::Insights) => self.insights_body(entry, None),
            Some(super::Source::Repaired) => self.insights_body(entry, Some(&meta())),
            Some(super::Source::Tracking) => self.calls_body(entry, route_of(entry), None),
            Some(super::Source::Webhook) => self.calls_body(entry, Some(Route::Webhook), None),
            Some(super::Source::RepairedCall) => {
                self.calls_body(entry, Some(Route::Webhook), Some(&meta()));
            }
            Some(super::Source::Operator) => self.order(entry),
            Some(super::Source::RepairedSearch) => self.repaired_searches(entry, &meta()),
            Some(
                super::Source::Reattributed
                | super::Source::ReattributedCall
                | super::Source::ReattributedSearch,
            ) => self.reattributed(entry),
            Some(super::Source::Searches) => self.searches_body(entry),
            Some(super::Source::Tick) => {}
            Some(super::Source::Reported) => self.reported(entry, &meta()),
            None => {
                let journal::Source(number) = entry.record.source;
                self.unreadable(entry, &format!("no intake has the number {number}"));
            }
        }
    }

    /// Blocks and ledger rows belong to one hour each.
    pub(super) fn enter_hour(&mut self, hour: i64) {
        if hour != self.hour {
            self.close_blocks(hour);
            self.hour = hour;
        }
    }

    /// Hands on what was made so far, and goes on with empty blocks of that hour.
    pub(super) fn close_blocks(&mut self, next_hour: i64) {
        let empty = Outgoing::new(next_hour, &self.engine.growths, self.bodies);
        let made = std::mem::replace(&mut self.outgoing, empty);
        let builders: Vec<Builder> = made.close(&mut self.engine.growths, self.bodies).collect();
        for builder in builders {
            let id = self.engine.take_block_id();
            self.effects.change.outbox.push(builder.build(id));
        }
    }

    pub(super) fn insights_body(&mut self, entry: &Entry, repaired_for: Option<&str>) {
        match insights::parse(&entry.record.body, &self.engine.settings.rules, entry.record.received_at) {
            Ok(batch) => {
                for (item, event) in batch.events.iter().enumerate() {
                    match event {
                        Ok(event) => self.event(entry, item, event, repaired_for),
                        Err(invalid) => self.invalid(entry, item, invalid),
                    }
                }
            }
            Err(refusal) => self.unreadable(entry, &refusal.detail()),
        }
    }

    pub(super) fn event(
        &mut self,
        entry: &Entry,
        item: usize,
        event: &Event<'_>,
        repaired_for: Option<&str>,
    ) {
        let received_at = entry.record.received_at;
        let content = insights::identity_hash(event, 0);
        let id = id_of(content, event, (received_at, entry.position, item));
        let place = Place {
            id,
            position: entry.position,
            item: item as u32,
            time: event.timestamp.unwrap_or(received_at),
            slot: event::slot(&event.user_token),
        };
        self.ids.add_insights(id, event);
        self.effects.events += 1;
        self.count_intake();
        let short = content as u64;
        let repeated =
            repaired_for.is_none() && self.engine.seen.repeats(short, event.timestamp.is_some(), received_at);
        if repeated {
            return self.repeated();
        }
        self.seen.extend_from_slice(&short.to_le_bytes());
        let only = repaired_for.filter(|flow| !flow.is_empty());
        if let Some(flow) = only.filter(|flow| !self.runs(flow)) {
            let cause = ("mapping", format!("no flow named {flow:?} runs any more"));
            let came = Came { raw: event.raw, person: &event.user_token };
            return self.rejected(flow, came, place, cause);
        }
        let sender = self.sender(event, place);
        self.note_clicks(event, place);
        self.forward(event, &sender, place, received_at, only);
        if only.is_none() && self.waits(event, place) {
            return;
        }
        self.understood_event(event, &sender, place, only);
    }

    /// What an event that is new comes to, once its search is known or not waited for.
    pub(super) fn understood_event(
        &mut self,
        event: &Event<'_>,
        sender: &Sender<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        if only.is_none() {
            self.followed_search(event, sender, place);
        }
        self.run_flows(event, sender, place, only);
        if only.is_none() {
            self.event_understood(event, sender, place);
        }
    }

    pub(super) fn runs(&self, flow: &str) -> bool {
        flow == FORWARD || self.flows.iter().any(|running| running.name() == flow)
    }

    pub(super) fn count_intake(&mut self) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.delivered += 1;
    }

    /// A repeated event is filtered by every flow that would have seen it.
    pub(super) fn repeated(&mut self) {
        let forward = self.engine.settings.forward.then_some(FORWARD);
        for flow in of_source(&self.flows, Source::Algolia).map(|flow| flow.name()).chain(forward) {
            let row = self.ledger.row(flow, self.hour);
            row.accepted += 1;
            row.filtered += 1;
        }
    }

    /// Hands the event on to Algolia, with the user that is known of an anonymous one and the searches that were recovered.
    pub(super) fn forward(
        &mut self,
        event: &Event<'_>,
        sender: &Sender<'_>,
        place: Place,
        received_at: i64,
        only: Option<&str>,
    ) {
        if !self.engine.settings.forward || only.is_some_and(|flow| flow != FORWARD) {
            return;
        }
        let completed = self.completed(event, sender, place);
        let event = completed.as_ref().unwrap_or(event);
        let user = sender.user.as_deref().filter(|_| event.authenticated_user_token.is_none());
        let user = user.map(|user| self.token(user));
        let builder = self.outgoing.to(DESTINATION_INSIGHTS);
        let start = builder.payload().len();
        event.write_json_of(user.as_deref(), received_at, builder.payload());
        builder.add(FORWARD, place.id, made(start, 1, place));
        self.ledger.row(FORWARD, self.hour).accepted += 1;
    }

    pub(super) fn finish(mut self, entries: &[Entry]) -> Result<Effects, causeway_store::Error> {
        self.close_blocks(0);
        if let Some(error) = self.failure {
            return Err(error);
        }
        let mut effects = self.effects;
        effects.change.facts.extend(self.engine.known.take_changed());
        effects.change.facts.extend(self.engine.profiles.take_changes());
        effects.change.facts.extend(self.engine.held.take_changes());
        effects.change.facts.extend(self.engine.resent.take_changes());
        effects.change.facts.extend(self.engine.opens.take_changes());
        effects.change.facts.extend(self.engine.waiting.take_changes());
        effects.change.facts.extend(self.engine.remembered.take_changes());
        effects.change.facts.extend(self.engine.leads.take_changes());
        effects.change.facts.extend(self.engine.expiry.take_changes());
        effects.change.facts.extend(self.engine.learned.take_changes());
        effects.change.facts.extend(self.engine.counted.take_changes());
        effects.change.ledger = self.ledger.into_rows();
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(effects) };
        effects.change.cursor = Some(last.position);
        let at = last.record.received_at;
        effects.change.dead_letters.iter_mut().for_each(|letter| letter.died_at = at);
        if !self.seen.is_empty() {
            effects.change.notes.push(Note { list: List::Seen, at, data: self.seen.into() });
        }
        if let Some(data) = self.engine.span.add(self.ids, first.position, last.position) {
            effects.change.notes.push(Note { list: List::Spans, at, data });
        }
        Ok(effects)
    }
}

/// The route that a body of the Tracking API came by.
pub(crate) fn route_of(entry: &Entry) -> Option<Route> {
    std::str::from_utf8(&entry.record.meta).ok().and_then(Route::parse)
}

pub(super) fn made(start: usize, messages: u8, place: Place) -> Made {
    Made { start, messages, slot: place.slot, time: place.time, position: place.position }
}
