//! The engine: takes journal entries in order, answers the change that follows from them.

mod dead_letters;
mod flows;
mod growth;
mod ids;
mod persons;
mod step;

pub use dead_letters::dead_letter_id;
pub(crate) use ids::{event_id, event_id_at};

use crate::duplicates::{Seen, Window};
use crate::flow::Flow;
use crate::identity::Links;
use crate::recent::Recent;
use causeway_algolia::insights;
use causeway_store::state::{Change, Note};
use causeway_store::{BlockId, Entry, journal};
use growth::Growth;
use std::sync::Arc;
use step::Step;

/// Which intake a journal record came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `POST /1/events`: a body of Insights events.
    Insights,
    /// A repaired Insights event, entered again by an operator. The record's meta names the only flow that is to see
    /// it; empty means all. It is never a repetition.
    Repaired,
    /// `POST /v1/…`: a body of Segment's Tracking API. The record's meta is the word of its
    /// [`causeway_segment::call::Route`].
    Tracking,
    /// `POST /webhooks/segment`: one message that Segment hands on, or an array of them.
    Webhook,
    /// An operator's order.
    Operator,
}

impl From<Source> for journal::Source {
    fn from(source: Source) -> Self {
        Self(match source {
            Source::Insights => 1,
            Source::Repaired => 2,
            Source::Tracking => 3,
            Source::Webhook => 4,
            Source::Operator => 5,
        })
    }
}

/// What the engine remembers from earlier, read on demand.
pub trait Facts {
    /// What is known under a key.
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, causeway_store::Error>;
}

/// What the engine does beside running flows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Insights' rules, with the age limit that the operator set.
    pub rules: insights::Rules,
    /// What counts as a repeated event.
    pub duplicates: Window,
    /// Whether every Insights event is handed on to Algolia.
    pub forward: bool,
    /// Whether Segment is told of links between tokens and users.
    pub tell_links: bool,
}

/// What follows from some entries.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be committed as a whole.
    pub change: Change,
    /// Valid events in the entries.
    pub events: u64,
}

/// The ledger's name for what happens before any flow: every event that an intake accepted, delivered to the flows or
/// dead-lettered as invalid.
pub const INTAKE: &str = "intake";

/// The ledger's name for events handed on to Algolia.
pub const FORWARD: &str = "forward-events";

/// The ledger's name for links between a token and a user, told to Segment.
pub const LINKS: &str = "identity-links";

/// How many anonymous ids' links are kept in memory; the rest is read from the store when needed.
const LINKS_IN_MEMORY: usize = 100_000;

/// The engine. One owner drives it; all its state is a cache of what it committed.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    flows: Vec<Arc<Flow>>,
    next_block: u64,
    seen: Seen,
    links: Recent<Box<str>, Links>,
    to_segment: Growth,
    to_insights: Growth,
}

impl Engine {
    /// An engine that continues after `last_block`.
    pub fn new(settings: Settings, flows: Vec<Arc<Flow>>, last_block: BlockId) -> Self {
        let seen = Seen::new(settings.duplicates);
        Self {
            settings,
            flows,
            next_block: last_block.0 + 1,
            seen,
            links: Recent::new(LINKS_IN_MEMORY),
            to_segment: Growth::default(),
            to_insights: Growth::default(),
        }
    }

    /// Puts back what was seen before a restart: the notes of [`Seen`](causeway_store::state::List::Seen), oldest first.
    pub fn restore_seen(&mut self, notes: &[Note]) {
        for note in notes {
            let (hashes, _) = note.data.as_chunks::<8>();
            for hash in hashes {
                self.seen.restore(u64::from_le_bytes(*hash), note.at);
            }
        }
    }

    /// Replaces the flows; events of later entries run through the new ones.
    pub fn set_flows(&mut self, flows: Vec<Arc<Flow>>) {
        self.flows = flows;
    }

    /// A number for a block that is made outside of [`Engine::process`], such as a retried dead letter's.
    pub fn take_block_id(&mut self) -> BlockId {
        let id = BlockId(self.next_block);
        self.next_block += 1;
        id
    }

    /// Works through entries, oldest first, all in one change. The change must be committed before the next call; after
    /// an error the engine is to be made anew, since its memory may be ahead of what is committed.
    pub fn process(
        &mut self,
        entries: &[Entry],
        facts: &dyn Facts,
    ) -> Result<Effects, causeway_store::Error> {
        let bodies = entries.iter().map(|entry| entry.record.body.len()).sum();
        let mut step = Step::new(self, facts, bodies);
        for entry in entries {
            step.entry(entry);
        }
        step.finish(entries)
    }
}
