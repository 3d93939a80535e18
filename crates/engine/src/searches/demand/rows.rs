//! The list of all failed queries: what is needed to rank them without reading each.

use super::failed::{Demand, DemandId};
use crate::core::Kept;
use serde::{Deserialize, Serialize};

/// A failed query in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub id: DemandId,
    /// Its index.
    pub index: String,
    /// How often it was asked in vain.
    pub times: u32,
    /// How many persons asked.
    pub persons: u32,
    /// How many persons wait for it.
    #[serde(default)]
    pub waiting: u32,
    /// When it was last asked in vain, in milliseconds since the Unix epoch.
    pub last_at: i64,
    /// When Causeway itself last asked.
    #[serde(default)]
    pub probed_at: Option<i64>,
    /// Whether it was asked under filters.
    pub filtered: bool,
    /// Whether it gives results by now.
    pub found: bool,
}

impl Row {
    pub(super) fn of(id: DemandId, demand: &Demand) -> Self {
        Self {
            id,
            index: demand.index.clone(),
            times: demand.times,
            persons: demand.persons,
            waiting: u32::try_from(demand.waiting.len()).unwrap_or(u32::MAX),
            last_at: demand.last_at,
            probed_at: demand.probed_at,
            filtered: demand.filters.is_some(),
            found: demand.found.is_some(),
        }
    }

    /// How much it is asked for: what was asked often, but weeks ago, is worth less.
    fn worth(&self, now: i64) -> (u32, i64, DemandId) {
        const WEEK: i64 = 7 * 24 * 3_600_000;
        let weeks = u32::try_from((now - self.last_at) / WEEK).unwrap_or_default();
        (self.times / (1 + weeks), self.last_at, self.id)
    }
}

/// A part of the list has room for so many.
pub(super) const PER_SHARD: usize = 80;

/// Some of the list.
#[derive(Debug, Default)]
pub(super) struct Rows(pub(super) Vec<Row>);

impl Rows {
    pub(super) fn has(&self, id: DemandId) -> bool {
        self.0.iter().any(|row| row.id == id)
    }

    /// Puts a row in its place; answers which other one gave way.
    pub(super) fn put(&mut self, row: Row, now: i64) -> Option<DemandId> {
        if let Some(known) = self.0.iter_mut().find(|known| known.id == row.id) {
            *known = row;
            return None;
        }
        let full = self.0.len() >= PER_SHARD;
        let least = self.0.iter().enumerate().filter(|_| full).min_by_key(|(_, row)| row.worth(now));
        let gone = least.map(|(place, _)| place).map(|place| self.0.remove(place).id);
        self.0.push(row);
        gone
    }
}

impl Kept for Rows {
    fn decode(stored: &[u8]) -> Self {
        Self(serde_json::from_slice(stored).unwrap_or_default())
    }

    fn encode(&self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then(|| serde_json::to_vec(&self.0).expect("texts and numbers are JSON"))
    }
}
