//! What the flows make of an event.

use super::step::{Place, Step, made};
use crate::flow::{Destination, Flow, Outcome, Source, Stamp};
use crate::outbox::Builder;
use crate::payload;
use bytes::Bytes;
use causeway_algolia::insights::Event;
use causeway_store::state::DeadLetter;
use std::sync::Arc;

/// The flows that see these events.
pub(super) fn of_source(flows: &[Arc<Flow>], source: Source) -> impl Iterator<Item = &Arc<Flow>> {
    flows.iter().filter(move |flow| flow.source() == source)
}

impl Step<'_> {
    pub(super) fn run_flows(&mut self, event: &Event<'_>, place: Place, only: Option<&str>) {
        let person = self.person(event, place);
        let context = payload::algolia_context(event);
        let mut payload = None;
        // Taken out for the time of the loop, which needs the rest of the step.
        let flows = std::mem::take(&mut self.flows);
        let asked = |flow: &&Arc<Flow>| only.is_none_or(|only| only == flow.name());
        for flow in of_source(&flows, Source::Algolia).filter(asked) {
            let payload = payload.get_or_insert_with(|| payload::of_insights(event, &person, place.time));
            let stamp = Stamp {
                event: place.id,
                time: place.time,
                anonymous: person.anonymous,
                user: person.user.as_deref(),
                algolia: Some(&context),
            };
            let out = self.builder(flow.destination()).payload();
            let start = out.len();
            let outcome = flow.run(payload, stamp, out);
            self.count(flow, event, place, start, outcome);
        }
        self.flows = flows;
    }

    /// Where what is made for a destination is gathered.
    pub(super) fn builder(&mut self, destination: Destination) -> &mut Builder {
        match destination {
            Destination::Segment => &mut self.segment,
            Destination::Insights => &mut self.insights,
        }
    }

    pub(super) fn count(
        &mut self,
        flow: &Flow,
        event: &Event<'_>,
        place: Place,
        start: usize,
        outcome: Outcome,
    ) {
        let (destination, flow) = (flow.destination(), flow.name());
        if !matches!(outcome, Outcome::Mapped(_)) {
            self.builder(destination).take_back(start);
        }
        match outcome {
            Outcome::Mapped(messages) => {
                self.ledger.row(flow, self.hour).accepted += 1;
                self.builder(destination).add(flow, place.id, made(start, messages, place));
            }
            Outcome::Unmapped(_) => {
                let row = self.ledger.row(flow, self.hour);
                row.accepted += 1;
                row.filtered += 1;
            }
            Outcome::Rejected(cause, reason) => self.rejected(flow, event, place, (cause, reason)),
        }
    }

    pub(super) fn rejected(&mut self, flow: &str, event: &Event<'_>, place: Place, cause: (&str, String)) {
        let row = self.ledger.row(flow, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let payload = Bytes::copy_from_slice(event.raw.as_bytes());
        let letter = self.dead_letter(flow, place.id.to_string(), place.position, cause, payload);
        self.effects.change.dead_letters.push(DeadLetter { person: event.user_token.to_string(), ..letter });
    }
}
