//! What a batch tells its lane.

use super::fate::{Attempt, Fate};
use super::slots::Item;
use causeway_store::state::{List, Note};
use serde_json::json;

/// The fate of entries.
#[derive(Debug)]
pub struct Report {
    /// These entries have their fate.
    pub fates: Vec<(Item, Fate)>,
    /// The requests that carried them, the one that decided it last; none if nothing was sent.
    pub attempts: Vec<Attempt>,
}

impl Report {
    /// The row for traces: which entries rode in which request, and what came back.
    pub fn note(&self, destination: &str, now: i64) -> Option<Note> {
        let (Attempt { at, status, latency_ms, message }, earlier) = self.attempts.split_last()?;
        let mut places: Vec<(u64, u32)> =
            self.fates.iter().map(|(item, _)| (item.block.0, item.entry)).collect();
        places.sort_unstable();
        let mut data = json!({
            "destination": destination, "at": at, "status": status, "latency_ms": latency_ms,
            "message": message, "entries": ranges(&places),
        });
        if !earlier.is_empty() {
            data["earlier"] = json!(earlier);
        }
        Some(Note { list: List::Attempts, at: now, data: data.to_string().into() })
    }
}

/// `[[block, first, last], …]` for sorted places.
fn ranges(places: &[(u64, u32)]) -> Vec<(u64, u32, u32)> {
    let mut ranges: Vec<(u64, u32, u32)> = Vec::new();
    for &(block, entry) in places {
        match ranges.last_mut() {
            Some((last_block, _, last)) if *last_block == block && *last + 1 == entry => *last = entry,
            _ => ranges.push((block, entry, entry)),
        }
    }
    ranges
}
