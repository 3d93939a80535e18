//! Where in the journal something is to be found, and the store's facts for those who only read.

use crate::core::Facts;
use crate::span::Needle;
use causeway_store::state::List;
use causeway_store::{Error, Position, State};
use std::ops::ControlFlow;

/// The stretches of what the engine has processed that may hold one of these, newest first.
pub(crate) fn stretches(state: &dyn State, needles: &[Needle]) -> Result<Vec<(Position, Position)>, Error> {
    hits(state, |data| needles.iter().find_map(|needle| needle.find(data)))
}

/// What is made of the filters that hit, newest first. The filters of a large journal take more room than all else that runs,
/// so they are looked at one by one.
pub(crate) fn hits<T>(state: &dyn State, hit: impl Fn(&[u8]) -> Option<T>) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    state.each_note(List::Spans, i64::MIN, &mut |note| {
        found.extend(hit(&note.data));
        ControlFlow::Continue(())
    })?;
    found.reverse();
    Ok(found)
}

/// The store's facts.
pub struct StoredFacts<'s>(pub &'s dyn State);

impl Facts for StoredFacts<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.facts(&[key])?.pop().flatten())
    }
}
