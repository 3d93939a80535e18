//! Figures from the store and its disk. Reading them blocks, and may take long when the disk is ill.

use super::figures::Stored;
use crate::clock::Clock;
use crate::inspect::{self, Ledger};
use causeway_store::{Error, Journal, State, sqlite};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The ledger is read in one look of so many: it takes as long as much waits.
const LEDGER_EACH: u32 = 20;

/// Looks at the store.
pub struct Observer {
    /// What came in.
    pub journal: Arc<dyn Journal>,
    /// What follows.
    pub state: Arc<dyn State>,
    /// The store's directory.
    pub store: PathBuf,
    /// Where events go.
    pub destinations: Vec<&'static str>,
    /// What time it is.
    pub clock: Clock,
    /// How often it has looked.
    pub looks: u32,
}

impl Observer {
    /// Reads everything; what can't be read is as it was `before`.
    pub fn look(&mut self, before: Stored) -> Stored {
        let at = self.clock.now();
        match self.read(&before) {
            Ok(stored) => Stored { at, ..stored },
            Err(error) => Stored { at, fault: Some(error.to_string()), ..before },
        }
    }

    fn read(&mut self, before: &Stored) -> Result<Stored, Error> {
        let ledger_is_due = self.looks.is_multiple_of(LEDGER_EACH);
        let imbalance = if ledger_is_due { self.imbalance()? } else { before.imbalance.clone() };
        self.looks = self.looks.wrapping_add(1);
        Ok(Stored {
            at: before.at,
            fault: None,
            oldest: self.oldest()?,
            imbalance,
            damaged: inspect::damaged_records(&*self.journal),
            disk_free: sqlite::free_bytes(&self.store).ok(),
        })
    }

    fn imbalance(&self) -> Result<BTreeMap<String, i64>, Error> {
        let flows = Ledger::read(&*self.state, None)?.flows.into_iter();
        Ok(flows.filter(|flow| flow.imbalance != 0).map(|flow| (flow.flow, flow.imbalance)).collect())
    }

    fn oldest(&self) -> Result<BTreeMap<&'static str, i64>, Error> {
        let mut oldest = BTreeMap::new();
        for destination in &self.destinations {
            if let Some(at) = inspect::oldest_waiting(&*self.state, &*self.journal, destination)? {
                oldest.insert(*destination, at);
            }
        }
        Ok(oldest)
    }
}
