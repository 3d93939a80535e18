//! What became of an event or call: found by its id, a messageId, or any id in it, and followed through every hop.

mod delivery;
mod identity;
mod latest;
mod quarantined;
mod recent;
mod remade;
mod searches;
mod twin;
mod whose;

pub use delivery::Delivery;
pub use identity::Identity;
pub use latest::{Latest, MAX_LATEST, latest};
pub use recent::{Wanted, recent};
pub use twin::Twin;

use crate::core::{Settings, Source};
use crate::event::{self, EventId};
use crate::lookup;
use crate::past::{self, Past, Told};
use crate::span::Needle;
use causeway_algolia::insights::Rules;
use causeway_store::{Entry, Error, Journal, Position, State};
use serde::Serialize;
use serde_json::value::RawValue;
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
    /// The event as it came.
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

    fn needles(&self) -> Vec<Needle> {
        let event = self.event.map(|id| Needle::event(id.short()));
        event.into_iter().chain(self.mention.as_deref().map(Needle::id)).collect()
    }
}

/// Follows what is asked for, newest first.
pub fn trace(
    question: &Question,
    journal: &dyn Journal,
    state: &dyn State,
    settings: &Settings,
) -> Result<Vec<Traced>, Error> {
    let cursor = state.cursor()?;
    let rules = &settings.rules;
    let secret = settings.token_secret.expose().as_bytes();
    let whose = Whose::of(question.mention.as_deref(), state, secret)?;
    let mut found = Vec::new();
    for (first, last) in stretches((question, &whose), journal, state, cursor)? {
        for entry in journal.range(first, last)?.iter().rev() {
            look((question, &whose), entry, (rules, cursor), state, &mut found)?;
        }
        if found.len() >= MAX_ANSWERS {
            break;
        }
    }
    found.truncate(MAX_ANSWERS);
    found.iter_mut().try_for_each(|traced| delivery::follow(traced, state))?;
    for traced in found.iter_mut().take(MAX_REMADE) {
        remade::add(traced, journal, state, settings)?;
    }
    found.extend(quarantined::find(question.mention.as_deref().unwrap_or_default(), state)?);
    found.sort_by_key(|traced| std::cmp::Reverse((traced.position, traced.item)));
    found.truncate(MAX_ANSWERS);
    Ok(found)
}

/// The stretches of the journal that may hold what is asked for, newest first: what is not processed yet, then what
/// the filters point at.
fn stretches(
    (question, whose): (&Question, &Whose),
    journal: &dyn Journal,
    state: &dyn State,
    cursor: Position,
) -> Result<Vec<(Position, Position)>, Error> {
    let last = journal.extent()?.last;
    let unprocessed = (last > cursor).then_some((Position(cursor.0 + 1), last));
    let needles: Vec<Needle> = question.needles().into_iter().chain(whose.needles()).collect();
    let processed = lookup::stretches(state, &needles)?;
    Ok(unprocessed.into_iter().chain(processed).collect())
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
        payload: RawValue::from_string(past.raw().to_owned()).ok()?,
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
