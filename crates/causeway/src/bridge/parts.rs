//! The way of an event through a bridge, put together and not started: no thread, no port. A simulation runs the parts in an
//! order and on a time of its own.

use super::ground::{self, Ground};
use super::{StartError, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Lane;
use crate::flows::Catalogue;
use crate::intake;
use crate::pipeline::commit::Keeper;
use crate::pipeline::tick::Due;
use crate::pipeline::{Committer, Tail, Worker};
use crate::telemetry::Metrics;
use crate::telemetry::otlp::Tracer;
use crate::world::World;
use axum::Router;
use causeway_store::{Journal, State};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::watch;

/// What an event passes through, in its order.
pub struct Parts {
    /// The public side.
    pub intake: Router,
    /// Makes records durable, with the help of the next two.
    pub committer: Committer,
    /// Writes them.
    pub keeper: Keeper,
    /// Tells those who wait.
    pub answering: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// What was written.
    pub tail: Arc<Tail>,
    /// The engine.
    pub worker: Worker,
    /// One for each destination.
    pub lanes: Vec<Lane>,
    /// What the worker tells of time; with nobody left to be told it would be forgotten.
    pub due: watch::Receiver<Due>,
    /// Says that lanes are to end; with nobody left to say it they would take it for said.
    pub finish_lanes: watch::Sender<bool>,
}

impl Parts {
    /// Takes up the work where the store says it was left.
    pub fn new(
        journal: Arc<dyn Journal>,
        state: Arc<dyn State>,
        config: &Config,
        clock: Clock,
        world: World,
    ) -> Result<Self, StartError> {
        let catalogue = Catalogue::load(config.configured.known(), &*state)?;
        let ground =
            Ground::new(journal, state, config, (Arc::new(Metrics::new()), Tracer::default()), clock, world)?;
        let targets = settings::targets(config);
        let inboxes = ground::inboxes(&targets, config);
        let (tell_due, due) = watch::channel(Due::default());
        let parts = ground.worker_parts(config, catalogue.flows(), &inboxes, tell_due);
        let (worker, handle) = Worker::new(parts, ground.clock.now())?;
        let (committer, keeper, answering) = Committer::new(
            Arc::clone(&ground.journal),
            Arc::clone(&ground.tail),
            Arc::clone(&ground.health),
            Tracer::default(),
        );
        let intake = Arc::new(ground.intake(config, committer.clone()));
        let (finish_lanes, finishing) = watch::channel(false);
        let lanes = ground.lanes(config, targets, &inboxes, &handle, &finishing)?;
        let (intake, tail) = (intake::router(intake), Arc::clone(&ground.tail));
        Ok(Self {
            intake,
            committer,
            keeper,
            answering: Box::pin(answering),
            tail,
            worker,
            lanes,
            due,
            finish_lanes,
        })
    }
}
