//! What can't go on, kept with the reason.

use super::INTAKE;
use super::step::Step;
use crate::flow::{DESTINATION_SEGMENT, Revision};
use crate::forget;
use bytes::Bytes;
use causeway_algolia::insights::Invalid;
use causeway_store::state::{DeadLetter, DeadLetterStatus};
use causeway_store::{Entry, Position};

impl Step<'_> {
    pub(super) fn invalid(&mut self, entry: &Entry, item: usize, invalid: &Invalid<'_>) {
        let reason = format!("{} (Algolia: {})", invalid.violation.detail(), invalid.violation.message());
        self.quarantine(entry, item, reason, invalid.raw);
    }

    /// Keeps what an intake found invalid. What was erased since it came is nothing any more.
    pub(super) fn quarantine(&mut self, entry: &Entry, item: usize, reason: String, raw: &str) {
        if forget::is_erased(raw) {
            return self.stopped();
        }
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let payload = Bytes::copy_from_slice(raw.as_bytes());
        let event = format!("{}:{item}", entry.position.0);
        let letter = self.dead_letter(INTAKE, event, entry.position, ("invalid", reason), payload);
        self.effects.change.dead_letters.push(letter);
    }

    pub(super) fn unreadable(&mut self, entry: &Entry, why: &str) {
        let row = self.ledger.row(INTAKE, self.hour);
        row.accepted += 1;
        row.dead_lettered += 1;
        let event = entry.position.0.to_string();
        let cause = ("invalid", why.to_owned());
        let letter = self.dead_letter(INTAKE, event, entry.position, cause, entry.record.body.clone());
        self.effects.change.dead_letters.push(letter);
    }

    fn destination_of(&self, name: &str) -> &'static str {
        let flow = self.engine.flows.iter().find(|flow| flow.name() == name);
        match flow {
            Some(flow) => flow.destination().name(),
            None if name == INTAKE => INTAKE,
            None => DESTINATION_SEGMENT,
        }
    }

    /// Which text of the flow runs.
    pub(super) fn revision_of(&self, name: &str) -> Revision {
        let flow = self.engine.flows.iter().find(|flow| flow.name() == name);
        flow.map_or(Revision::NONE, |flow| flow.revision())
    }

    pub(super) fn dead_letter(
        &self,
        flow: &str,
        event: String,
        position: Position,
        (cause, reason): (&str, String),
        payload: Bytes,
    ) -> DeadLetter {
        DeadLetter {
            id: dead_letter_id(flow, &event, position),
            flow: flow.to_owned(),
            destination: self.destination_of(flow).to_owned(),
            event,
            person: String::new(),
            cause: cause.to_owned(),
            reason,
            payload,
            attempts: "[]".to_owned(),
            hour: self.hour,
            died_at: 0,
            position,
            status: DeadLetterStatus::Dead,
            note: String::new(),
            revision: String::new(),
        }
    }
}

/// The id of a dead letter: the same failure of the same event makes the same id.
pub fn dead_letter_id(flow: &str, event: &str, position: Position) -> String {
    let text = format!("{flow}\n{event}\n{}", position.0);
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}
