//! The requests that decided what became of deliveries.

use super::Delivery;
use causeway_store::state::{List, Note};
use causeway_store::{Error, State};
use memchr::memmem;
use serde::Deserialize;
use std::ops::ControlFlow;

/// Adds to each of an event's settled deliveries the request that decided it. That is one for each, so the notes are read from
/// when the event came until the last is met, and not to the end of them all.
pub(super) fn add(received_at: i64, mut wanted: Vec<&mut Delivery>, state: &dyn State) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    state.each_note(List::Attempts, received_at, &mut |note| {
        wanted.retain_mut(|delivery| !is_added(&note, delivery));
        if wanted.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

/// The part of an attempt's note that says which entries it carried.
#[derive(Deserialize)]
struct Carried {
    entries: Vec<(u64, u32, u32)>,
}

/// Adds the request to a delivery that rode in it.
fn is_added(note: &Note, delivery: &mut Delivery) -> bool {
    // A note may name thousands of entries: it is parsed only if it has to do with the block.
    let block = format!("[{},", delivery.block);
    if memmem::find(&note.data, block.as_bytes()).is_none() || !carries(note, delivery) {
        return false;
    }
    delivery.attempts.extend(shown(note));
    true
}

fn carries(note: &Note, delivery: &Delivery) -> bool {
    let carried: Result<Carried, _> = serde_json::from_slice(&note.data);
    let within = |&(block, first, last): &(u64, u32, u32)| {
        block == delivery.block && (first..=last).contains(&delivery.entry)
    };
    carried.is_ok_and(|carried| carried.entries.iter().any(within))
}

fn shown(note: &Note) -> Option<serde_json::Value> {
    let mut value: serde_json::Value = serde_json::from_slice(&note.data).ok()?;
    value.as_object_mut()?.remove("entries");
    Some(value)
}
