//! The bridge: everything put together, started and stopped.

mod ground;
mod housekeeping;
pub mod parts;
mod settings;

use crate::api::{self, Access};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::Destination;
use crate::erasure::Eraser;
use crate::flows::{self, Catalogue};
use crate::health::Health;
use crate::people::search_context;
use crate::pipeline::tick::Due;
use crate::pipeline::worker::{self, Request, Worker};
use crate::pipeline::{Committer, Tail};
use crate::telemetry::{Live, Metrics};
use crate::world::World;
use crate::{gateway, intake, listen};
use causeway_engine::flow::DESTINATIONS;
use causeway_store::sqlite::{self, Options};
use causeway_store::{BlockId, Error, Journal, State};
use ground::Ground;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why the bridge does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address can't be listened on.
    #[error("failed to listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] Error),
    /// A stored flow can't run.
    #[error("{0}; `causeway flow rollback` goes back to another version")]
    Flows(#[from] flows::Problem),
    /// The system refuses something.
    #[error("failed to start: {0}")]
    System(#[from] std::io::Error),
}

/// A running bridge.
pub struct Bridge {
    /// The public side's address.
    pub public: SocketAddr,
    /// The admin side's address.
    pub admin: SocketAddr,
    /// Figures for the screen.
    pub live: Arc<Live>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where erasures at Algolia are ordered and looked up.
    pub eraser: Eraser,
    /// What follows from what came in.
    pub state: Arc<dyn State>,
    journal: Arc<dyn Journal>,
    tail: Arc<Tail>,
    worker: worker::Handle,
    engine: std::thread::JoinHandle<Result<(), Error>>,
    committer: std::thread::JoinHandle<()>,
    servers: Vec<JoinHandle<()>>,
    lanes: Vec<JoinHandle<()>>,
    housekeeping: JoinHandle<()>,
    stop_servers: watch::Sender<bool>,
    stop_lanes: watch::Sender<bool>,
    health: Arc<Health>,
    drain: Duration,
    destinations: Vec<&'static str>,
}

impl Bridge {
    /// Starts everything on the configured store; when this returns, both sides listen.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let options = Options { reserve_bytes: config.settings.store.reserve.0, ..Options::default() };
        let store = sqlite::open(&config.store, &options)?;
        Self::start_on(Arc::new(store.journal), Arc::new(store.state), config, clock).await
    }

    /// The same on a store of the caller's.
    pub async fn start_on(
        journal: Arc<dyn Journal>,
        state: Arc<dyn State>,
        config: Config,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let (public, admin) = (bind(config.listen).await?, bind(config.admin).await?);
        let addresses = (public.local_addr()?, admin.local_addr()?);
        let catalogue = Catalogue::load(config.configured.known(), &*state)?;
        flows::deliverable(&catalogue, config.reach())?;
        let ground = Ground::new(journal, state, &config, clock, World::real())?;

        let targets = settings::targets(&config);
        let destinations: Vec<&'static str> = targets.iter().map(Destination::name).collect();
        tell_stranded(&*ground.state, &destinations)?;
        let inboxes = ground::inboxes(&targets, &config);
        let (due, ticks_due) = watch::channel(Due::default());
        let parts = ground.worker_parts(&config, catalogue.flows(), &inboxes, due);
        let (engine, worker) = Worker::new(parts, ground.clock.now())?;
        let engine = engine.start()?;
        let (committer, commit_thread) = Committer::start(
            Arc::clone(&ground.journal),
            Arc::clone(&ground.tail),
            Arc::clone(&ground.health),
        )?;
        let (stop_lanes, stopping) = watch::channel(false);
        let mut lanes = ground.start_lanes(&config, targets, &inboxes, &worker, &stopping)?;
        let (eraser, erasing) = ground.start_eraser(&config, &worker, &stopping)?;
        lanes.extend(erasing);
        let (forgetter, forgetting) = ground.start_forgetter(&worker, eraser.clone(), &stopping);
        lanes.push(forgetting);
        let (alerts, telling) = ground.start_alerts(&config, &destinations, &worker, &stopping)?;
        lanes.push(telling);

        let (stop_servers, stopping) = watch::channel(false);
        let ticking = ground.start_ticks(ticks_due, committer.clone(), &stopping);
        let contexts = Arc::new(ground.search_contexts(&config));
        let public_side = intake::router(Arc::new(ground.intake(&config, committer.clone())))
            .merge(search_context::router(Arc::clone(&contexts)));
        let public_side = match ground.gateway(&config, &contexts, committer.clone())? {
            Some(gateway) => public_side.merge(gateway::router(Arc::new(gateway))),
            None => public_side,
        };
        let poller = ground.start_poller(&config, committer.clone(), &stopping)?;
        let desk = ground.admin(&config, catalogue, worker.clone(), committer, forgetter, alerts);
        let access = Access::new(config.settings.admin.token.clone());
        let desk = api::router(Arc::new(desk), access, Arc::clone(&ground.health));
        let share = settings::connections(&config);
        let serve = |listener, router, connections| {
            tokio::spawn(listen::serve(listener, router, connections, stopping.clone()))
        };
        let mut servers =
            vec![serve(public, public_side, share.public), serve(admin, desk, share.admin), ticking];
        servers.extend(poller);
        let drain = config.settings.delivery.drain.0;
        let housekeeping = tokio::spawn(housekeeping::keep(
            Arc::clone(&ground.journal),
            Arc::clone(&ground.state),
            config,
            ground.clock.clone(),
        ));
        Ok(Self {
            public: addresses.0,
            admin: addresses.1,
            live: ground.live,
            metrics: ground.metrics,
            eraser,
            state: ground.state,
            journal: ground.journal,
            tail: ground.tail,
            worker,
            engine,
            committer: commit_thread,
            servers,
            lanes,
            housekeeping,
            stop_servers,
            stop_lanes,
            health: ground.health,
            drain,
            destinations,
        })
    }

    /// Whether everything accepted is processed and nothing is pending.
    pub async fn is_idle(&self) -> Result<bool, Error> {
        drained(&self.state, &self.tail, &self.destinations).await
    }

    /// Takes nothing more in, delivers what is pending for a while, and ends. What is left waits in the store, which
    /// is free for the next when this returns.
    pub async fn stop(self) -> Result<(), Error> {
        self.health.stopping();
        let _ = self.stop_servers.send(true);
        for server in self.servers {
            let _ = server.await;
        }
        // With the servers gone nobody holds the committer: its thread ends once everything is durable.
        let committer = self.committer;
        let _ = tokio::task::spawn_blocking(move || committer.join()).await;
        let deadline = Instant::now() + self.drain;
        while Instant::now() < deadline && !drained(&self.state, &self.tail, &self.destinations).await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = self.stop_lanes.send(true);
        for lane in self.lanes {
            let _ = lane.await;
        }
        self.housekeeping.abort();
        let _ = self.housekeeping.await;
        self.worker.ask(Request::Stop);
        let engine = self.engine;
        let ended = tokio::task::spawn_blocking(move || engine.join()).await;
        drop(self.journal);
        match ended {
            Ok(Ok(result)) => result,
            _ => Err(Error::Poisoned("the engine ended abnormally; see the log".to_owned())),
        }
    }
}

/// Whether everything up to the tail's end is processed and nothing waits for these destinations.
async fn drained(state: &Arc<dyn State>, tail: &Tail, destinations: &[&'static str]) -> Result<bool, Error> {
    let (state, last, destinations) = (Arc::clone(state), tail.last(), destinations.to_vec());
    let look = move || {
        // The cursor first: what is processed after it was read must not be missed in the outbox.
        if state.cursor()? < last {
            return Ok(false);
        }
        let waiting = |destination: &&str| Ok(!state.outbox(destination, BlockId(0), 1)?.is_empty());
        let any = destinations.iter().map(waiting).collect::<Result<Vec<bool>, Error>>()?;
        Ok(!any.contains(&true))
    };
    tokio::task::spawn_blocking(look).await.unwrap_or(Ok(true))
}

/// Says what waits for destinations that are switched off: it stays pending until they are on again.
fn tell_stranded(state: &dyn State, destinations: &[&'static str]) -> Result<(), Error> {
    for destination in DESTINATIONS.into_iter().filter(|name| !destinations.contains(name)) {
        if !state.outbox(destination, BlockId(0), 1)?.is_empty() {
            tracing::warn!(
                destination,
                "events wait for a destination that is switched off; they go out when it is on again"
            );
        }
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}
