//! What became of an event or call: found by its id, a messageId, or any id in it, and followed through every hop.

mod attempts;
mod latest;
mod quarantined;
mod searches;
mod stretch;

pub use latest::{Latest, MAX_LATEST, latest};

use crate::core::{FORWARD_CALLS, INTAKE, Source};
use crate::event::{self, EventId};
use crate::outbox::{Heads, Settled};
use crate::past::{self, Past, Told};
use causeway_algolia::insights::Rules;
use causeway_store::state::{Block, DeadLetter, DeadLetterQuery, DeadLetterStatus};
use causeway_store::{Entry, Error, Journal, Position, State};
use serde::Serialize;
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
    /// By which way it came: `insights`, `tracking`, `webhook`, `searches`, `repaired`, `reattributed`.
    pub source: &'static str,
    /// The vendor's word for what it is: `click`, `conversion/purchase`, `track`, `identify`, …
    pub kind: String,
    /// Its name, if its kind has one.
    pub name: Option<String>,
    /// Its user token; of a call its anonymousId, or else its userId.
    pub user_token: String,
    /// The event as it came.
    pub payload: Box<RawValue>,
    /// `processed`, `waiting` for the engine, `open` if it is a search that has not settled, or `quarantined` because it is
    /// invalid.
    pub stage: &'static str,
    /// The event that it counts in: of a search that was typed on the way to another, or that was asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// What was made of it, by flow. A flow that is missing here had nothing to send, or the event repeats another.
    pub deliveries: Vec<Delivery>,
    /// The messageId that a call came with.
    #[serde(skip)]
    message_id: Option<String>,
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
    /// Its place in the block.
    #[serde(skip)]
    entry: u32,
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

    fn fits(&self, past: &Past<'_>) -> bool {
        self.event == Some(past.id) || past.mentions(&self.mention)
    }
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
    for stretch in stretch::stretches(question, journal, state, cursor)? {
        let entries = journal.range(stretch.first, stretch.last)?;
        for entry in entries.iter().rev().filter(|entry| stretch.may_be_in(question, &entry.record.body)) {
            look(question, entry, (rules, cursor), state, &mut found)?;
        }
        if found.len() >= MAX_ANSWERS {
            break;
        }
    }
    found.truncate(MAX_ANSWERS);
    found.iter_mut().try_for_each(|traced| follow(traced, state))?;
    found.extend(quarantined::find(&question.mention, state)?);
    found.sort_by_key(|traced| std::cmp::Reverse((traced.position, traced.item)));
    found.truncate(MAX_ANSWERS);
    Ok(found)
}

fn look(
    question: &Question,
    entry: &Entry,
    (rules, cursor): (&Rules, Position),
    state: &dyn State,
    found: &mut Vec<Traced>,
) -> Result<(), Error> {
    for past in past::read(entry, rules).iter().rev().filter(|past| question.fits(past)) {
        let Some(mut traced) = traced(past, entry, cursor) else { continue };
        if traced.stage == "processed" {
            searches::follow(past, &mut traced, state)?;
        }
        found.push(traced);
    }
    Ok(())
}

fn traced(past: &Past<'_>, entry: &Entry, cursor: Position) -> Option<Traced> {
    Some(Traced {
        event: past.id.to_string(),
        position: entry.position.0,
        item: past.item,
        received_at: entry.record.received_at,
        timestamp: past.timestamp(),
        source: source_of(entry),
        kind: past.kind(),
        name: past.name().map(str::to_owned),
        user_token: past.anonymous().or(past.user()).unwrap_or_default().to_owned(),
        payload: RawValue::from_string(past.raw().to_owned()).ok()?,
        stage: if entry.position > cursor { "waiting" } else { "processed" },
        part_of: None,
        deliveries: Vec::new(),
        message_id: match &past.told {
            Told::Event(_) | Told::Search(..) => None,
            Told::Call(call) => call.message_id.as_deref().map(str::to_owned),
        },
    })
}

fn source_of(entry: &Entry) -> &'static str {
    match Source::of(entry.record.source) {
        Some(Source::Insights) => "insights",
        Some(Source::Tracking) => "tracking",
        Some(Source::Webhook) => "webhook",
        Some(Source::Repaired | Source::RepairedCall | Source::RepairedSearch) => "repaired",
        Some(Source::Reattributed | Source::ReattributedCall | Source::ReattributedSearch) => "reattributed",
        Some(Source::Searches) => "searches",
        Some(Source::Tick) => "tick",
        Some(Source::Reported) => "reported",
        Some(Source::Operator) | None => "operator",
    }
}

/// Adds what became of an event after the engine.
fn follow(traced: &mut Traced, state: &dyn State) -> Result<(), Error> {
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
    let sent = |delivery: &&mut Delivery| delivery.fate != "pending" && !died_unsent(delivery, &letters);
    attempts::add(traced.received_at, traced.deliveries.iter_mut().filter(sent).collect(), state)?;
    let early = letters.iter().filter(|letter| letter.flow != INTAKE && letter.attempts == "[]");
    for letter in early {
        if !traced.deliveries.iter().any(|delivery| delivery.flow == letter.flow) {
            traced.deliveries.push(Delivery {
                flow: letter.flow.clone(),
                destination: letter.destination.clone(),
                fate: "dead-lettered",
                message_ids: Vec::new(),
                block: 0,
                entry: 0,
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

fn died_unsent(delivery: &Delivery, letters: &[DeadLetter]) -> bool {
    let own = |letter: &&DeadLetter| Some(&letter.id) == delivery.dead_letter.as_ref();
    letters.iter().find(own).is_some_and(|letter| letter.attempts == "[]")
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
            block: block.id.0,
            entry: entry as u32,
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
