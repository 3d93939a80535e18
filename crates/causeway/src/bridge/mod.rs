//! The bridge: everything put together, started, given another configuration, and stopped.
//!
//! What lasts from start to stop (the store, the threads *journal* and *engine*, the sockets) is `Lasting`. Everything that does
//! as the configuration says is a `Generation`; `reload` puts another in its place.

mod fixed;
mod generation;
mod ground;
mod housekeeping;
pub mod parts;
mod reload;
mod settings;

pub use reload::Refused;

use crate::clock::Clock;
use crate::config::Config;
use crate::erasure::Eraser;
use crate::flows::{self, Catalogue};
use crate::listen::{self, Routes};
use crate::pipeline::tick::Due;
use crate::pipeline::worker::{Request, Worker};
use crate::pipeline::{Committer, Tail};
use crate::telemetry::otlp::{self, Exporter, Tracer};
use crate::telemetry::{Live, Metrics};
use crate::world::World;
use axum::Router;
use causeway_engine::flow::DESTINATIONS;
use causeway_store::sqlite::{self, Options};
use causeway_store::{BlockId, Error, Journal, State};
use generation::{Destinations, Generation, Lasting};
use ground::{Desks, Ground};
pub(crate) use settings::engine as engine_settings;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
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
    /// What follows from what came in.
    pub state: Arc<dyn State>,
    lasting: Lasting,
    generation: Mutex<Generation>,
    engine: std::thread::JoinHandle<Result<(), Error>>,
    committer: std::thread::JoinHandle<()>,
    servers: Vec<JoinHandle<()>>,
    stop_servers: watch::Sender<bool>,
    exporter: Option<Exporter>,
}

impl Bridge {
    /// Starts everything on the configured store; when this returns, both sides listen.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, StartError> {
        let options = Options { reserve_bytes: config.settings.store.reserve.0, ..Options::default() };
        let store = sqlite::open(&config.store, &options)?;
        // The future is too large to be carried about on stacks.
        Box::pin(Self::start_on(Arc::new(store.journal), Arc::new(store.state), config, clock)).await
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
        let metrics = Arc::new(Metrics::new());
        let (tracer, exporter) = exporter(&config, &metrics)?;
        let ground = Ground::new(journal, state, &config, (metrics, tracer), clock, World::real())?;

        let destinations = Destinations::of(&config);
        tell_stranded(&*ground.state, &destinations.names)?;
        let (due, ticks_due) = watch::channel(Due::default());
        let parts = ground.worker_parts(&config, catalogue.flows(), &destinations.inboxes, due);
        let (engine, worker) = Worker::new(parts, ground.clock.now())?;
        let engine = engine.start()?;
        let (committer, commit_thread) = Committer::start(
            Arc::clone(&ground.journal),
            Arc::clone(&ground.tail),
            Arc::clone(&ground.health),
            ground.tracer.clone(),
        )?;
        let desk = Arc::new(ground.desk(&config, catalogue, worker.clone()));
        let desks = Desks { flows: desk, decisions: Arc::default() };
        let (public_routes, admin_routes) = (Routes::default(), Routes::default());
        let lasting =
            Lasting { ground, worker, committer, desks, due: ticks_due, public_routes, admin_routes };
        let share = settings::connections(&config);
        let generation = Generation::start(&lasting, Box::new(config), destinations).await?;

        let (stop_servers, stopping) = watch::channel(false);
        let serve = |listener, routes: &Routes, connections| {
            tokio::spawn(listen::serve(listener, routes.clone(), connections, stopping.clone()))
        };
        let servers = vec![
            serve(public, &lasting.public_routes, share.public),
            serve(admin, &lasting.admin_routes, share.admin),
        ];
        Ok(Self {
            public: addresses.0,
            admin: addresses.1,
            live: Arc::clone(&lasting.ground.live),
            metrics: Arc::clone(&lasting.ground.metrics),
            state: Arc::clone(&lasting.ground.state),
            lasting,
            generation: Mutex::new(generation),
            engine,
            committer: commit_thread,
            servers,
            stop_servers,
            exporter,
        })
    }

    /// Whether everything accepted is processed and nothing is pending.
    pub async fn is_idle(&self) -> Result<bool, Error> {
        let ground = &self.lasting.ground;
        drained(&ground.state, &ground.tail, &self.generation.lock().await.destinations).await
    }

    /// Where erasures at Algolia are ordered and looked up.
    pub async fn eraser(&self) -> Eraser {
        self.generation.lock().await.eraser()
    }

    /// Takes nothing more in, delivers what is pending for a while, and ends. What is left waits in the store, which
    /// is free for the next when this returns.
    pub async fn stop(self) -> Result<(), Error> {
        let Self { lasting, generation, state, .. } = self;
        let Lasting { ground, worker, committer, public_routes, admin_routes, .. } = lasting;
        let mut generation = generation.into_inner();
        ground.health.stopping();
        let _ = self.stop_servers.send(true);
        for server in self.servers {
            let _ = server.await;
        }
        generation.stop_feeders().await;
        public_routes.replace(Router::new());
        admin_routes.replace(Router::new());
        drop(committer);
        // With the servers gone nobody holds the committer: its thread ends once everything is durable.
        let committer = self.committer;
        let _ = tokio::task::spawn_blocking(move || committer.join()).await;
        let deadline = Instant::now() + generation.drain();
        while Instant::now() < deadline && !drained(&state, &ground.tail, &generation.destinations).await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        generation.stop().await;
        worker.ask(Request::Stop);
        let engine = self.engine;
        let ended = tokio::task::spawn_blocking(move || engine.join()).await;
        drop((ground, state));
        if let Some(exporter) = self.exporter {
            exporter.stop().await;
        }
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

/// Where spans go, if anywhere.
fn exporter(config: &Config, metrics: &Arc<Metrics>) -> std::io::Result<(Tracer, Option<Exporter>)> {
    let Some(target) = config.telemetry.clone() else { return Ok((Tracer::default(), None)) };
    let (tracer, exporter) = Exporter::start(target, Arc::clone(metrics))?;
    otlp::export(&tracer);
    Ok((tracer, Some(exporter)))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}
