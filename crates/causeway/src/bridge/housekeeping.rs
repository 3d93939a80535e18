//! What has outlived its use goes.

use crate::clock::Clock;
use crate::config::Config;
use causeway_store::state::Prune;
use causeway_store::{Journal, Retention, State};
use std::sync::Arc;
use std::time::Duration;

/// How often retention and the like are seen to.
const EVERY: Duration = Duration::from_secs(60);

/// Retention and pruning, once a minute.
pub(super) async fn keep(journal: Arc<dyn Journal>, state: Arc<dyn State>, config: Config, clock: Clock) {
    let (kept, max_bytes) = (config.settings.store.retention.as_ms(), config.settings.store.max_size.0);
    let window = config.duplicates().timed_ms;
    loop {
        tokio::time::sleep(EVERY).await;
        let (journal, state, now) = (Arc::clone(&journal), Arc::clone(&state), clock.now());
        let tidy = move || {
            let processed = state.cursor()?;
            journal.retain(Retention { keep_since: now - kept, max_bytes, processed })?;
            state.prune(Prune {
                seen_before: now - window,
                traces_before: now - kept,
                dead_letters_before: now - kept,
            })
        };
        match tokio::task::spawn_blocking(tidy).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "retention failed"),
            Err(error) => tracing::error!(%error, "retention ended abnormally"),
        }
    }
}
