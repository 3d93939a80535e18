//! Handing to each receiver what is due. None of them waits for another.

use super::notice::Notice;
use super::post::{Address, Post};
use super::receivers::{Failure, Receivers};
use crate::delivery::backoff::Backoff;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Receiver as Label;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// The waits after a receiver has failed.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(300) };

/// A notice that no attempt has brought through for so long is given up, in milliseconds.
const GIVE_UP_MS: i64 = 86_400_000;

/// A receiver's state.
struct Way {
    busy: bool,
    failures: u32,
    next: Instant,
}

/// What a task that sends leaves.
pub(super) struct Sent {
    receiver: String,
    notices: Vec<Notice>,
    result: Result<(), Failure>,
}

/// Everybody who is told, and what is under way to them.
pub(super) struct Sending {
    receivers: Arc<Receivers>,
    metrics: Arc<Metrics>,
    ways: BTreeMap<String, Way>,
    /// Who gets what.
    pub(super) addresses: Vec<Address>,
    /// Receivers that do not take notices at the moment, with their words.
    pub(super) failing: BTreeMap<String, String>,
    /// What is under way.
    pub(super) tasks: JoinSet<Sent>,
}

impl Sending {
    pub(super) fn new(receivers: Arc<Receivers>, metrics: Arc<Metrics>) -> Self {
        let (addresses, now) = (receivers.addresses(), Instant::now());
        let fresh =
            |address: &Address| (address.receiver.clone(), Way { busy: false, failures: 0, next: now });
        let ways = addresses.iter().map(fresh).collect();
        Self { receivers, metrics, ways, addresses, failing: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// Begins to send to every receiver that something waits for, unless it is busy or has failed just now.
    pub(super) fn dispatch(&mut self, post: &Post, at: i64) {
        let now = Instant::now();
        for (receiver, way) in self.ways.iter_mut().filter(|(_, way)| !way.busy && way.next <= now) {
            let notices = post.due(receiver);
            if notices.is_empty() {
                continue;
            }
            way.busy = true;
            let (receivers, receiver) = (Arc::clone(&self.receivers), receiver.clone());
            self.tasks.spawn(async move {
                let result = receivers.send(&receiver, &notices, at).await;
                Sent { receiver, notices, result }
            });
        }
    }

    /// When a receiver that has failed is tried again.
    pub(super) fn next_attempt(&self, post: &Post) -> Option<Instant> {
        let waits = |(receiver, way): &(&String, &Way)| !way.busy && !post.due(receiver).is_empty();
        self.ways.iter().filter(waits).map(|(_, way)| way.next).min()
    }

    /// Takes in what came of an attempt.
    pub(super) fn settle(&mut self, sent: Result<Sent, JoinError>, post: &mut Post) {
        let Sent { receiver, notices, result } = match sent {
            Ok(sent) => sent,
            Err(error) => {
                tracing::error!(%error, "sending notices ended abnormally; their receiver waits for a restart");
                return;
            }
        };
        let Some(way) = self.ways.get_mut(&receiver) else { return };
        way.busy = false;
        match result {
            Ok(()) => {
                way.failures = 0;
                self.failing.remove(&receiver);
                self.metrics.notices_sent.get_or_create(&label(&receiver)).inc_by(notices.len() as u64);
                post.done(&receiver, &notices);
            }
            Err(Failure::Refused(words)) => {
                let count = notices.len();
                tracing::error!(receiver, %words, count, "a receiver refuses notices; they are given up");
                self.metrics.notices_dropped.get_or_create(&label(&receiver)).inc_by(count as u64);
                post.done(&receiver, &notices);
                self.failing.insert(receiver, words);
            }
            Err(Failure::Later(words, after)) => {
                way.failures += 1;
                let wait = after.unwrap_or_else(|| BACKOFF.wait(way.failures, rand::random()));
                way.next = Instant::now() + wait;
                tracing::warn!(receiver, %words, "a receiver does not take notices; they are sent again");
                self.metrics.notices_failed.get_or_create(&label(&receiver)).inc();
                self.failing.insert(receiver, words);
            }
        }
    }

    /// What did not come through for a day is of no use any more.
    pub(super) fn give_up_old(&self, post: &mut Post, now: i64) {
        for Address { receiver, .. } in &self.addresses {
            let count = post.expire(receiver, now - GIVE_UP_MS);
            if count > 0 {
                tracing::error!(receiver, count, "notices were given up after a day of attempts");
                self.metrics.notices_dropped.get_or_create(&label(receiver)).inc_by(count as u64);
            }
        }
    }
}

fn label(receiver: &str) -> Label {
    Label { receiver: receiver.to_owned() }
}
