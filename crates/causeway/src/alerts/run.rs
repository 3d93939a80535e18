//! The background: looks, judges, keeps, and hands what is due to receivers. None of them waits for another.

use super::conditions;
use super::figures::{Key, Snapshot, Stored, Vendor};
use super::handle::{Acknowledgement, Alerts, View};
use super::kept::Kept;
use super::keys::Asker;
use super::notice::{Kind, Notice, Severity};
use super::observe::Observer;
use super::receivers::Receivers;
use super::rules::Rules;
use super::sending::{Sending, Sent};
use crate::clock::Clock;
use crate::health::Health;
use crate::pipeline::worker;
use crate::telemetry::metrics::Open;
use crate::telemetry::{Metrics, Signals};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, MissedTickBehavior};

/// How often Algolia is asked about keys.
const KEYS_EVERY: Duration = Duration::from_secs(3_600);

/// How long a stop waits for notices that are under way.
const DRAIN: Duration = Duration::from_secs(3);

/// What the background needs.
pub struct Parts {
    /// Reads the store.
    pub observer: Observer,
    /// What was kept by an earlier run.
    pub kept: Kept,
    /// Keeps what follows.
    pub worker: worker::Handle,
    /// Who is told.
    pub receivers: Arc<Receivers>,
    /// Asks about keys; not without receivers.
    pub asker: Option<Asker>,
    /// The operator's rules.
    pub rules: Rules,
    /// What goes wrong.
    pub signals: Arc<Signals>,
    /// Whether things are well.
    pub health: Arc<Health>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Clock,
}

/// The background, ready to run.
pub struct Background {
    observer: Option<Observer>,
    kept: Kept,
    worker: worker::Handle,
    sending: Sending,
    asker: Option<Asker>,
    rules: Rules,
    signals: Arc<Signals>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    clock: Clock,
    destinations: Vec<&'static str>,
    stored: Stored,
    keys: BTreeMap<&'static str, Key>,
    looking: Option<JoinHandle<(Observer, Stored)>>,
    asking: Option<JoinHandle<BTreeMap<&'static str, Key>>>,
    view: watch::Sender<Arc<View>>,
    acknowledgements: mpsc::Receiver<Acknowledgement>,
}

impl Background {
    /// Takes up what was kept, and the handle for others.
    pub fn new(parts: Parts) -> (Self, Alerts) {
        let addresses = parts.receivers.addresses();
        let mut kept = parts.kept;
        kept.post.keep_only(&addresses);
        let (view, seen) = watch::channel(Arc::new(View { kept: kept.clone(), ..View::default() }));
        let (sender, acknowledgements) = mpsc::channel(16);
        let alerts = Alerts { view: seen, acknowledgements: sender, receivers: Arc::clone(&parts.receivers) };
        let background = Self {
            stored: Stored { at: parts.clock.now(), ..Stored::default() },
            destinations: parts.observer.destinations.clone(),
            observer: Some(parts.observer),
            kept,
            worker: parts.worker,
            sending: Sending::new(parts.receivers, Arc::clone(&parts.metrics)),
            asker: parts.asker,
            rules: parts.rules,
            signals: parts.signals,
            health: parts.health,
            metrics: parts.metrics,
            clock: parts.clock,
            keys: BTreeMap::new(),
            looking: None,
            asking: None,
            view,
            acknowledgements,
        };
        (background, alerts)
    }

