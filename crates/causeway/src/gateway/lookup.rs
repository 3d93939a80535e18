//! The search contexts of persons, found without holding a search up.

use crate::people::SearchContexts;
use crate::telemetry::Metrics;
use crate::telemetry::gateway::LookUp;
use causeway_engine::search_context::SearchContext;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Finds search contexts: in memory at once, else in the store if that does not take long and not too many are at it.
pub struct LookUps {
    contexts: Arc<SearchContexts>,
    timeout: Duration,
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// How a look-up ended without a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missed {
    Late,
    Busy,
    Failed,
}

impl LookUps {
    /// Each look-up may hold a search up for `timeout`; so many may read the store at once.
    pub fn new(
        contexts: Arc<SearchContexts>,
        timeout: Duration,
        at_once: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        let places = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        Self { contexts, timeout, places, metrics }
    }

    /// Whether there is anything to find.
    pub(super) fn say_anything(&self) -> bool {
        !self.contexts.rules.say_nothing()
    }

    /// The contexts of these persons in their order; nothing if one could not be found in time.
    pub(super) async fn of(&self, ids: Vec<String>) -> Option<Vec<SearchContext>> {
        let recall = || ids.iter().map(|id| self.contexts.recall(id)).collect();
        let recalled: Option<Option<Vec<SearchContext>>> = catch_unwind(AssertUnwindSafe(recall)).ok();
        let (outcome, found) = match recalled {
            Some(Some(found)) => ("memory", Some(found)),
            Some(None) => told(self.read(ids).await),
            None => told(Err(Missed::Failed)),
        };
        self.metrics.gateway.lookups.get_or_create(&LookUp { outcome }).inc();
        found
    }

    /// Whoever comes too late still brings what was read into memory, for the next search.
    async fn read(&self, ids: Vec<String>) -> Result<Vec<SearchContext>, Missed> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Missed::Busy)?;
        let contexts = Arc::clone(&self.contexts);
        let reading = tokio::task::spawn_blocking(move || {
            let _place = place;
            ids.iter().map(|id| contexts.of(id)).collect::<Result<Vec<_>, _>>()
        });
        let read = tokio::time::timeout(self.timeout, reading).await.map_err(|_| Missed::Late)?;
        read.ok().and_then(Result::ok).ok_or(Missed::Failed)
    }
}

fn told(read: Result<Vec<SearchContext>, Missed>) -> (&'static str, Option<Vec<SearchContext>>) {
    match read {
        Ok(found) => ("store", Some(found)),
        Err(Missed::Late) => ("late", None),
        Err(Missed::Busy) => ("busy", None),
        Err(Missed::Failed) => ("failed", None),
    }
}
