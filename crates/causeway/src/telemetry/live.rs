//! Figures for the live screen: what happened so far, and the latest events with their fate.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many latest lines are kept.
const LATEST: usize = 64;

/// Counters since the start, and the latest lines. Updated once a batch, not once an event.
#[derive(Debug, Default)]
pub struct Live {
    /// Valid events accepted.
    pub events_in: AtomicU64,
    /// Entries delivered to Segment.
    pub to_segment: AtomicU64,
    /// Entries delivered to Algolia.
    pub to_insights: AtomicU64,
    /// Operations on profile records that Algolia took.
    pub to_profiles: AtomicU64,
    /// Dead letters.
    pub dead: AtomicU64,
    latest: Mutex<VecDeque<String>>,
}

impl Live {
    /// Adds a line to the latest, forgetting the oldest.
    pub fn line(&self, line: String) {
        let Ok(mut latest) = self.latest.lock() else { return };
        if latest.len() == LATEST {
            latest.pop_front();
        }
        latest.push_back(line);
    }

    /// The latest lines, newest last.
    pub fn latest(&self, count: usize) -> Vec<String> {
        let Ok(latest) = self.latest.lock() else { return Vec::new() };
        latest.iter().skip(latest.len().saturating_sub(count)).cloned().collect()
    }

    /// A counter's value.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
