//! The engine once more over what the journal holds, as it then was: for what-if, replay and traces. Nothing is stored and
//! nobody is told.
//!
//! A rehearsal is the engine itself, over [`AsOf`] facts: identities as they were known before its first record, learned anew
//! from there on. So who an event belongs to comes out as it did then, whatever was learned since.
//!
//! What Causeway finds out by itself over days (who searches for the first time, what has results now, what Algolia's reports
//! have grown by) depends on more than a stretch of the journal, and is not part of it.

mod facts;
mod walk;

pub use facts::AsOf;
pub(crate) use walk::SETTLE_MS;
pub use walk::{Chunk, Walk, tick};

use crate::core::{Effects, Engine, Settings};
use crate::event::EventId;
use crate::flow::{Flow, Revision};
use crate::outbox::Heads;
use bytes::Bytes;
use causeway_store::state::{Block, DeadLetter, List};
use causeway_store::{BlockId, Entry, Error, Position, State};
use std::sync::Arc;

/// An engine that repeats a part of the past.
pub struct Rehearsal<'s> {
    engine: Engine,
    facts: AsOf<'s>,
}

/// What a step made.
#[derive(Debug, Default)]
pub struct Made {
    /// What would be sent.
    pub entries: Vec<MadeEntry>,
    /// What no flow could send.
    pub refused: Vec<DeadLetter>,
    /// Valid events that were looked at.
    pub events: u64,
}

/// What one flow made of one event.
#[derive(Debug, Clone)]
pub struct MadeEntry {
    /// The destination's name.
    pub destination: String,
    /// The flow's name.
    pub flow: String,
    /// Which text of it.
    pub revision: Revision,
    /// The event.
    pub event: EventId,
    /// How many messages.
    pub messages: u8,
    /// The person's slot.
    pub slot: u16,
    /// The event's own time, in milliseconds since the Unix epoch.
    pub time: i64,
    /// The messages, joined by commas.
    pub payload: Bytes,
}

impl<'s> Rehearsal<'s> {
    /// An engine that knows what was known before this record, which came at this instant, and runs these flows.
    pub fn new(
        state: &'s dyn State,
        settings: Settings,
        flows: Vec<Arc<Flow>>,
        (before, at): (Position, i64),
    ) -> Result<Self, Error> {
        let window = settings.duplicates.timed_ms;
        let mut engine = Engine::new(settings, flows, BlockId(0));
        let mut seen = state.notes(List::Seen, at - window)?;
        seen.retain(|note| note.at < at);
        engine.restore_seen(&seen);
        Ok(Self { engine, facts: AsOf::new(state, before) })
    }

    /// The same for a record by itself: it is taken for no repetition.
    pub fn alone(state: &'s dyn State, settings: Settings, flows: Vec<Arc<Flow>>, before: Position) -> Self {
        Self { engine: Engine::new(settings, flows, BlockId(0)), facts: AsOf::new(state, before) }
    }

    /// Works through entries; each call goes on where the last ended.
    pub fn step(&mut self, entries: &[Entry]) -> Result<Made, Error> {
        let Effects { change, events } = self.engine.process(entries, &self.facts)?;
        self.facts.keep(change.facts);
        let entries = change.outbox.iter().flat_map(entries_of).collect();
        Ok(Made { entries, refused: change.dead_letters, events })
    }
}

/// The settings of a rehearsal of flows: they alone, without what is handed on as it came.
#[must_use]
pub fn of_flows_alone(settings: &Settings) -> Settings {
    let mut alone = settings.clone();
    alone.forward = false;
    alone.forward_calls = false;
    alone.tell_links = false;
    alone.syncs = Arc::from([]);
    alone.searches.newcomers = false;
    alone
}

/// The entries of a block that has its payload.
fn entries_of(block: &Block) -> Vec<MadeEntry> {
    let Ok(heads) = Heads::decode(&block.heads) else { return Vec::new() };
    let mut start = 0;
    let entry = |head: &crate::outbox::Head| {
        let end = start + head.length as usize;
        let payload = block.payload.slice(start..end);
        start = end;
        MadeEntry {
            destination: block.destination.clone(),
            flow: heads.flow(head).to_owned(),
            revision: heads.revision(head),
            event: head.event,
            messages: head.messages,
            slot: head.slot,
            time: head.time,
            payload,
        }
    };
    heads.entries.iter().map(entry).collect()
}
