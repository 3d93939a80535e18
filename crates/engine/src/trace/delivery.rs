//! What became of an event after the engine: what each flow made of it, and the requests that carried it.

use super::{Traced, attempts, twin};
use crate::core::{FORWARD_CALLS, INTAKE};
use crate::event::{self, EventId};
use crate::flow::Definition;
use crate::flow::texts::Texts;
use crate::outbox::{Heads, Settled};
use causeway_store::state::{Block, DeadLetter, DeadLetterQuery, DeadLetterStatus};
use causeway_store::{Error, Position, State};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The attempts of a dead letter that was never sent.
const NO_ATTEMPTS: &str = "[]";

/// What one flow made of an event.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// The flow.
    pub flow: String,
    /// Where it goes.
    pub destination: String,
    /// `pending`, `delivered` or `dead-lettered`.
    pub fate: &'static str,
    /// The messageIds, where the destination has them.
    pub message_ids: Vec<String>,
    /// Which text of the flow made it; empty of what Causeway makes without one, and of what an older version made.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// The number of the flow's version that this text is; nothing if it is as a recipe or a file has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// That text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// What was sent. Messages are not kept once the vendor has them: this is what the same text makes of the same event again,
    /// for the person as known then. Of a dead letter it is what died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Box<RawValue>>,
    /// The outbox block that it rode in.
    pub block: u64,
    /// Its place in the block.
    #[serde(skip)]
    pub(super) entry: u32,
    /// Whether a request decided it.
    #[serde(skip)]
    pub(super) was_sent: bool,
    /// The requests that carried it, the one that decided it last, with how many entries shared that one (`batch`).
    pub attempts: Vec<Value>,
    /// Why it died, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The dead letter's id, if it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<String>,
}

/// Adds what became of events after the engine.
pub(super) fn follow(found: &mut [Traced], state: &dyn State) -> Result<(), Error> {
    let mut texts = Texts::default();
    found.iter_mut().try_for_each(|traced| follow_one(traced, &mut texts, state))?;
    attempts::add(found, state)
}

fn follow_one(traced: &mut Traced, texts: &mut Texts, state: &dyn State) -> Result<(), Error> {
    let Ok(id) = traced.event.parse::<EventId>() else { return Ok(()) };
    let position = Position(traced.position);
    let query = DeadLetterQuery { event: Some(traced.event.clone()), ..DeadLetterQuery::default() };
    let letters = state.dead_letters(&query)?;
    for block in blocks_of(position, &letters, state)? {
        traced.deliveries.extend(deliveries_in(&block, id, traced.message_id.as_deref()));
    }
    for letter in &letters {
        died(letter, &mut traced.deliveries);
    }
    let early = letters.iter().filter(|letter| letter.flow != INTAKE && letter.attempts == NO_ATTEMPTS);
    for letter in early {
        if !traced.deliveries.iter().any(|delivery| delivery.flow == letter.flow) {
            traced.deliveries.push(Delivery::dead(letter));
        }
    }
    for delivery in &mut traced.deliveries {
        let revision = delivery.revision.parse().unwrap_or_default();
        delivery.version = texts.number(&delivery.flow, revision, state)?;
        delivery.definition = texts.text(&delivery.flow, revision, state)?;
    }
    traced.twins = twin::of(traced);
    Ok(())
}

/// The blocks that the event may be in, oldest first. A retried dead letter rides in a block of its own, which is made
/// from the letter's position.
fn blocks_of(position: Position, letters: &[DeadLetter], state: &dyn State) -> Result<Vec<Block>, Error> {
    let mut blocks = BTreeMap::new();
    for position in letters.iter().map(|letter| letter.position).chain([position]) {
        let found = state.blocks_from(position, position)?;
        blocks.extend(found.into_iter().map(|block| (block.id, block)));
    }
    Ok(blocks.into_values().collect())
}

/// Marks the deliveries that ended with this letter: all of its flow, but for the one that a retry led to.
fn died(letter: &DeadLetter, deliveries: &mut [Delivery]) {
    let mut own: Vec<&mut Delivery> =
        deliveries.iter_mut().filter(|delivery| delivery.flow == letter.flow).collect();
    if letter.status == DeadLetterStatus::Retried {
        own.pop();
    }
    for delivery in own.into_iter().filter(|delivery| delivery.fate == "delivered") {
        delivery.fate = "dead-lettered";
        delivery.reason = Some(letter.reason.clone());
        delivery.dead_letter = Some(letter.id.clone());
        delivery.output = shown(&letter.payload);
        delivery.was_sent = letter.attempts != NO_ATTEMPTS;
    }
}

impl Delivery {
    /// Of what never got to the vendor.
    pub(super) fn dead(letter: &DeadLetter) -> Self {
        Self {
            flow: letter.flow.clone(),
            destination: letter.destination.clone(),
            fate: "dead-lettered",
            message_ids: Vec::new(),
            revision: letter.revision.clone(),
            version: None,
            definition: None,
            output: None,
            block: 0,
            entry: 0,
            was_sent: false,
            attempts: Vec::new(),
            reason: Some(letter.reason.clone()),
            dead_letter: Some(letter.id.clone()),
        }
    }
}

/// Messages, joined by commas, as a list.
pub(super) fn shown(payload: &[u8]) -> Option<Box<RawValue>> {
    let text = String::from_utf8([b"[", payload, b"]"].concat()).ok()?;
    RawValue::from_string(text).ok()
}

fn deliveries_in(block: &Block, id: EventId, own: Option<&str>) -> Vec<Delivery> {
    let Ok(heads) = Heads::decode(&block.heads) else { return Vec::new() };
    let settled = Settled::decode(&block.settled, block.entries);
    let mine = heads.entries.iter().enumerate().filter(|(_, head)| head.event == id);
    mine.map(|(entry, head)| {
        let flow = heads.flow(head);
        Delivery {
            flow: flow.to_owned(),
            destination: block.destination.clone(),
            fate: if settled.contains(entry as u32) { "delivered" } else { "pending" },
            message_ids: message_ids(&block.destination, flow, id, own, head.messages),
            revision: heads.revision(head).to_string(),
            version: None,
            definition: None,
            output: None,
            block: block.id.0,
            entry: entry as u32,
            was_sent: settled.contains(entry as u32),
            attempts: Vec::new(),
            reason: None,
            dead_letter: None,
        }
    })
    .collect()
}

/// A call that is handed on keeps its `own` messageId.
fn message_ids(destination: &str, flow: &str, id: EventId, own: Option<&str>, messages: u8) -> Vec<String> {
    if destination != crate::flow::DESTINATION_SEGMENT {
        return Vec::new();
    }
    if let Some(own) = own.filter(|_| flow == FORWARD_CALLS) {
        return vec![own.to_owned()];
    }
    let one = |index| {
        let mut text = Vec::new();
        event::write_message_id(id, event::flow_number(flow), index, &mut text);
        String::from_utf8(text).unwrap_or_default()
    };
    (0..usize::from(messages)).map(one).collect()
}
