//! What has outlived its use goes; what the disk has lost is told.

use super::ground::Ground;
use crate::clock::Clock;
use crate::config::Config;
use causeway_store::state::Prune;
use causeway_store::{Journal, Position, Retention, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often retention and the like are seen to.
const EVERY: Duration = Duration::from_secs(60);

/// Starts the background; it ends with `stop`.
pub(super) fn start(ground: &Ground, config: &Config, stop: &watch::Receiver<bool>) -> JoinHandle<()> {
    let (journal, state) = (Arc::clone(&ground.journal), Arc::clone(&ground.state));
    let (keeping, mut stop) = (keep(journal, state, config.clone(), ground.clock.clone()), stop.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = keeping => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    })
}

/// Retention and pruning, once a minute.
async fn keep(journal: Arc<dyn Journal>, state: Arc<dyn State>, config: Config, clock: Clock) {
    let (kept, max_bytes) = (config.settings.store.retention.as_ms(), config.settings.store.max_size.0);
    let audited = config.settings.audit.retention.as_ms();
    let window = config.duplicates().timed_ms;
    let mut told = Vec::new();
    loop {
        tell_damage(&*journal, &mut told);
        tokio::time::sleep(EVERY).await;
        let (journal, state, now) = (Arc::clone(&journal), Arc::clone(&state), clock.now());
        let tidy = move || {
            let processed = state.cursor()?;
            journal.retain(Retention { keep_since: now - kept, max_bytes, processed })?;
            state.prune(Prune {
                seen_before: now - window,
                traces_before: now - kept,
                dead_letters_before: now - kept,
                audit_before: now - audited,
            })
        };
        match tokio::task::spawn_blocking(tidy).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "retention failed"),
            Err(error) => tracing::error!(%error, "retention ended abnormally"),
        }
    }
}

/// Says once of each stretch of the journal that can't be read that it is lost.
fn tell_damage(journal: &dyn Journal, told: &mut Vec<(Position, Position)>) {
    let damaged = journal.damaged();
    for (first, last) in damaged.iter().filter(|stretch| !told.contains(stretch)) {
        tracing::error!(
            first = first.0,
            last = last.0,
            "records of the journal are damaged and were passed over; see the handbook, errors/store-damaged"
        );
    }
    *told = damaged;
}
