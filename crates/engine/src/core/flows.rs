//! What the flows make of an event.

use super::step::{Place, Step, made};
use crate::flow::{Flow, Outcome, Source, Stamp};
use crate::identity::Sender;
use crate::payload;
use crate::searches::Search;
use bytes::Bytes;
use causeway_algolia::insights::Event;
use causeway_mapping::Value;
use causeway_store::state::DeadLetter;
use std::sync::Arc;

/// The flows that see these events.
pub(super) fn of_source(flows: &[Arc<Flow>], source: Source) -> impl Iterator<Item = &Arc<Flow>> {
    flows.iter().filter(move |flow| flow.source() == source)
}

/// An event as it came, for the dead letter that it may become.
#[derive(Clone, Copy)]
pub(super) struct Came<'a> {
    pub(super) raw: &'a str,
    /// The id by which its person was named.
    pub(super) person: &'a str,
}

impl Step<'_> {
    pub(super) fn run_flows(
        &mut self,
        event: &Event<'_>,
        sender: &Sender<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        let settings = Arc::clone(&self.engine.settings);
        let recovered = self.recover(event, sender, place);
        let mut queries = self.recall_all(event);
        self.recall_recovered(&event.user_token, &recovered, &mut queries);
        let mut made = None;
        let came = Came { raw: event.raw, person: &event.user_token };
        // Taken out for the time of the loop, which needs the rest of the step.
        let flows = std::mem::take(&mut self.flows);
        let asked = |flow: &&Arc<Flow>| only.is_none_or(|only| only == flow.name());
        for flow in of_source(&flows, Source::Algolia).filter(asked) {
            let (payload, context) = made.get_or_insert_with(|| {
                let mut payload = payload::of_insights(event, sender, place.time);
                payload::add_recovered(&mut payload, &recovered);
                payload::add_queries(&mut payload, &queries);
                (payload, payload::algolia_context(event))
            });
            let stamp = Stamp {
                event: place.id,
                time: place.time,
                anonymous: sender.anonymous.as_deref(),
                user: sender.user.as_deref(),
                algolia: Some(context),
                token_secret: settings.token_secret.expose().as_bytes(),
            };
            self.run_flow(flow, payload, stamp, came, place);
        }
        self.flows = flows;
    }

    /// Runs a settled search through the flows.
    pub(super) fn run_search_flows(
        &mut self,
        search: &Search<'_>,
        about: payload::About<'_>,
        sender: &Sender<'_>,
        place: Place,
        only: Option<&str>,
    ) {
        let context = payload::search_context(search);
        let settings = Arc::clone(&self.engine.settings);
        let stamp = Stamp {
            event: place.id,
            time: place.time,
            anonymous: sender.anonymous.as_deref(),
            user: sender.user.as_deref(),
            algolia: Some(&context),
            token_secret: settings.token_secret.expose().as_bytes(),
        };
        let flows = std::mem::take(&mut self.flows);
        let asked = |flow: &&Arc<Flow>| only.is_none_or(|only| only == flow.name());
        if of_source(&flows, Source::Algolia).any(|flow| asked(&flow)) {
            let raw = serde_json::to_string(search).expect("a search is plain data");
            let came = Came { raw: &raw, person: search.user_token.as_deref().unwrap_or_default() };
            let mut payload = payload::of_search(search, about, sender);
            for flow in of_source(&flows, Source::Algolia).filter(asked) {
                self.run_flow(flow, &mut payload, stamp, came, place);
            }
        }
        self.flows = flows;
    }

    /// Runs something that was found out through the flows; `came` is its JSON, and the id by which its person was named.
    pub(super) fn run_made_flows(
        &mut self,
        mut payload: Value<'_>,
        context: &Value<'_>,
        came: (&str, &str),
        sender: &Sender<'_>,
        place: Place,
    ) {
        let secret = self.engine.settings.token_secret.clone();
        let stamp = Stamp {
            event: place.id,
            time: place.time,
            anonymous: sender.anonymous.as_deref(),
            user: sender.user.as_deref(),
            algolia: Some(context),
            token_secret: secret.expose().as_bytes(),
        };
        let came = Came { raw: came.0, person: came.1 };
        let flows = std::mem::take(&mut self.flows);
        for flow in of_source(&flows, Source::Algolia) {
            self.run_flow(flow, &mut payload, stamp, came, place);
        }
        self.flows = flows;
    }

    /// Runs one flow and counts what came of it.
    pub(super) fn run_flow(
        &mut self,
        flow: &Flow,
        payload: &mut Value<'_>,
        stamp: Stamp<'_>,
        came: Came<'_>,
        place: Place,
    ) {
        let builder = self.outgoing.to(flow.destination().name());
        let start = builder.payload().len();
        match flow.run(payload, stamp, builder.payload()) {
            Outcome::Mapped(messages) => {
                builder.add(flow, place.id, made(start, messages, place));
                self.ledger.row(flow.name(), self.hour).accepted += 1;
            }
            Outcome::Unmapped(_) => {
                builder.take_back(start);
                let row = self.ledger.row(flow.name(), self.hour);
                row.accepted += 1;
                row.filtered += 1;
            }
            Outcome::Rejected(cause, reason) => {
                builder.take_back(start);
                self.rejected(flow.name(), came, place, (cause, reason));
            }
        }
    }

    pub(super) fn rejected(&mut self, flow: &str, came: Came<'_>, place: Place, cause: (&str, String)) {
        let row = self.ledger.row(flow, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let payload = Bytes::copy_from_slice(came.raw.as_bytes());
        let letter = self.dead_letter(flow, place.id.to_string(), place.position, cause, payload);
        self.effects.change.dead_letters.push(DeadLetter {
            person: came.person.to_owned(),
            revision: self.revision_of(flow).to_string(),
            ..letter
        });
    }
}
