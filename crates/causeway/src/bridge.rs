//! The bridge: everything put together, started and stopped.

use crate::api::{self, Access, Admin};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::attempt::Shared;
use crate::delivery::backoff::Backoff;
use crate::delivery::client::Client;
use crate::delivery::lane::{Bounds, Lane};
use crate::delivery::pace::Pace;
use crate::delivery::{Destination, Inbox};
use crate::flows::{self, Catalogue, Desk};
use crate::health::{self, Health};
use crate::inspect::Ledger;
use crate::intake::{self, Intake, body::Budget};
use crate::listen;
use crate::pipeline::worker::{self, Parts, Request, Worker};
use crate::pipeline::{Committer, Tail};
use crate::telemetry::{Live, Metrics};
use causeway_algolia::credentials::{Account, Secret};
use causeway_store::sqlite::{self, Options};
use causeway_store::state::Prune;
use causeway_store::{Error, Journal, Retention, State};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
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
}

/// How often retention and the like are seen to.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

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
        let public = bind(config.listen).await?;
        let admin = bind(config.admin).await?;
        let addresses = (public.local_addr()?, admin.local_addr()?);

        let catalogue = Catalogue::load(config.configured.known(), &*state)?;
        flows::deliverable(&catalogue, config.segment.is_some())?;

        let (live, metrics) = (Arc::new(Live::default()), Arc::new(Metrics::new()));
        let (last, cursor) = (journal.extent()?.last, state.cursor()?);
        let health = Arc::new(Health::new(config.settings.limits.backlog.0));
        health.accepted(health::found_waiting(last, cursor));
        let tail = Arc::new(Tail::new(last));

        let targets = targets(&config);
        let inboxes = inboxes(&targets, waiting(&config));
        let parts = Parts {
            journal: Arc::clone(&journal),
            state: Arc::clone(&state),
            tail: Arc::clone(&tail),
            inboxes: inboxes.clone(),
            settings: engine_settings(&config),
            flows: catalogue.flows().to_vec(),
            metrics: Arc::clone(&metrics),
            live: Arc::clone(&live),
            health: Arc::clone(&health),
        };
        let (engine, worker) = Worker::new(parts, clock.now())?;
        let engine = engine.start()?;
        let (committer, commit_thread) =
            Committer::start(Arc::clone(&journal), Arc::clone(&tail), Arc::clone(&health))?;

        let (stop_lanes, stopping) = watch::channel(false);
        let lanes = targets.into_iter().map(|target| {
            let inbox = Arc::clone(&inboxes[target.name()]);
            let shared = shared(&config, target, &metrics, &live, &clock)?;
            let bounds = bounds(&config);
            let lane = Lane::new(inbox, shared, Arc::clone(&state), worker.clone(), bounds);
            Ok(tokio::spawn(lane.run(stopping.clone())))
        });
        let lanes = lanes.collect::<std::io::Result<Vec<_>>>()?;

        let (stop_servers, stopping) = watch::channel(false);
        let intake = Intake {
            accounts: accounts(&config),
            rules: config.rules(),
            strict: config.settings.algolia.strict,
            budget: Budget::new(config.settings.limits.bodies_in_memory.0),
            body_timeout: config.settings.limits.body_timeout.0,
            committer: committer.clone(),
            health: Arc::clone(&health),
            metrics: Arc::clone(&metrics),
            live: Arc::clone(&live),
            clock: clock.clone(),
        };
        let admin_desk = Admin {
            journal: Arc::clone(&journal),
            state: Arc::clone(&state),
            store: config.store.clone(),
            worker: worker.clone(),
            committer,
            rules: config.rules(),
            flows: desk(&config, catalogue, &state, &worker),
            metrics: Arc::clone(&metrics),
            clock: clock.clone(),
            decisions: tokio::sync::Mutex::default(),
        };
        let access = Access::new(config.settings.admin.token.clone());
        let connections = config.settings.limits.connections;
        let servers = vec![
            tokio::spawn(listen::serve(
                public,
                intake::router(Arc::new(intake)),
                connections,
                stopping.clone(),
            )),
            tokio::spawn(listen::serve(
                admin,
                api::router(Arc::new(admin_desk), access, Arc::clone(&health)),
                connections,
                stopping,
            )),
        ];
        let drain = config.settings.delivery.drain.0;
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&journal), Arc::clone(&state), config, clock));
        Ok(Self {
            public: addresses.0,
            admin: addresses.1,
            live,
            metrics,
            state,
            journal,
            tail,
            worker,
            engine,
            committer: commit_thread,
            servers,
            lanes,
            housekeeping,
            stop_servers,
            stop_lanes,
            health,
            drain,
        })
    }

    /// Whether everything accepted is processed and nothing is pending.
    pub async fn is_idle(&self) -> Result<bool, Error> {
        drained(&self.state, &self.tail).await
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
        while Instant::now() < deadline && !drained(&self.state, &self.tail).await? {
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
            _ => Ok(()),
        }
    }
}

