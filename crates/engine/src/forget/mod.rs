//! Forgetting a person: what is left to do when the engine has forgotten, and how to tell what is the person's.
//!
//! The engine answers an order with a [`Forgetting`] in the very commit that forgets what is known. Whoever owns the journal,
//! the outbox and the way to Algolia does the rest by it.

mod erased;
mod names;

pub use erased::{Erased, is_erased, wipe};
pub use names::Names;

use causeway_store::{BlockId, Position};
use serde::{Deserialize, Serialize};

/// What is still to be forgotten is a fact under this prefix and the erasure's name.
pub const FORGETTING: &str = "forgetting/";

/// How many identifiers of a person are forgotten with one order. A person with more is a mistake in what was linked.
pub const MAX_IDENTIFIERS: usize = 10_000;

/// A person who is forgotten, until nothing of the person is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgetting {
    /// The erasure's name.
    pub erasure: String,
    /// The id in the order.
    pub asked: String,
    /// When it was ordered, in milliseconds since the Unix epoch.
    pub ordered_at: i64,
    /// The order's place in the journal: what came later is a new person's.
    position: u64,
    /// The last block of the outbox at that time.
    block: u64,
    /// Every identifier of the person, sorted.
    pub identifiers: Vec<String>,
    /// What Algolia knows these by.
    pub tokens: Vec<String>,
    /// Index and objectID of the records that may be kept of the person.
    pub records: Vec<(String, String)>,
    /// Facts that the engine has forgotten.
    pub facts: usize,
}

impl Forgetting {
    /// Nothing found yet of a person whose erasure was ordered at this place.
    pub(crate) fn new(erasure: String, asked: &str, ordered_at: i64, place: (Position, BlockId)) -> Self {
        Self {
            erasure,
            asked: asked.to_owned(),
            ordered_at,
            position: place.0.0,
            block: place.1.0,
            identifiers: Vec::new(),
            tokens: Vec::new(),
            records: Vec::new(),
            facts: 0,
        }
    }

    /// The order's place in the journal.
    pub fn position(&self) -> Position {
        Position(self.position)
    }

    /// The last block of the outbox that may hold anything of the person.
    pub fn block(&self) -> BlockId {
        BlockId(self.block)
    }

    /// All that the person is named by in events and messages.
    pub fn names(&self) -> Names {
        Names::new(self.identifiers.iter().chain(&self.tokens).cloned())
    }

    /// The key of an erasure's fact.
    pub fn key(erasure: &str) -> Vec<u8> {
        [FORGETTING, erasure].concat().into_bytes()
    }

    /// The fact's value.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers are JSON")
    }

    /// Reads a fact's value.
    pub fn decode(value: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }
}
