//! Ticks: what has to happen when nobody does anything.
//!
//! The engine knows no time but that of the records. So when something is due and no record comes, one is journaled that says
//! nothing but the time that it is. What then happens is in the journal's order like everything else, and is the same when
//! it is read again.

use super::commit::Refused;
use super::{Committer, Tail};
use crate::clock::Clock;
use bytes::Bytes;
use causeway_engine::Source;
use causeway_store::{Position, Record};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Ticks are at least so far apart.
pub const APART: Duration = Duration::from_millis(50);

/// The clock is looked at again after so long, since it may be set, or the machine may have slept.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long nothing is tried after the journal refused a tick.
const PAUSE: Duration = Duration::from_secs(1);

/// What the worker tells after each commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    /// When the engine has to see a record, in milliseconds since the Unix epoch.
    pub at: Option<i64>,
    /// The last record that it has seen.
    pub processed: Position,
}

/// Where ticks are kept.
pub trait Keep: Send {
    /// Makes a tick durable that came at this time. Answers a position that is its own or later.
    fn keep(&mut self, at: i64) -> impl Future<Output = Result<Position, Refused>> + Send;
}

/// The journal.
pub struct Journal {
    /// Makes records durable.
    pub committer: Committer,
    /// Says what is durable.
    pub tail: Arc<Tail>,
}

impl Keep for Journal {
    async fn keep(&mut self, at: i64) -> Result<Position, Refused> {
        let source = Source::Tick.into();
        let record = Record { source, received_at: at, meta: Bytes::new(), body: Bytes::new() };
        self.committer.commit(record, None).await?;
        Ok(self.tail.last())
    }
}

/// Journals a tick whenever one is due, until `stop` says so or the worker is gone. After a tick the engine is waited for: one
/// that lags is not told the time again and again.
pub async fn run(
    due: watch::Receiver<Due>,
    clock: Clock,
    journal: impl Keep,
    mut stop: watch::Receiver<bool>,
) {
    tokio::select! {
        biased;
        () = tick(due, clock, journal) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn tick(mut due: watch::Receiver<Due>, clock: Clock, mut journal: impl Keep) {
    while let Some(now) = come(&mut due, &clock).await {
        let wait = match journal.keep(now).await {
            Ok(position) if due.wait_for(|due| due.processed >= position).await.is_ok() => APART,
            Ok(_) | Err(Refused::Stopping) => return,
            Err(_) => PAUSE,
        };
        tokio::time::sleep(wait).await;
    }
}

/// Waits until something is due, and answers what time it is then; nothing once the worker is gone.
async fn come(due: &mut watch::Receiver<Due>, clock: &Clock) -> Option<i64> {
    loop {
        let Some(at) = due.borrow_and_update().at else {
            due.changed().await.ok()?;
            continue;
        };
        let now = clock.now();
        let left = Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs());
        if left.is_zero() {
            return Some(now);
        }
        tokio::select! {
            biased;
            () = tokio::time::sleep(left.min(LOOK_EVERY)) => {}
            changed = due.changed() => changed.ok()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::time::Instant;

    /// Ticks as they come in a test. What is done about each is the test's.
    #[derive(Clone, Default)]
    struct Kept {
        ticks: Arc<Mutex<Vec<i64>>>,
        full: Arc<std::sync::atomic::AtomicBool>,
    }

    impl Kept {
        fn ticks(&self) -> Vec<i64> {
            self.ticks.lock().unwrap().clone()
        }
    }

    impl Keep for Kept {
        async fn keep(&mut self, at: i64) -> Result<Position, Refused> {
            if self.full.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Refused::Full);
            }
            let mut ticks = self.ticks.lock().unwrap();
            ticks.push(at);
            Ok(Position(ticks.len() as u64))
        }
    }

    /// Tells what is due, the ticks, and what stops them. The clock starts at 0 with the test's own.
    fn ticking() -> (watch::Sender<Due>, Kept, watch::Sender<bool>) {
        let began = Instant::now();
        let clock = Clock::from_fn(move || began.elapsed().as_millis() as i64);
        let (tell, due) = watch::channel(Due::default());
        let (stop, stopping) = watch::channel(false);
        let kept = Kept::default();
        tokio::spawn(run(due, clock, kept.clone(), stopping));
        (tell, kept, stop)
    }

    fn due(at: impl Into<Option<i64>>, processed: u64) -> Due {
        Due { at: at.into(), processed: Position(processed) }
    }

    async fn pass(ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_tick_comes_when_something_is_due_not_before_and_none_when_nothing_is() {
        let (tell, kept, _stop) = ticking();
        pass(10_000).await;
        tell.send_replace(due(11_000, 0));
        pass(999).await;
        assert!(kept.ticks().is_empty());
        pass(2).await;
        let ticks = kept.ticks();
        assert!(matches!(ticks[..], [11_000..=11_001]), "{ticks:?}");
        tell.send_replace(due(None, 1));
        pass(60_000).await;
        assert_eq!(kept.ticks(), ticks);
    }

    #[tokio::test(start_paused = true)]
    async fn what_becomes_due_earlier_is_not_slept_through() {
        let (tell, kept, _stop) = ticking();
        tell.send_replace(due(100_000, 0));
        pass(1_000).await;
        tell.send_replace(due(1_100, 0));
        pass(102).await;
        assert_eq!(kept.ticks().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_lags_is_told_the_time_once_and_a_hasty_one_every_fifty_milliseconds() {
        let (tell, kept, _stop) = ticking();
        tell.send_replace(due(1, 0));
        pass(5_000).await;
        assert_eq!(kept.ticks().len(), 1, "the tick is not processed");
        tell.send_replace(due(1, 1));
        pass(49).await;
        assert_eq!(kept.ticks().len(), 1, "too early for another");
        pass(2).await;
        assert_eq!(kept.ticks().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_due_before_a_start_comes_at_once_and_a_full_disk_only_delays_it() {
        let (tell, kept, stop) = ticking();
        kept.full.store(true, std::sync::atomic::Ordering::Relaxed);
        tell.send_replace(due(-5, 0));
        pass(100).await;
        kept.full.store(false, std::sync::atomic::Ordering::Relaxed);
        pass(1_000).await;
        assert_eq!(kept.ticks().len(), 1);
        stop.send_replace(true);
        tell.send_replace(due(-5, 1));
        pass(1_000).await;
        assert_eq!(kept.ticks().len(), 1, "stopped");
    }
}
