//! A batch on its way: sent, waited for, retried, split, until every entry has its fate.

use super::backoff::Backoff;
use super::batch::{Batch, single_messages};
use super::client::Client;
use super::destination::{Destination, Verdict};
use super::fate::{Attempt, Death, Fate};
use super::forgotten::{Forgotten, Persons, Told};
use super::hosts::Hosts;
use super::pace::Pace;
use super::report::Report;
use super::slots::Item;
use crate::clock::{Clock, instant};
use crate::telemetry::metrics as labels;
use crate::telemetry::signals::Fault;
use crate::telemetry::{Live, Metrics, Signals};
use crate::world::World;
use bytes::Bytes;
use causeway_algolia::hosts::is_hosts_fault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// How many attempts a dead letter shows.
const SHOWN_ATTEMPTS: usize = 10;

/// The vendor's words are cut to this many bytes.
const SHOWN_WORDS: usize = 500;

/// What the batches of one lane share.
pub struct Shared {
    /// Where they go.
    pub destination: Destination,
    /// Its hosts.
    pub hosts: Hosts,
    /// The connections.
    pub client: Client,
    /// The rate.
    pub pace: Mutex<Pace>,
    /// The waits.
    pub backoff: Backoff,
    /// After this time an entry is given up, in milliseconds since its acceptance.
    pub give_up_ms: i64,
    /// Whether the last answer was a failure.
    pub failing: AtomicBool,
    /// Rings when the vendor takes a request again after failures.
    pub recovered: Notify,
    /// Whose messages are not sent any more.
    pub forgotten: Forgotten,
    /// Who is told how the vendor fails.
    pub signals: Arc<Signals>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The live screen's figures.
    pub live: Arc<Live>,
    /// What time it is.
    pub clock: Clock,
    /// Chance, and where what blocks is done.
    pub world: World,
}

/// How the sending of one request ended.
enum Sent {
    Delivered,
    Refused(&'static str, String),
    GaveUp(String),
    /// It was not sent to the end: a person in it is to be left out.
    Outdated,
}

/// Sends a batch until every entry has its fate, and reports as it goes. `accepted` is when its oldest event came.
pub async fn deliver(
    batch: Batch,
    accepted: i64,
    shared: Arc<Shared>,
    reports: mpsc::UnboundedSender<Report>,
) {
    let forgotten = shared.forgotten.subscribe();
    let mut run = Run { shared: &shared, reports: &reports, forgotten, accepted, attempts: Vec::new() };
    let mut stack = vec![batch];
    while let Some(batch) = stack.pop() {
        let batch = run.leave_out(batch);
        if batch.items.is_empty() {
            continue;
        }
        match run.send(&batch.body(), &batch).await {
            Sent::Outdated => stack.push(batch),
            Sent::Delivered => run.delivered(&batch),
            Sent::GaveUp(reason) => run.dead_all(&batch, "gave-up", &reason),
            Sent::Refused(cause, reason) => match batch.halves() {
                // The first half is sent first, so that order holds.
                Some((first, second)) => stack.extend([second, first]),
                None => run.single(&batch, cause, reason).await,
            },
        }
    }
}

struct Run<'a> {
    shared: &'a Shared,
    reports: &'a mpsc::UnboundedSender<Report>,
    forgotten: Told,
    accepted: i64,
    attempts: Vec<Attempt>,
}

