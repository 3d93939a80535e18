//! The engine: takes journal entries in order, answers the change that follows from them.

mod aggregates;
mod calls;
mod dead_letters;
mod demand;
mod flows;
mod forget;
mod growth;
mod ids;
mod known;
mod learn;
mod memory;
mod newcomers;
mod orders;
mod outgoing;
mod persons;
mod reattributed;
mod recovering;
mod remembering;
mod searches;
mod step;
mod sync;
mod waiting;

pub use aggregates::AGGREGATES;
pub(crate) use calls::{call_id, message_of};
pub use dead_letters::dead_letter_id;
pub(crate) use ids::{event_id, event_id_at};
pub(crate) use memory::{Kept, Memory};
pub use searches::SEARCHES;
pub(crate) use step::route_of;

use crate::aggregate::Counted;
use crate::duplicates::{Seen, Window};
use crate::flow::Flow;
use crate::past;
use crate::profile::{Held, Keep, Profile, Sync};
use crate::repair::Resent;
use crate::searches::{self as asked, Expiry, Lead, Learned, Opens, Searches, Waiting};
use crate::span::{Gathering, Growing};
use causeway_algolia::credentials::Secret;
use causeway_algolia::insights;
use causeway_store::state::{Change, Fact, Note};
use causeway_store::{BlockId, Entry, journal};
use known::Known;
use outgoing::Growths;
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
    /// A repaired call of Segment's, entered again by an operator; otherwise like [`Source::Repaired`].
    RepairedCall,
    /// An Insights event that is told of again as another person's, to Segment only. The record's meta is a
    /// [`crate::repair::Again`].
    Reattributed,
    /// A call of Segment's, as Segment would hand it on; otherwise like [`Source::Reattributed`].
    ReattributedCall,
    /// Searches that were seen: a [`crate::searches::Seen`].
    Searches,
    /// Nothing but the time that it is, for what happens when nobody does anything: a shopper has stopped typing.
    Tick,
    /// A search that an operator repaired: like [`Source::Searches`], but with one search, settled, that only the flow named
    /// in the record's meta is to see.
    RepairedSearch,
    /// A settled search that is told of again as another person's; otherwise like [`Source::Reattributed`].
    ReattributedSearch,
    /// Searches without results as Algolia counts them: an [`crate::aggregate::Report`]. A meta that is not empty names the
    /// only flow that is to see it, once more.
    Reported,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Insights,
        Self::Repaired,
        Self::Tracking,
        Self::Webhook,
        Self::Operator,
        Self::RepairedCall,
        Self::Reattributed,
        Self::ReattributedCall,
        Self::Searches,
        Self::Tick,
        Self::RepairedSearch,
        Self::ReattributedSearch,
        Self::Reported,
    ];

    /// The source of a journal's record.
    pub fn of(source: journal::Source) -> Option<Self> {
        Self::ALL.into_iter().find(|known| journal::Source::from(*known) == source)
    }
}

