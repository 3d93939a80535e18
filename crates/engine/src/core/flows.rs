//! What the flows make of an event.

use super::step::{Place, Step, made};
use crate::flow::{Outcome, Stamp};
use crate::identity::Sender;
use crate::payload;
use bytes::Bytes;
use causeway_algolia::insights::Event;
use causeway_store::state::DeadLetter;

impl Step<'_> {
    pub(super) fn run_flows(
        &mut self,
        event: &Event<'_>,
        sender: &Sender<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        let context = payload::algolia_context(event);
        let mut payload = None;
        // Taken out for the time of the loop, which needs the rest of the step.
        let flows = std::mem::take(&mut self.flows);
        for flow in flows.iter().filter(|flow| only.is_none_or(|only| only == flow.name())) {
            let payload = payload.get_or_insert_with(|| payload::of_insights(event, sender, place.time));
            let stamp = Stamp {
                event: place.id,
                time: place.time,
                anonymous: sender.anonymous.as_deref(),
                user: sender.user.as_deref(),
                algolia: &context,
            };
            let start = self.segment.payload().len();
            let outcome = flow.run(payload, stamp, self.segment.payload());
            self.count(flow.name(), event, place, start, outcome);
        }
        self.flows = flows;
    }

    pub(super) fn count(
        &mut self,
        flow: &str,
        event: &Event<'_>,
        place: Place,
        start: usize,
        outcome: Outcome,
    ) {
        if !matches!(outcome, Outcome::Mapped(_)) {
            self.segment.take_back(start);
        }
        match outcome {
            Outcome::Mapped(messages) => {
                self.ledger.row(flow, self.hour).accepted += 1;
                self.segment.add(flow, place.id, made(start, messages, place));
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
