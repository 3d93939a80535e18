//! What was known before a place in the journal.

use crate::core::Facts;
use crate::identity::{Kind, Node};
use crate::repair;
use crate::searches::{PEOPLE, PREFIXES, Searches};
use causeway_store::{Error, Position, State};
use std::collections::HashMap;

/// The store's facts without what was learned from this record on, and what a rehearsal has learned since.
///
/// Identities and people's searches say of each thing where it was learned, so they are cut exactly. What was under way then is
/// left out.
pub struct AsOf<'s> {
    state: &'s dyn State,
    before: Position,
    learned: HashMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'s> AsOf<'s> {
    /// Before this record.
    pub fn new(state: &'s dyn State, before: Position) -> Self {
        Self { state, before, learned: HashMap::new() }
    }

    /// Remembers what was learned.
    pub(super) fn keep(&mut self, facts: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        self.learned.extend(facts);
    }
}

impl Facts for AsOf<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if let Some(learned) = self.learned.get(key) {
            return Ok(learned.clone());
        }
        if under_way(key) {
            return Ok(None);
        }
        let stored = self.state.facts(&[key])?.pop().flatten();
        if [Kind::Anonymous, Kind::User].iter().any(|kind| key.starts_with(&kind.key(""))) {
            return Ok(stored.and_then(|stored| earlier(&stored, self.before)));
        }
        if key.starts_with(PEOPLE) {
            return Ok(stored.and_then(|stored| Searches::decode(&stored).before(self.before).encode()));
        }
        Ok(stored)
    }
}

/// Whether the fact is of something that only runs forward.
fn under_way(key: &[u8]) -> bool {
    PREFIXES.iter().any(|prefix| key.starts_with(prefix.as_bytes())) || key.starts_with(repair::RESENT)
}

fn earlier(stored: &[u8], before: Position) -> Option<Vec<u8>> {
    let node = Node::decode(stored).ok()?.before(before);
    (!node.is_empty()).then(|| node.encode())
}
