//! A batch on its way: sent, waited for, retried, split, until every entry has its fate.

use super::backoff::Backoff;
use super::batch::{Batch, single_messages};
use super::client::Client;
use super::destination::{Destination, Verdict};
use super::fate::{Attempt, Death, Fate};
use super::forgotten::{Forgotten, Persons, Told};
use super::hosts::Hosts;
use super::pace::Pace;
use super::refused::{Lesson, Names, Refused, Suspicion};
use super::report::Report;
use super::slots::Item;
use crate::clock::{Clock, instant};
use crate::telemetry::metrics as labels;
use crate::telemetry::otlp::{Context, Kind, Span, Tracer, nanos};
use crate::telemetry::signals::Fault;
use crate::telemetry::{Live, Metrics, Signals};
use crate::world::World;
use bytes::Bytes;
use causeway_algolia::hosts::is_hosts_fault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, watch};

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
    /// Whether the lane ends: attempts under way are waited for, and none is begun any more.
    pub finishing: watch::Receiver<bool>,
    /// What was refused before.
    pub refused: Refused,
    /// Whose messages are not sent any more.
    pub forgotten: Forgotten,
    /// Who is told how the vendor fails.
    pub signals: Arc<Signals>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The live screen's figures.
    pub live: Arc<Live>,
    /// Who follows some events.
    pub tracer: Tracer,
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
    /// It was not sent to the end: the lane ends. The next one finds it in the outbox.
    Held,
}

/// What is to be delivered.
#[derive(Debug)]
pub struct Load {
    /// The entries.
    pub batch: Batch,
    /// The names of their flows.
    pub names: Names,
    /// When the oldest of their events came.
    pub accepted: i64,
}

/// Sends a load until every entry has its fate, and reports as it goes.
pub async fn deliver(
    Load { batch, names, accepted }: Load,
    shared: Arc<Shared>,
    reports: mpsc::UnboundedSender<Report>,
) {
    let forgotten = shared.forgotten.subscribe();
    let mut run = Run { shared: &shared, reports: &reports, forgotten, accepted, attempts: Vec::new() };
    let now = shared.clock.now();
    let apart = shared.refused.apart(&batch, &names, now).into_iter().rev();
    let mut stack: Vec<Part> = apart.map(|(batch, why)| Part { batch, why, before: Vec::new() }).collect();
    let mut lesson = Lesson::default();
    while let Some(Part { batch, why, before }) = stack.pop() {
        let batch = run.leave_out(batch);
        if batch.items.is_empty() {
            continue;
        }
        run.attempts = before;
        match run.send(&batch.body(), &batch).await {
            Sent::Outdated => stack.push(run.part(batch, why)),
            Sent::Delivered => {
                run.delivered(&batch);
                lesson.taken(batch, why);
            }
            Sent::Held => return,
            Sent::GaveUp(reason) => run.dead_all(&batch, "gave-up", &reason),
            Sent::Refused(cause, reason) => {
                if let Some((first, second)) = batch.halves() {
                    // The first half is sent first, so that order holds.
                    stack.extend([run.part(second, why), run.part(first, why)]);
                    continue;
                }
                if cause == REFUSED {
                    lesson.refused.push((batch.clone(), reason.clone()));
                }
                run.single(&batch, cause, reason).await;
            }
        }
    }
    shared.refused.learn(&lesson, &names, now);
}

/// The cause of what the vendor refused for good.
const REFUSED: &str = "refused";

/// A part of a load, and the requests that carried it so far.
struct Part {
    batch: Batch,
    why: Suspicion,
    before: Vec<Attempt>,
}

/// What came of an entry's messages, sent one by one.
enum Parts {
    /// These were refused, the last with these words.
    Through(Bytes, String),
    /// Its person is forgotten meanwhile.
    Outdated,
    /// The lane ends.
    Held,
}

struct Run<'a> {
    shared: &'a Shared,
    reports: &'a mpsc::UnboundedSender<Report>,
    forgotten: Told,
    accepted: i64,
    attempts: Vec<Attempt>,
}

