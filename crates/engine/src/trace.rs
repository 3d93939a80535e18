//! What became of an event: found by its id, a messageId, or any id in it, and followed through every hop.

use crate::core::{INTAKE, Source};
use crate::event::{self, EventId};
use crate::outbox::{Heads, Settled};
use crate::span::Needle;
use causeway_algolia::insights::{self, Event, Rules, Subject};
use causeway_store::state::{Block, DeadLetter, DeadLetterQuery, DeadLetterStatus, List, Note};
use causeway_store::{Entry, Error, Journal, Position, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// One event, by its id or by the messageId of something made of it.
    event: Option<EventId>,
    /// Whatever holds this id: a user token, a queryID, an objectID.
    mention: String,
}

/// At most this many events are answered, the newest.
pub const MAX_ANSWERS: usize = 100;

/// An event and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Traced {
    /// The event's id.
    pub event: String,
    /// The journal record that it came in.
    pub position: u64,
    /// Its place in the record, from 0.
    pub item: usize,
    /// When it was accepted, milliseconds since the Unix epoch.
    pub received_at: i64,
    /// Its own time, if it said one.
    pub timestamp: Option<i64>,
    /// Its user token.
    pub user_token: String,
    /// The event as it came.
    pub payload: Box<RawValue>,
    /// `processed` or `waiting` for the engine.
    pub stage: &'static str,
    /// What was made of it, by flow. A flow that is missing here had nothing to send, or the event repeats another.
    pub deliveries: Vec<Delivery>,
}

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
    /// The outbox block that it rode in.
    pub block: u64,
    /// The requests that decided it.
    pub attempts: Vec<serde_json::Value>,
    /// Why it died, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The dead letter's id, if it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<String>,
}

impl Question {
    /// Reads what a user typed. An event's id and a queryID look the same, so either may be meant.
    pub fn parse(text: &str) -> Self {
        let event = text.parse().ok().or_else(|| event::event_of_message(text));
        Self { event, mention: text.to_owned() }
    }

    /// The stretch of the journal that a stored filter covers, if it may hold what is asked for.
    fn find(&self, filter: &[u8]) -> Option<(Position, Position)> {
        let event = self.event.and_then(|id| Needle::event(id.short()).find(filter));
        event.or_else(|| Needle::id(&self.mention).find(filter))
    }

    fn fits(&self, id: EventId, event: &Event<'_>) -> bool {
        self.event == Some(id) || mentions(event, &self.mention)
    }
}

fn mentions(event: &Event<'_>, wanted: &str) -> bool {
    let own = [Some(&event.user_token), event.authenticated_user_token.as_ref(), event.query_id.as_ref()];
    let objects = match &event.subject {
        Subject::Objects(objects) => objects.as_slice(),
        _ => &[],
    };
    own.into_iter().flatten().any(|id| id == wanted)
        || objects.iter().any(|object| {
            let query = object.data.as_ref().and_then(|data| data.query_id.as_deref());
            object.id == wanted || query == Some(wanted)
        })
}

/// Follows what is asked for, newest first.
pub fn trace(
    question: &Question,
    journal: &dyn Journal,
    state: &dyn State,
    rules: &Rules,
) -> Result<Vec<Traced>, Error> {
    let cursor = state.cursor()?;
    let mut found = Vec::new();
    for (first, last) in stretches(question, journal, state, cursor)? {
        for entry in journal.range(first, last)?.iter().rev() {
            look(question, entry, rules, cursor, &mut found);
        }
        if found.len() >= MAX_ANSWERS {
            break;
        }
    }
    found.truncate(MAX_ANSWERS);
    found.iter_mut().try_for_each(|traced| follow(traced, state))?;
    Ok(found)
}

/// The stretches of the journal that may hold what is asked for, newest first: what is not processed yet, then what
/// the filters point at.
fn stretches(
    question: &Question,
    journal: &dyn Journal,
    state: &dyn State,
    cursor: Position,
) -> Result<Vec<(Position, Position)>, Error> {
    let last = journal.extent()?.last;
    let unprocessed = (last > cursor).then_some((Position(cursor.0 + 1), last));
    let notes = state.notes(List::Spans, i64::MIN)?;
    let hits = notes.iter().rev().filter_map(|note| question.find(&note.data));
    Ok(unprocessed.into_iter().chain(hits).collect())
}