impl Run<'_> {
    /// Leaves out whoever is forgotten by now.
    fn leave_out(&mut self, batch: Batch) -> Batch {
        let persons = self.forgotten.borrow_and_update().clone();
        let left_out = forgotten_in(&batch, &persons);
        if left_out.is_empty() {
            return batch;
        }
        let rest = batch.without(|item| left_out.contains(item));
        self.report(left_out.into_iter().map(|item| (item, Fate::Erased)).collect());
        rest
    }

    /// Whether somebody in the batch was forgotten since it was last looked at.
    fn is_outdated(&mut self, batch: &Batch) -> bool {
        if !self.forgotten.has_changed().unwrap_or(false) {
            return false;
        }
        let persons = self.forgotten.borrow_and_update().clone();
        !forgotten_in(batch, &persons).is_empty()
    }

    /// Sends one request, which carries these messages of the batch, until the vendor takes or refuses it.
    async fn send(&mut self, messages: &Bytes, batch: &Batch) -> Sent {
        let mut failures = 0;
        loop {
            self.wait_for_leave().await;
            if self.is_outdated(batch) {
                return Sent::Outdated;
            }
            match self.attempt(messages).await {
                Verdict::Delivered => return self.succeeded(failures),
                Verdict::Refused(words) => return self.refused("refused", words),
                Verdict::TooLarge => {
                    return self.refused("oversize", "the vendor says that it is too large".to_owned());
                }
                Verdict::Busy(after) => {
                    self.pace(|pace, now| pace.refused(now, after));
                    failures += u32::from(after.is_none());
                }
                Verdict::Denied(words) => {
                    tracing::error!(destination = self.shared.destination.name(), %words, "the vendor denies access; messages are held");
                    self.tell(Fault::Denied, &words);
                    failures += 1;
                }
                Verdict::Failed(words) => {
                    self.tell(Fault::Failed, &words);
                    failures += 1;
                }
            }
            self.shared.failing.store(true, Ordering::Relaxed);
            if let Some(reason) = self.gave_up() {
                return Sent::GaveUp(reason);
            }
            self.wait_after_failure(failures).await;
        }
    }

    async fn attempt(&mut self, messages: &Bytes) -> Verdict {
        let at = self.shared.clock.now();
        let began = instant();
        let origin = self.shared.hosts.current(began);
        let request = match self.shared.destination.request(&origin, messages.clone(), at) {
            Ok(request) => request,
            Err(error) => return Verdict::Failed(error.to_string()),
        };
        let answered = self.shared.client.exchange(request).await;
        let (status, words, verdict) = match answered {
            Ok(answer) => {
                let verdict = self.shared.destination.verdict(&answer, at);
                (Some(answer.status.as_u16()), self.words(&answer.body, &verdict), verdict)
            }
            Err(error) => (None, error.clone(), Verdict::Failed(error)),
        };
        if is_hosts_fault(status) {
            self.shared.hosts.failed(&origin, instant());
        }
        self.note(at, began.elapsed(), status, words);
        verdict
    }

    /// What is kept of an answer. That records were taken is told with their ids, which name persons: such words are not kept.
    fn words(&self, body: &[u8], verdict: &Verdict) -> String {
        match (&self.shared.destination, verdict) {
            (Destination::Profiles(_), Verdict::Delivered) => String::new(),
            _ => String::from_utf8_lossy(&body[..body.len().min(SHOWN_WORDS)]).into_owned(),
        }
    }

    fn note(&mut self, at: i64, took: Duration, status: Option<u16>, message: String) {
        let destination = self.shared.destination.name().to_owned();
        let code = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let label = labels::Destination { destination: destination.clone() };
        self.shared.metrics.durations.0.get_or_create(&label).observe(took.as_secs_f64());
        self.shared.metrics.attempts.get_or_create(&labels::Attempt { destination, code }).inc();
        if self.attempts.len() == SHOWN_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(Attempt { at, status, latency_ms: took.as_millis() as u64, message });
    }

    fn succeeded(&self, failures: u32) -> Sent {
        self.pace(|pace, _| pace.succeeded());
        self.is_well(failures);
        Sent::Delivered
    }

    /// A vendor that refuses a message is well.
    fn refused(&self, cause: &'static str, words: String) -> Sent {
        self.is_well(0);
        Sent::Refused(cause, words)
    }

    fn is_well(&self, failures: u32) {
        if self.shared.failing.swap(false, Ordering::Relaxed) || failures > 0 {
            self.shared.signals.well(self.shared.destination.name());
            self.shared.recovered.notify_waiters();
        }
    }

    fn tell(&self, fault: Fault, words: &str) {
        let (destination, now) = (self.shared.destination.name(), self.shared.clock.now());
        self.shared.signals.failing(destination, fault, words, now);
    }

    fn gave_up(&self) -> Option<String> {
        let age = self.shared.clock.now() - self.accepted;
        let last = self.attempts.last().map(|attempt| attempt.message.as_str()).unwrap_or_default();
        (age > self.shared.give_up_ms)
            .then(|| format!("not delivered within delivery.give_up_after; last: {last}"))
    }

    async fn wait_for_leave(&self) {
        while let Err(wait) = self.pace(Pace::take) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits out the backoff, or until another batch finds the vendor well again.
    async fn wait_after_failure(&self, failures: u32) {
        if failures == 0 {
            return;
        }
        let wait = self.shared.backoff.wait(failures, self.shared.world.chance.draw());
        let mut told = self.forgotten.clone();
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => {}
            () = self.shared.recovered.notified() => {}
            _ = told.changed() => {}
        }
    }

    fn pace<T>(&self, act: impl FnOnce(&mut Pace, Instant) -> T) -> T {
        let mut pace = self.shared.pace.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut pace, instant())
    }

    fn delivered(&self, batch: &Batch) {
        let fates = batch.items.iter().map(|item| (*item, Fate::Delivered)).collect();
        self.report(fates);
    }

    fn dead_all(&self, batch: &Batch, cause: &'static str, reason: &str) {
        let dead = |index: usize| self.death(cause, reason.to_owned(), batch.messages_of(index));
        let fates =
            batch.items.iter().enumerate().map(|(index, item)| (*item, Fate::Dead(dead(index)))).collect();
        self.report(fates);
    }

    /// One entry was refused. If it holds several messages, only those at fault become its dead letter.
    async fn single(&mut self, batch: &Batch, cause: &'static str, reason: String) {
        let messages = batch.messages_of(0);
        let (refused, reason) = match single_messages(&messages) {
            parts if parts.len() > 1 => match self.parts(parts, reason, batch).await {
                Some(refused) => refused,
                None => return self.report(vec![(batch.items[0], Fate::Erased)]),
            },
            _ => (messages, reason),
        };
        let fate =
            if refused.is_empty() { Fate::Delivered } else { Fate::Dead(self.death(cause, reason, refused)) };
        self.report(vec![(batch.items[0], fate)]);
    }

    /// What of an entry is refused when its messages are sent one by one; nothing if its person is forgotten meanwhile.
    async fn parts(
        &mut self,
        parts: Vec<Bytes>,
        mut reason: String,
        batch: &Batch,
    ) -> Option<(Bytes, String)> {
        let mut refused: Vec<Bytes> = Vec::new();
        for part in parts {
            match self.send(&part, batch).await {
                Sent::Delivered => {}
                Sent::Outdated => return None,
                Sent::Refused(_, words) | Sent::GaveUp(words) => {
                    reason = words;
                    refused.push(part);
                }
            }
        }
        Some((refused.join(&b","[..]).into(), reason))
    }

    fn death(&self, cause: &'static str, reason: String, payload: Bytes) -> Death {
        Death { cause, reason, payload, attempts: self.attempts.clone() }
    }

    fn report(&self, fates: Vec<(Item, Fate)>) {
        // A lane that is gone finds the entries in the outbox when it comes back.
        let _ = self.reports.send(Report { fates, attempt: self.attempts.last().cloned() });
    }
}

/// The entries of a batch that are these persons'.
fn forgotten_in(batch: &Batch, persons: &Persons) -> Vec<Item> {
    if persons.is_empty() {
        return Vec::new();
    }
    let items = batch.items.iter().enumerate();
    let own = items.filter(|(index, item)| persons.own(item.block, &batch.messages_of(*index)));
    own.map(|(_, item)| *item).collect()
}
