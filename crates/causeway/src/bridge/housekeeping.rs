//! What has outlived its use goes; what the disk has lost is told.

use super::ground::Ground;
use crate::clock::Clock;
use crate::config::{Config, Settings};
use causeway_store::state::Prune;
use causeway_store::{Error, Journal, Position, Retention, State};
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
    let config = Arc::new(config);
    let mut told = Vec::new();
    loop {
        tell_damage(&*journal, &mut told);
        tokio::time::sleep(EVERY).await;
        let (journal, state, now) = (Arc::clone(&journal), Arc::clone(&state), clock.now());
        let config = Arc::clone(&config);
        match tokio::task::spawn_blocking(move || tidy(&*journal, &*state, &config, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "retention failed"),
            Err(error) => tracing::error!(%error, "retention ended abnormally"),
        }
    }
}

/// Removes what is older than the configuration says.
fn tidy(journal: &dyn Journal, state: &dyn State, config: &Config, now: i64) -> Result<(), Error> {
    let Settings { store, audit, .. } = &config.settings;
    let kept_since = now - store.retention.as_ms();
    let processed = state.cursor()?;
    journal.retain(Retention { keep_since: kept_since, max_bytes: store.max_size.0, processed })?;
    state.prune(Prune {
        seen_before: now - config.duplicates().timed_ms,
        traces_before: kept_since,
        dead_letters_before: kept_since,
        audit_before: now - audit.retention.as_ms(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Nowhere, parse};
    use causeway_store::state::{Change, List, Note};
    use causeway_store::{Record, Source, sqlite};
    use std::path::Path;

    const DAY: i64 = 86_400_000;

    #[test]
    fn each_thing_goes_after_the_time_that_is_set_for_it_and_what_is_not_processed_stays() {
        let text = "[store]\nretention = \"2d\"\n[audit]\nretention = \"5d\"\n[duplicates]\nwindow = \"1d\"";
        let settings = parse(text, std::iter::empty(), &Nowhere).unwrap();
        let config = Config::check(settings, Path::new("")).unwrap();
        let home = tempfile::tempdir().unwrap();
        let options = sqlite::Options { reserve_bytes: 0, ..sqlite::Options::default() };
        let store = sqlite::open(home.path(), &options).unwrap();
        let lists = [List::Seen, List::Attempts, List::Audit];
        for day in 0..10 {
            let record =
                Record { source: Source(1), received_at: day * DAY, meta: "".into(), body: "{}".into() };
            let position = store.journal.append(&[record]).unwrap();
            let notes = lists.map(|list| Note { list, at: day * DAY, data: "".into() }).into();
            let cursor = (day < 9).then_some(position);
            store.state.commit(&Change { cursor, notes, ..Change::default() }).unwrap();
        }
        let oldest = |now: i64| {
            tidy(&store.journal, &store.state, &config, now * DAY).unwrap();
            let day = |list| store.state.notes(list, i64::MIN).unwrap().first().map(|note| note.at / DAY);
            (lists.map(day), store.journal.extent().unwrap().first.0)
        };
        assert_eq!(oldest(9), ([Some(8), Some(7), Some(4)], 8));
        assert_eq!(oldest(99), ([None; 3], 10), "the last request is not processed yet");
    }
}
