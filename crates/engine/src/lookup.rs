//! Where in the journal something is to be found, and the store's facts for those who only read.

use crate::core::Facts;
use crate::span::Needle;
use causeway_store::state::List;
use causeway_store::{Error, Position, State};

/// The stretches of what the engine has processed that may hold one of these, newest first.
pub(crate) fn stretches(state: &dyn State, needles: &[Needle]) -> Result<Vec<(Position, Position)>, Error> {
    let notes = state.notes(List::Spans, i64::MIN)?;
    let hit = |data: &[u8]| needles.iter().find_map(|needle| needle.find(data));
    Ok(notes.iter().rev().filter_map(|note| hit(&note.data)).collect())
}

/// The store's facts.
pub struct StoredFacts<'s>(pub &'s dyn State);

impl Facts for StoredFacts<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.facts(&[key])?.pop().flatten())
    }
}