impl From<Source> for journal::Source {
    fn from(source: Source) -> Self {
        Self(match source {
            Source::Insights => 1,
            Source::Repaired => 2,
            Source::Tracking => 3,
            Source::Webhook => 4,
            Source::Operator => 5,
            Source::RepairedCall => 6,
            Source::Reattributed => 7,
            Source::ReattributedCall => 8,
            Source::Searches => 9,
            Source::Tick => 10,
            Source::RepairedSearch => 11,
            Source::ReattributedSearch => 12,
            Source::Reported => 13,
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
    /// What encoded tokens are made with, see [`causeway_algolia::tokens::legal`]; may be empty.
    pub token_secret: Secret,
    /// The property, trait or context key of a call that carries the visitor's Algolia token.
    pub token_property: Option<String>,
    /// Whether calls of the Tracking API are handed on to Segment.
    pub forward_calls: bool,
    /// Which traits are kept.
    pub keep: Arc<Keep>,
    /// The recipes that keep records at Algolia.
    pub syncs: Arc<[Sync]>,
    /// How searches become events.
    pub searches: crate::searches::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: insights::Rules::default(),
            duplicates: Window::default(),
            forward: false,
            tell_links: true,
            token_secret: Secret::new(""),
            token_property: None,
            forward_calls: false,
            keep: Arc::default(),
            syncs: Arc::from([]),
            searches: crate::searches::Settings::default(),
        }
    }
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

/// The ledger's name for calls of the Tracking API handed on to Segment.
pub const FORWARD_CALLS: &str = "forward-calls";

/// The ledger's name for traits that become evidence for Algolia's personalization.
pub const AFFINITIES: &str = "trait-affinities";

/// The engine. One owner drives it; all its state is a cache of what it committed.
#[derive(Debug)]
pub struct Engine {
    settings: Arc<Settings>,
    flows: Vec<Arc<Flow>>,
    next_block: u64,
    seen: Seen,
    known: Known,
    profiles: Memory<Profile>,
    held: Memory<Held>,
    resent: Memory<Resent>,
    counted: Memory<Counted>,
    growths: Growths,
    opens: Opens,
    remembered: Memory<Searches>,
    leads: Memory<Lead>,
    expiry: Expiry,
    learned: Learned,
    waiting: Waiting,
    /// The ids of the records that no stored filter covers.
    span: Growing,
    /// The minute in which a search was seen last.
    last_seen: Option<i64>,
}

/// So many people's searches are kept in memory, and so many queryIDs.
const SEARCHERS: usize = 10_000;
const LEADS: usize = 50_000;

impl Engine {
    /// An engine that continues after `last_block`.
    pub fn new(settings: Settings, flows: Vec<Arc<Flow>>, last_block: BlockId) -> Self {
        let seen = Seen::new(settings.duplicates);
        let searches = settings.searches;
        Self {
            settings: Arc::new(settings),
            flows,
            next_block: last_block.0 + 1,
            seen,
            known: Known::default(),
            profiles: Memory::new(),
            held: Memory::new(),
            resent: Memory::new(),
            counted: Memory::new(),
            growths: Growths::default(),
            opens: Opens::new(searches.settle_ms),
            remembered: Memory::holding(SEARCHERS),
            leads: Memory::holding(LEADS),
            expiry: Expiry::default(),
            learned: Learned::new(&searches),
            waiting: Waiting::default(),
            span: Growing::default(),
            last_seen: None,
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

    /// Puts back the ids that no filter covered before a restart: those of the records that
    /// [`lookup::uncovered`](crate::lookup::uncovered) names up to the cursor, oldest first.
    pub fn restore_ids(&mut self, entries: &[Entry]) {
        for entry in entries {
            let mut ids = Gathering::default();
            for past in past::read(entry, &self.settings.rules) {
                ids.add_past(&past);
            }
            self.span.restore(ids, entry.position);
        }
    }

    /// Puts back what was under way before a restart: the facts under [`searches::PREFIXES`](crate::searches::PREFIXES).
    pub fn restore_searches(&mut self, facts: &[Fact]) {
        for (key, stored) in facts {
            self.opens.restore(key, stored);
            self.learned.restore(key, stored);
            self.waiting.restore(key, stored);
            self.last_seen = asked::restored_minute(key, stored).or(self.last_seen);
        }
    }

    /// When something happens next though nobody does anything, in milliseconds since the Unix epoch: then a record of
    /// [`Source::Tick`] is due, unless another comes before.
    pub fn next_due(&self) -> Option<i64> {
        [self.opens.next_due(), self.waiting.next_due(), self.learned.next_due()].into_iter().flatten().min()
    }

    /// Replaces the flows; events of later entries run through the new ones.
    pub fn set_flows(&mut self, flows: Vec<Arc<Flow>>) {
        self.flows = flows;
    }

    /// Forgets facts that somebody else changed in the store.
    pub fn forget(&mut self, facts: &[(Vec<u8>, Option<Vec<u8>>)]) {
        for (key, _) in facts {
            self.held.forget(key);
        }
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
        if let Some(first) = entries.first() {
            step.expire(first.record.received_at);
        }
        for entry in entries {
            step.entry(entry);
        }
        step.finish(entries)
    }
}