async fn drained(state: &Arc<dyn State>, tail: &Tail) -> Result<bool, Error> {
    let (state, last) = (Arc::clone(state), tail.last());
    let look = move || Ok(state.cursor()? >= last && Ledger::read(&*state, None)?.pending() == 0);
    tokio::task::spawn_blocking(look).await.unwrap_or(Ok(true))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn targets(config: &Config) -> Vec<Destination> {
    let max_age = config.settings.algolia.max_event_age.as_ms();
    let insights = config.insights.clone().map(|target| Destination::Insights(target, max_age));
    let segment = config.segment.clone().map(Destination::Segment);
    insights.into_iter().chain(segment).collect()
}

fn inboxes(targets: &[Destination], waiting: usize) -> HashMap<&'static str, Arc<Inbox>> {
    targets.iter().map(|target| (target.name(), Arc::new(Inbox::new(waiting)))).collect()
}

fn engine_settings(config: &Config) -> causeway_engine::Settings {
    causeway_engine::Settings {
        rules: config.rules(),
        duplicates: config.duplicates(),
        forward: config.insights.is_some(),
        tell_links: config.settings.identity.tell_links && config.segment.is_some(),
    }
}

/// Changed flows run from the next event on; whoever changes them waits for that.
fn desk(config: &Config, current: Catalogue, state: &Arc<dyn State>, worker: &worker::Handle) -> Desk {
    let worker = worker.clone();
    let publish = move |flows| {
        let (taken, answered) = tokio::sync::oneshot::channel();
        worker.ask(Request::SetFlows(flows, taken));
        // A worker that is gone runs no more flows; the next start takes the new ones from the store.
        let _ = answered.blocking_recv();
    };
    let configured = config.configured.known().to_vec();
    Desk::new(configured, config.segment.is_some(), Some(Arc::clone(state)), current, Box::new(publish))
}

fn shared(
    config: &Config,
    destination: Destination,
    metrics: &Arc<Metrics>,
    live: &Arc<Live>,
    clock: &Clock,
) -> std::io::Result<Shared> {
    let delivery = &config.settings.delivery;
    let rate = match destination {
        Destination::Segment(_) => config.settings.segment.max_requests_per_second,
        Destination::Insights(..) => config.settings.algolia.max_requests_per_second,
    };
    Ok(Shared {
        destination,
        client: Client::new(delivery.timeout.0)?,
        pace: Mutex::new(Pace::new(rate, Instant::now())),
        backoff: Backoff { first: delivery.retry_first.0, longest: delivery.retry_longest.0 },
        give_up_ms: delivery.give_up_after.as_ms(),
        failing: AtomicBool::new(false),
        recovered: Notify::new(),
        metrics: Arc::clone(metrics),
        live: Arc::clone(live),
        clock: clock.clone(),
    })
}

fn bounds(config: &Config) -> Bounds {
    let delivery = &config.settings.delivery;
    Bounds {
        linger: delivery.linger.0,
        concurrency: delivery.concurrency.max(1),
        bytes_under_way: window(config) - waiting(config),
    }
}

fn window(config: &Config) -> usize {
    config.settings.delivery.window.0 as usize
}

/// A third of the window is for messages that wait: what is under way must last for as long as a vendor takes to answer,
/// what waits only until the store is read again.
fn waiting(config: &Config) -> usize {
    window(config) / 3
}

fn accounts(config: &Config) -> Vec<Account> {
    let account = |credentials: &crate::config::Credentials| Account {
        app_id: credentials.app_id.clone(),
        keys: credentials.keys.iter().map(|key| Secret::new(key.expose())).collect(),
    };
    config.credentials.iter().map(account).collect()
}

/// Retention and pruning, once a minute.
async fn keep_house(journal: Arc<dyn Journal>, state: Arc<dyn State>, config: Config, clock: Clock) {
    let (kept, max_bytes) = (config.settings.store.retention.as_ms(), config.settings.store.max_size.0);
    let window = config.duplicates().timed_ms;
    loop {
        tokio::time::sleep(HOUSEKEEPING).await;
        let (journal, state, now) = (Arc::clone(&journal), Arc::clone(&state), clock.now());
        let tidy = move || {
            let processed = state.cursor()?;
            journal.retain(Retention { keep_since: now - kept, max_bytes, processed })?;
            state.prune(Prune {
                seen_before: now - window,
                traces_before: now - kept,
                dead_letters_before: now - kept,
            })
        };
        match tokio::task::spawn_blocking(tidy).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "retention failed"),
            Err(error) => tracing::error!(%error, "retention ended abnormally"),
        }
    }
}
