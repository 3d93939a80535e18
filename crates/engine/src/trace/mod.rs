//! What became of an event or call: found by its id, a messageId, or any id in it, and followed through every hop.

mod alone;
mod attempts;
mod delivery;
mod identity;
mod latest;
mod payload;
mod quarantined;
mod recent;
mod remade;
mod searches;
mod stretch;
mod twin;
mod whose;

pub use delivery::Delivery;
pub use identity::Identity;
pub use latest::{Latest, MAX_LATEST, latest};
pub use recent::{Wanted, recent};
pub use twin::Twin;

use crate::core::{Settings, Source};
use crate::event::{self, EventId};
use crate::past::{self, Past, Told};
use causeway_algolia::insights::Rules;
use causeway_store::{Entry, Error, Journal, Position, State};
use serde::Serialize;
use serde_json::value::RawValue;
use stretch::{Search, Stretch};
use whose::Whose;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// One event, by its id or by the messageId of something made of it.
    event: Option<EventId>,
    /// Whatever holds this id: a user token, a queryID, an objectID.
    mention: Option<String>,
}

/// At most this many events are answered, the newest.
pub const MAX_ANSWERS: usize = 100;

/// So many stretches are looked through before the rest of the filters is asked: what is everywhere is found in these.
const FIRST_STRETCHES: usize = 256;

/// Of at most this many, the newest, it is worked out again what was sent.
pub const MAX_REMADE: usize = 20;

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
    /// The event as it came, a write key masked.
    pub payload: Box<RawValue>,
    /// `processed`, `waiting` for the engine, `open` if it is a search that has not settled, or `quarantined` because it is
    /// invalid.
    pub stage: &'static str,
    /// The event that it counts in: of a search that was typed on the way to another, or that was asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// Who it was taken to be of when it was processed, and who it is taken to be of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Where the same is known at the other vendor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub twins: Vec<Twin>,
    /// What was made of it, by flow. A flow that is missing here had nothing to send, or the event repeats another.
    pub deliveries: Vec<Delivery>,
    /// The messageId that a call came with.
    #[serde(skip)]
    message_id: Option<String>,
}

impl Question {
    /// Reads what a user typed. An event's id and a queryID look the same, so either may be meant.
    pub fn parse(text: &str) -> Self {
        let event = text.parse().ok().or_else(|| event::event_of_message(text));
        Self { event, mention: Some(text.to_owned()) }
    }
}

/// Follows what is asked for, newest first.
pub fn trace(
    question: &Question,
    journal: &dyn Journal,
    state: &dyn State,
    settings: &Settings,
) -> Result<Vec<Traced>, Error> {
    let secret = settings.token_secret.expose().as_bytes();
    let whose = Whose::of(question.mention.as_deref(), state, secret)?;
    let mut found = newest((question, &whose), (journal, state), &settings.rules)?;
    found.truncate(MAX_ANSWERS);
    delivery::follow(&mut found, state)?;
    let remade = found.len().min(MAX_REMADE);
    remade::add(&mut found[..remade], journal, state, settings)?;
    found.extend(quarantined::find(question.mention.as_deref().unwrap_or_default(), state)?);
    found.sort_by_key(|traced| std::cmp::Reverse((traced.position, traced.item)));
    found.truncate(MAX_ANSWERS);
    Ok(found)
}

/// The newest events that are asked for, newest first: about [`MAX_ANSWERS`], of one record all.
fn newest(
    question: (&Question, &Whose),
    (journal, state): (&dyn Journal, &dyn State),
    rules: &Rules,
) -> Result<Vec<Traced>, Error> {
    let cursor = state.cursor()?;
    let search = Search::new(question.0, question.1);
    let (mut found, mut looked): (Vec<Traced>, Vec<Stretch>) = (Vec::new(), Vec::new());
    for most in [FIRST_STRETCHES, usize::MAX] {
        let mut stretches = search.stretches(journal, state, most)?;
        let are_all = stretches.len() < most;
        stretches.retain(|stretch| !looked.contains(stretch));
        for stretch in &stretches {
            let entries = journal.range(stretch.first, stretch.last)?;
            for entry in entries.iter().rev().filter(|entry| search.may_be_in(stretch, entry)) {
                // Stretches may overlap.
                if found.iter().all(|traced| traced.position != entry.position.0) {
                    look(question, entry, (rules, cursor), state, &mut found)?;
                }
                if found.len() >= MAX_ANSWERS {
                    return Ok(found);
                }
            }
        }
        if are_all {
            break;
        }
        looked = stretches;
    }
    Ok(found)
}

fn look(
    (question, whose): (&Question, &Whose),
    entry: &Entry,
    (rules, cursor): (&Rules, Position),
    state: &dyn State,
    found: &mut Vec<Traced>,
) -> Result<(), Error> {
    for past in past::read(entry, rules).iter().rev() {
        if !question.fits(past) && !whose.owns(past, entry, state)? {
            continue;
        }
        let Some(mut traced) = traced(past, entry, cursor) else { continue };
        if traced.stage == "processed" {
            searches::follow(past, &mut traced, state)?;
            traced.identity = Some(identity::of(past, entry, state)?);
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
        payload: payload::shown(past.raw())?,
        stage: if entry.position > cursor { "waiting" } else { "processed" },
        part_of: None,
        identity: None,
        twins: Vec::new(),
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
