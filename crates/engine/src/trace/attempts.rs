//! The requests that decided what became of deliveries.

use super::{Delivery, Traced};
use causeway_store::state::{List, Order};
use causeway_store::{Error, State};
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::ops::ControlFlow;

/// A delivery whose requests are looked for.
struct Wanted<'d> {
    /// When its event came, in milliseconds since the Unix epoch.
    since: i64,
    /// How its block's number begins a range of entries in a note.
    block: Finder<'static>,
    delivery: &'d mut Delivery,
}

/// Adds to each delivery the requests that carried it. One note has them all, and there is none while it is pending: so notes are
/// read from when an event came until its last delivery was met, and not to the end of them all. Events that came close to
/// each other share a reading.
pub(super) fn add(found: &mut [Traced], state: &dyn State) -> Result<(), Error> {
    let mut waiting: Vec<Wanted<'_>> = found.iter_mut().flat_map(wanted).collect();
    waiting.sort_by_key(|wanted| Reverse(wanted.since));
    while let Some(oldest) = waiting.pop() {
        let order = Order::Since(oldest.since);
        let mut open = vec![oldest];
        state.each_note(List::Attempts, order, &mut |at, data| {
            while let Some(wanted) = waiting.pop_if(|wanted| wanted.since <= at) {
                open.push(wanted);
            }
            open.retain_mut(|wanted| !wanted.is_met(data));
            if open.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
    }
    Ok(())
}

fn wanted(traced: &mut Traced) -> impl Iterator<Item = Wanted<'_>> {
    let since = traced.received_at;
    traced.deliveries.iter_mut().filter(|delivery| delivery.was_sent).map(move |delivery| {
        let block = Finder::new(&format!("[{},", delivery.block)).into_owned();
        Wanted { since, block, delivery }
    })
}

impl Wanted<'_> {
    /// Whether the note is of the delivery's requests, which it then has.
    fn is_met(&mut self, note: &[u8]) -> bool {
        // A note may name thousands of entries: it is parsed only if it is likely to name this one.
        if !self.block.find_iter(note).any(|place| self.is_within(&note[place..])) {
            return false;
        }
        let Ok(carried) = serde_json::from_slice::<Carried>(note) else { return false };
        if carried.entries.iter().any(|range| self.is_in(*range)) {
            self.delivery.attempts = attempts_in(note, carried);
            return true;
        }
        false
    }

    /// Whether this text begins with a range that the delivery is in.
    fn is_within(&self, text: &[u8]) -> bool {
        let end = text.iter().position(|byte| *byte == b']').unwrap_or_default();
        serde_json::from_slice(&text[..=end]).is_ok_and(|range| self.is_in(range))
    }

    fn is_in(&self, (block, first, last): (u64, u32, u32)) -> bool {
        block == self.delivery.block && (first..=last).contains(&self.delivery.entry)
    }
}

/// The part of an attempt's note that says which entries it carried.
#[derive(Deserialize)]
struct Carried {
    entries: Vec<(u64, u32, u32)>,
    #[serde(default)]
    earlier: Vec<Value>,
}

/// The requests of a note, the one that decided last.
fn attempts_in(note: &[u8], carried: Carried) -> Vec<Value> {
    let Ok(mut last) = serde_json::from_slice::<Value>(note) else { return Vec::new() };
    let batch: u64 = carried.entries.iter().map(|(_, first, last)| u64::from(last - first) + 1).sum();
    if let Some(members) = last.as_object_mut() {
        members.remove("entries");
        members.remove("earlier");
        members.insert("batch".to_owned(), batch.into());
    }
    carried.earlier.into_iter().chain([last]).collect()
}
