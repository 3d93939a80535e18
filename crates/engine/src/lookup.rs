//! Where in the journal something is to be found, and the store's facts for those who only read.

use crate::core::Facts;
use crate::span::{self, Needle};
use causeway_store::state::{List, Order};
use causeway_store::{Error, Position, State};
use std::ops::ControlFlow;

/// The stretches of what the engine has processed that may hold one of these, newest first.
pub(crate) fn stretches(state: &dyn State, needles: &[Needle]) -> Result<Vec<(Position, Position)>, Error> {
    let uncovered = uncovered(state, state.cursor()?)?;
    let covered = hits(state, usize::MAX, |data| needles.iter().find_map(|needle| needle.find(data)))?;
    Ok(uncovered.into_iter().chain(covered).collect())
}

/// What is made of the filters that hit, newest first, at most so many. The filters of a large journal take more room than all
/// else that runs, so they are looked at one by one.
pub(crate) fn hits<T>(
    state: &dyn State,
    most: usize,
    hit: impl Fn(&[u8]) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    state.each_note(List::Spans, Order::Back, &mut |_, data| {
        found.extend(hit(data));
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// What no filter covers, up to `end`: the engine is still gathering its ids, or has not come to it yet.
pub fn uncovered(state: &dyn State, end: Position) -> Result<Option<(Position, Position)>, Error> {
    // The filter of a later commit may cover more than this cursor, never less.
    let cursor = state.cursor()?;
    let mut covered = None;
    state.each_note(List::Spans, Order::Back, &mut |_, data| {
        covered = span::last(data);
        ControlFlow::Break(())
    })?;
    // Without a filter, or if clocks went back, it is still known how much is gathered at most.
    let gathered = Position((cursor.0 + 1).saturating_sub(span::MAX_RECORDS));
    let first = covered.map_or(gathered, |last| gathered.max(Position(last.0 + 1))).max(Position(1));
    Ok((first <= end).then_some((first, end)))
}

/// The store's facts.
pub struct StoredFacts<'s>(pub &'s dyn State);

impl Facts for StoredFacts<'_> {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.facts(&[key])?.pop().flatten())
    }
}
