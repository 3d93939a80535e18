//! Segment's calls, and what each goes through.

use super::demand::{is_order, purchase_of_call};
use super::flows::{Came, of_source};
use super::step::{Place, Step, made};
use super::{FORWARD_CALLS, INTAKE};
use crate::event::{self, EventId};
use crate::flow::{Source, Stamp};
use crate::identity::Sender;
use crate::payload;
use causeway_algolia::tokens;
use causeway_mapping::Value;
use causeway_segment::call::{self, Call, Kind, Route};
use causeway_store::Entry;
use std::sync::Arc;

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
        self.ids.add_call(place.id, call);
        self.effects.events += 1;
        // A call that came without an id has one of ours in its dead letter.
        if repaired_for.is_none() && call.is_ours() {
            return self.stopped();
        }
        // To make the message and to read it costs more than all the rest, and often nobody looks at it.
        let wanted = repaired_for.is_some() || self.is_looked_at(call, route) || !is_readable(call);
        let message = wanted.then(|| message_of(call, entry, place.id));
        let payload = match message.as_deref().map(|message| Value::parse(message.as_bytes())).transpose() {
            Ok(payload) => payload,
            Err(error) => return self.quarantine(entry, item, error.to_string(), call.raw),
        };
        let message = message.as_deref().unwrap_or(call.raw);
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
            return self.rejected(flow, Came { raw: message, person }, place, cause);
        }
        if only.is_none() {
            self.pass_on(message, place, route);
        }
        self.understood(call, message, payload, place, only);
    }

    /// Whether anybody looks at the message that a call becomes.
    fn is_looked_at(&self, call: &Call<'_>, route: Route) -> bool {
        let settings = &self.engine.settings;
        call.kind == Kind::Identify
            || is_order(call)
            || settings.forward_calls && is_tracking(route)
            || !settings.syncs.is_empty()
            || of_source(&self.flows, Source::Segment).next().is_some()
    }

    /// What a call that is new comes to. `payload` is there if anybody looks at it.
    fn understood(
        &mut self,
        call: &Call<'_>,
        message: &str,
        payload: Option<Value<'_>>,
        place: Place,
        only: Option<&str>,
    ) {
        let mut payload = payload.and_then(payload::of_call);
        let told = self.learn(call, payload.as_ref(), place);
        let bought = payload.as_ref().and_then(|payload| purchase_of_call(call, payload, place));
        if let Some(purchase) = bought.filter(|_| only.is_none()) {
            self.note_purchase(&purchase, &told.sender, place);
        }
        self.remember_tokens(&told.sender);
        let Some(payload) = &mut payload else { return };
        let came = Came {
            raw: message,
            person: call.anonymous_id.as_deref().or(call.user_id.as_deref()).unwrap_or_default(),
        };
        self.run_call_flows(payload, &told.sender, came, place, only);
        if only.is_none() {
            self.sync_call(payload, &told, place);
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
        let settings = Arc::clone(&self.engine.settings);
        let stamp = Stamp {
            event: place.id,
            time: place.time,
            anonymous: sender.anonymous.as_deref(),
            user: sender.user.as_deref(),
            algolia: None,
            token_secret: settings.token_secret.expose().as_bytes(),
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
}

/// Whether the message that a call becomes can be read.
fn is_readable(call: &Call<'_>) -> bool {
    call.sources().all(Value::can_hold)
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
        EventId::timed(xxhash_rust::xxh3::xxh3_128(["segment\n", id].concat().as_bytes()))
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