fn look(question: &Question, entry: &Entry, rules: &Rules, cursor: Position, found: &mut Vec<Traced>) {
    if !Source::is_insights(entry.record.source) {
        return;
    }
    let Ok(batch) = insights::parse(&entry.record.body, rules, entry.record.received_at) else { return };
    for (item, event) in batch.events.iter().enumerate().rev() {
        let Ok(event) = event else { continue };
        let id = crate::core::event_id(event, entry, item);
        if question.fits(id, event) {
            found.extend(traced(id, event, entry, item, cursor));
        }
    }
}

fn traced(id: EventId, event: &Event<'_>, entry: &Entry, item: usize, cursor: Position) -> Option<Traced> {
    Some(Traced {
        event: id.to_string(),
        position: entry.position.0,
        item,
        received_at: entry.record.received_at,
        timestamp: event.timestamp,
        user_token: event.user_token.to_string(),
        payload: RawValue::from_string(event.raw.to_owned()).ok()?,
        stage: if entry.position > cursor { "waiting" } else { "processed" },
        deliveries: Vec::new(),
    })
}

/// Adds what became of an event after the engine.
fn follow(traced: &mut Traced, state: &dyn State) -> Result<(), Error> {
    let Ok(id) = traced.event.parse::<EventId>() else { return Ok(()) };
    let position = Position(traced.position);
    let query = DeadLetterQuery { event: Some(traced.event.clone()), ..DeadLetterQuery::default() };
    let letters = state.dead_letters(&query)?;
    let attempts = state.notes(List::Attempts, traced.received_at)?;
    for block in blocks_of(position, &letters, state)? {
        traced.deliveries.extend(deliveries_in(&block, id, &attempts));
    }
    for letter in &letters {
        died(letter, &mut traced.deliveries);
    }
    let early = letters.iter().filter(|letter| letter.flow != INTAKE && letter.attempts == "[]");
    for letter in early {
        if !traced.deliveries.iter().any(|delivery| delivery.flow == letter.flow) {
            traced.deliveries.push(Delivery {
                flow: letter.flow.clone(),
                destination: letter.destination.clone(),
                fate: "dead-lettered",
                message_ids: Vec::new(),
                block: 0,
                attempts: Vec::new(),
                reason: Some(letter.reason.clone()),
                dead_letter: Some(letter.id.clone()),
            });
        }
    }
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
    }
}

fn deliveries_in(block: &Block, id: EventId, attempts: &[Note]) -> Vec<Delivery> {
    let Ok(heads) = Heads::decode(&block.heads) else { return Vec::new() };
    let settled = Settled::decode(&block.settled, block.entries);
    let mine = heads.entries.iter().enumerate().filter(|(_, head)| head.event == id);
    mine.map(|(entry, head)| {
        let flow = heads.flow(head);
        Delivery {
            flow: flow.to_owned(),
            destination: block.destination.clone(),
            fate: if settled.contains(entry as u32) { "delivered" } else { "pending" },
            message_ids: message_ids(&block.destination, flow, id, head.messages),
            block: block.id.0,
            attempts: attempts_of(attempts, block.id.0, entry as u32),
            reason: None,
            dead_letter: None,
        }
    })
    .collect()
}

fn message_ids(destination: &str, flow: &str, id: EventId, messages: u8) -> Vec<String> {
    if destination != crate::flow::DESTINATION_SEGMENT {
        return Vec::new();
    }
    let one = |index| {
        let mut text = Vec::new();
        event::write_message_id(id, event::flow_number(flow), index, &mut text);
        String::from_utf8(text).unwrap_or_default()
    };
    (0..usize::from(messages)).map(one).collect()
}

/// The part of an attempt's note that says which entries it carried.
#[derive(Deserialize)]
struct Carried {
    entries: Vec<(u64, u32, u32)>,
}

fn attempts_of(notes: &[Note], block: u64, entry: u32) -> Vec<serde_json::Value> {
    let carries = |note: &&Note| {
        let carried: Result<Carried, _> = serde_json::from_slice(&note.data);
        let within =
            |&(number, first, last): &(u64, u32, u32)| number == block && (first..=last).contains(&entry);
        carried.is_ok_and(|carried| carried.entries.iter().any(within))
    };
    notes.iter().filter(carries).filter_map(shown).collect()
}

fn shown(note: &Note) -> Option<serde_json::Value> {
    let mut value: serde_json::Value = serde_json::from_slice(&note.data).ok()?;
    value.as_object_mut()?.remove("entries");
    Some(value)
}