impl Run<'_> {
    fn part(&self, batch: Batch, why: Suspicion) -> Part {
        Part { batch, why, before: self.attempts.clone() }
    }

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
            if *self.shared.finishing.borrow() {
                return Sent::Held;
            }
            if self.is_outdated(batch) {
                return Sent::Outdated;
            }
            match self.attempt(messages, batch).await {
                Verdict::Delivered => return self.succeeded(failures),
                Verdict::Refused(words) => return self.refused(REFUSED, words),
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
                    // Not the messages' fault: they wait for as long as it takes to mend the credential, and then as long
                    // as if they had just come.
                    self.accepted = self.accepted.max(self.shared.clock.now());
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

    async fn attempt(&mut self, messages: &Bytes, batch: &Batch) -> Verdict {
        let followed = self.shared.tracer.events(batch.items.iter().map(|item| item.event));
        let start = nanos();
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
        self.follow(followed, start, batch.items.len(), status);
        self.note(at, began.elapsed(), status, words);
        verdict
    }

    /// The span of an attempt: part of the first event's trace that is followed, linked to the others'.
    fn follow(&self, followed: Vec<Context>, start: u64, entries: usize, status: Option<u16>) {
        let Some(first) = followed.first().copied() else { return };
        let destination = self.shared.destination.name();
        let name = format!("deliver {destination}");
        let mut span = Span::ended(name, Kind::Client, first.child(), Some(first), start)
            .with("causeway.destination", destination)
            .with("causeway.entries", entries as i64)
            .with("causeway.attempt", self.attempts.len() as i64 + 1);
        if let Some(status) = status {
            span = span.with("http.response.status_code", i64::from(status));
        }
        span.failed = status.is_none_or(|status| status >= 400);
        span.links = followed.into_iter().skip(1).collect();
        self.shared.tracer.record(span);
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
        let mut finishing = self.shared.finishing.clone();
        while let Err(wait) = self.pace(Pace::take) {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = finishing.wait_for(|finishing| *finishing) => return,
            }
        }
    }

    /// Waits out the backoff, or until another batch finds the vendor well again.
    async fn wait_after_failure(&self, failures: u32) {
        if failures == 0 {
            return;
        }
        let wait = self.shared.backoff.wait(failures, self.shared.world.chance.draw());
        let (mut told, mut finishing) = (self.forgotten.clone(), self.shared.finishing.clone());
        tokio::select! {
            biased;
            () = tokio::time::sleep(wait) => {}
            () = self.shared.recovered.notified() => {}
            _ = told.changed() => {}
            _ = finishing.wait_for(|finishing| *finishing) => {}
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
                Parts::Through(refused, reason) => (refused, reason),
                Parts::Outdated => return self.report(vec![(batch.items[0], Fate::Erased)]),
                Parts::Held => return,
            },
            _ => (messages, reason),
        };
        let fate =
            if refused.is_empty() { Fate::Delivered } else { Fate::Dead(self.death(cause, reason, refused)) };
        self.report(vec![(batch.items[0], fate)]);
    }

    /// Sends an entry's messages one by one.
    async fn parts(&mut self, parts: Vec<Bytes>, mut reason: String, batch: &Batch) -> Parts {
        let mut refused: Vec<Bytes> = Vec::new();
        for part in parts {
            match self.send(&part, batch).await {
                Sent::Delivered => {}
                Sent::Outdated => return Parts::Outdated,
                Sent::Held => return Parts::Held,
                Sent::Refused(_, words) | Sent::GaveUp(words) => {
                    reason = words;
                    refused.push(part);
                }
            }
        }
        Parts::Through(refused.join(&b","[..]).into(), reason)
    }

    fn death(&self, cause: &'static str, reason: String, payload: Bytes) -> Death {
        Death { cause, reason, payload, attempts: self.attempts.clone() }
    }

    fn report(&self, fates: Vec<(Item, Fate)>) {
        // A lane that is gone finds the entries in the outbox when it comes back.
        let _ = self.reports.send(Report { fates, attempts: self.attempts.clone() });
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