    /// Runs until `stop` says so. What is not sent by then is sent after the next start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(self.rules.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut keys = tokio::time::interval(KEYS_EVERY);
        while !*stop.borrow() {
            self.sending.dispatch(&self.kept.post, self.clock.now());
            let next = self.sending.next_attempt(&self.kept.post);
            tokio::select! {
                _ = ticks.tick() => self.look(),
                _ = keys.tick() => self.ask(),
                looked = finished(&mut self.looking) => self.looked(looked),
                asked = finished(&mut self.asking) => self.asked(asked),
                Some(sent) = self.sending.tasks.join_next() => self.sent(sent),
                Some(order) = self.acknowledgements.recv() => self.acknowledge(order),
                () = until(next) => {}
                _ = stop.changed() => {}
            }
        }
        self.drain().await;
    }

    /// Starts reading the store; if that is under way already, judges by what was read before, so that a store that hangs
    /// keeps nobody from being told.
    fn look(&mut self) {
        match self.observer.take() {
            Some(mut observer) => {
                let before = self.stored.clone();
                self.looking = Some(tokio::task::spawn_blocking(move || {
                    let stored = observer.look(before);
                    (observer, stored)
                }));
            }
            None => self.judge(),
        }
    }

    fn looked(&mut self, looked: Result<(Observer, Stored), JoinError>) {
        self.looking = None;
        match looked {
            Ok((observer, stored)) => {
                self.observer = Some(observer);
                self.stored = stored;
                self.judge();
            }
            Err(error) => {
                tracing::error!(%error, "looking at the store ended abnormally; it is not looked at again");
            }
        }
    }

    fn ask(&mut self) {
        if let (Some(asker), None) = (self.asker.clone(), &self.asking) {
            let now = self.clock.now();
            self.asking = Some(tokio::spawn(async move { asker.ask(now).await }));
        }
    }

    fn asked(&mut self, asked: Result<BTreeMap<&'static str, Key>, JoinError>) {
        self.asking = None;
        self.keys.extend(asked.unwrap_or_default());
    }

    /// Judges the figures, and puts what is to be told where it belongs.
    fn judge(&mut self) {
        let now = self.clock.now();
        let before = self.kept.clone();
        let findings = conditions::findings(&self.figures(now), &self.rules.limits);
        let notices = self.kept.book.step(findings, now, &self.rules.timing);
        self.put(notices, now);
        self.sending.give_up_old(&mut self.kept.post, now);
        self.keep(&before);
    }

    fn figures(&self, now: i64) -> Snapshot {
        let signs = self.health.signs(crate::clock::instant());
        let vendor =
            |destination: &&'static str| Vendor { destination, trouble: self.signals.trouble(destination) };
        Snapshot {
            now,
            part_stopped: signs.part_stopped,
            store_fails: signs.store_fails,
            disk_full: signs.disk_full,
            backlog: signs.backlog,
            backlog_bound: signs.backlog_bound,
            vendors: self.destinations.iter().map(vendor).collect(),
            deaths: self.signals.deaths(now, self.rules.limits.dead_letters_within_ms),
            configuration: self.signals.configuration_fault(),
            stored: self.stored.clone(),
            keys: self.keys.clone(),
        }
    }

    fn put(&mut self, notices: Vec<Notice>, now: i64) {
        notices.iter().for_each(log);
        self.kept.post.put(notices, now, self.rules.quiet.as_ref(), &self.sending.addresses);
    }

    /// Keeps what changed, without waiting for it: people are to be told also when the store is ill.
    fn keep(&mut self, before: &Kept) {
        if let Some(change) = self.kept.change_since(before) {
            self.worker.change(change);
        }
        self.show();
    }

    fn show(&self) {
        let quiet = self.rules.quiet.as_ref().is_some_and(|quiet| quiet.at(self.clock.now()));
        let view = View { kept: self.kept.clone(), failing: self.sending.failing.clone(), quiet };
        for severity in [Severity::Warning, Severity::Critical] {
            let told = view.kept.book.open.values().filter(|alert| alert.told.is_some());
            let open = told.filter(|alert| alert.finding.severity == severity).count();
            self.metrics.alerts_open.get_or_create(&Open { severity: severity.word() }).set(open as i64);
        }
        self.view.send_replace(Arc::new(view));
    }

    fn acknowledge(&mut self, order: Acknowledgement) {
        let (before, now) = (self.kept.clone(), self.clock.now());
        let notice = self.kept.book.acknowledge(&order.key, &order.by, now);
        let known = notice.is_some();
        self.put(notice.into_iter().collect(), now);
        self.keep(&before);
        // Who asked may have hung up.
        let _ = order.answer.send(known);
    }

    fn sent(&mut self, sent: Result<Sent, JoinError>) {
        let before = self.kept.clone();
        self.sending.settle(sent, &mut self.kept.post);
        self.keep(&before);
    }

    /// Lets what is under way come to its end, so that it is not sent again after the next start.
    async fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN;
        while let Ok(Some(sent)) = tokio::time::timeout_at(deadline, self.sending.tasks.join_next()).await {
            self.sent(sent);
        }
        // It holds the store, which is to be free when the bridge has stopped.
        if let Some(looking) = self.looking.take() {
            let _ = looking.await;
        }
    }
}

/// The log has every notice, whoever else is told.
fn log(notice: &Notice) {
    let (alert, text) = (&notice.finding.key, &notice.finding.text);
    match (notice.kind, notice.finding.severity) {
        (Kind::Firing | Kind::Reminder, Severity::Critical) => {
            tracing::error!(alert, text, "{}", notice.headline());
        }
        (Kind::Firing | Kind::Reminder, _) => tracing::warn!(alert, text, "{}", notice.headline()),
        _ => tracing::info!(alert, "{}", notice.headline()),
    }
}

async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(handle) => handle.await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
