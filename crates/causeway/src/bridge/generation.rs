//! What runs as one configuration says, until it is given another.

use super::ground::{Desks, Ground, Inboxes, inboxes};
use super::{StartError, housekeeping, settings};
use crate::alerts::Alerts;
use crate::api::{self, Access};
use crate::config::Config;
use crate::delivery::Destination;
use crate::erasure::{Eraser, Forgetter};
use crate::listen::Routes;
use crate::people::search_context;
use crate::pipeline::tick::Due;
use crate::pipeline::{Committer, worker};
use crate::replay::Replayer;
use crate::telemetry::otlp;
use crate::{gateway, intake};
use axum::Router;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What lasts from start to stop.
pub(super) struct Lasting {
    pub(super) ground: Ground,
    pub(super) worker: worker::Handle,
    pub(super) committer: Committer,
    pub(super) desks: Desks,
    pub(super) due: watch::Receiver<Due>,
    pub(super) public_routes: Routes,
    pub(super) admin_routes: Routes,
}

/// Where a configuration sends to.
pub(super) struct Destinations {
    targets: Vec<Destination>,
    pub(super) names: Vec<&'static str>,
    pub(super) inboxes: Inboxes,
}

impl Destinations {
    pub(super) fn of(config: &Config) -> Self {
        let targets = settings::targets(config);
        let names = targets.iter().map(Destination::name).collect();
        let inboxes = inboxes(&targets, config);
        Self { targets, names, inboxes }
    }
}

/// A signal that is sent once.
#[derive(Debug)]
struct Signal(watch::Sender<bool>, watch::Receiver<bool>);

impl Signal {
    fn new() -> Self {
        let (sender, receiver) = watch::channel(false);
        Self(sender, receiver)
    }

    fn send(&self) {
        self.0.send_replace(true);
    }
}

/// Everything that runs as a configuration says.
pub(super) struct Generation {
    /// Boxed, since it is large and a generation is moved.
    pub(super) config: Box<Config>,
    pub(super) destinations: Vec<&'static str>,
    eraser: Eraser,
    /// Journal what is due, and what was asked for.
    feeders: Vec<JoinHandle<()>>,
    lanes: Vec<JoinHandle<()>>,
    /// Erase, tell, tidy.
    others: Vec<JoinHandle<()>>,
    signals: Signals,
}

struct Signals {
    feeders: Signal,
    /// Lanes end when nothing is under way.
    finish_lanes: Signal,
    /// Lanes and others end at once.
    stop: Signal,
}

impl Generation {
    /// Starts everything, and has both sides served as the configuration says.
    pub(super) async fn start(
        lasting: &Lasting,
        config: Box<Config>,
        destinations: Destinations,
    ) -> Result<Self, StartError> {
        let Destinations { targets, names, inboxes } = destinations;
        let signals = Signals { feeders: Signal::new(), finish_lanes: Signal::new(), stop: Signal::new() };
        let (ground, worker) = (&lasting.ground, &lasting.worker);
        let (eraser, erasing) = ground.start_eraser(&config, worker, &signals.stop.1)?;
        let mut generation = Self {
            config,
            destinations: names,
            eraser,
            feeders: Vec::new(),
            lanes: Vec::new(),
            others: erasing.into_iter().collect(),
            signals,
        };
        if let Err(error) = generation.fill(lasting, targets, &inboxes) {
            generation.stop_feeders().await;
            generation.stop().await;
            return Err(error);
        }
        Ok(generation)
    }

    fn fill(
        &mut self,
        lasting: &Lasting,
        targets: Vec<Destination>,
        inboxes: &Inboxes,
    ) -> Result<(), StartError> {
        let (ground, worker, config) = (&lasting.ground, &lasting.worker, &self.config);
        let (finish, stop) = (&self.signals.finish_lanes.1, &self.signals.stop.1);
        self.lanes = ground.start_lanes(config, targets, inboxes, worker, (finish, stop))?;
        let (forgetter, forgetting) = ground.start_forgetter(worker, self.eraser.clone(), stop);
        self.others.push(forgetting);
        let flows = Arc::clone(&lasting.desks.flows);
        let (replayer, replaying) = ground.start_replays(config, flows, worker, stop);
        self.others.push(replaying);
        let (alerts, telling) = ground.start_alerts(config, &self.destinations, worker, stop)?;
        self.others.push(telling);
        self.others.push(ground.start_reports(config, worker, stop)?);
        self.others.push(housekeeping::start(ground, config, stop));
        let stop = &self.signals.feeders.1;
        self.feeders.push(ground.start_ticks(lasting.due.clone(), lasting.committer.clone(), stop));
        self.feeders.extend(ground.start_poller(config, lasting.committer.clone(), stop)?);
        self.feeders.extend(ground.start_prober(config, lasting.committer.clone(), stop)?);
        let (public, admin) =
            (public(lasting, config)?, admin(lasting, config, (forgetter, alerts, replayer)));
        lasting.public_routes.replace(public);
        lasting.admin_routes.replace(admin);
        Ok(())
    }

    pub(super) fn eraser(&self) -> Eraser {
        self.eraser.clone()
    }

    /// How long a stop waits for what is pending.
    pub(super) fn drain(&self) -> Duration {
        self.config.settings.delivery.drain.0
    }

    /// Nothing is journaled any more but what clients send.
    pub(super) async fn stop_feeders(&mut self) {
        self.signals.feeders.send();
        ended(&mut self.feeders).await;
    }

    /// Ends everything but the routes, after what is under way to vendors has been answered.
    pub(super) async fn finish(&mut self) {
        self.stop_feeders().await;
        self.signals.finish_lanes.send();
        ended(&mut self.lanes).await;
        self.stop().await;
    }

    /// Ends lanes and background; what is under way is broken off.
    pub(super) async fn stop(&mut self) {
        self.signals.stop.send();
        ended(&mut self.lanes).await;
        ended(&mut self.others).await;
    }
}

/// Waits until these have ended; whoever ended by a panic has told so.
async fn ended(tasks: &mut Vec<JoinHandle<()>>) {
    for task in tasks.drain(..) {
        let _ = task.await;
    }
}

fn public(lasting: &Lasting, config: &Config) -> std::io::Result<Router> {
    let (ground, committer) = (&lasting.ground, &lasting.committer);
    let contexts = Arc::new(ground.search_contexts(config));
    let public = intake::router(Arc::new(ground.intake(config, committer.clone())))
        .merge(search_context::router(Arc::clone(&contexts)));
    let public = match ground.gateway(config, &contexts, committer.clone())? {
        Some(gateway) => public.merge(gateway::router(Arc::new(gateway))),
        None => public,
    };
    let tracer = ground.tracer.clone();
    if !tracer.is_on() {
        return Ok(public);
    }
    Ok(public.layer(axum::middleware::from_fn_with_state(tracer, otlp::serve)))
}

fn admin(lasting: &Lasting, config: &Config, backgrounds: (Forgetter, Alerts, Replayer)) -> Router {
    let Lasting { ground, worker, committer, desks, .. } = lasting;
    let admin = ground.admin(config, desks.clone(), worker.clone(), committer.clone(), backgrounds);
    let access = Access::new(config.settings.admin.token.clone());
    api::router(Arc::new(admin), access, Arc::clone(&ground.health))
}
