//! The ground that the parts of the bridge share, and the parts built on it.

use super::{StartError, settings};
use crate::alerts::{self, Alerts, Receivers, keys::Asker, observe::Observer, run::Background};
use crate::api::{Access, Admin};
use crate::clock::{Clock, instant};
use crate::config::Config;
use crate::daily::{self, Signer};
use crate::delivery::attempt::Shared;
use crate::delivery::client::Client;
use crate::delivery::hosts::Hosts;
use crate::delivery::pace::Pace;
use crate::delivery::refused::{self, Refusals};
use crate::delivery::{Destination, Forgotten, Inbox, Lane};
use crate::demand::prober;
use crate::erasure::{self, Eraser, Forgetter, Vendor, Waits};
use crate::flows::{Catalogue, Desk};
use crate::gateway::watch::{self as watching, Watcher};
use crate::gateway::{Gateway, LookUps, Searches, Upstream};
use crate::health::{self, Health};
use crate::inspect;
use crate::intake::{Intake, body::Budget};
use crate::people::{HotFacts, SearchContexts};
use crate::pipeline::tick::{self, Due};
use crate::pipeline::worker::{self, Parts, Request};
use crate::pipeline::{Committer, Tail};
use crate::poll;
use crate::replay::{self, Replayer};
use crate::telemetry::otlp::Tracer;
use crate::telemetry::{Live, Metrics, Signals};
use crate::world::World;
use causeway_engine::flow::Flow;
use causeway_store::{Error, Journal, State};
use rand::seq::SliceRandom;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

/// The inboxes of the lanes, by destination.
pub(super) type Inboxes = HashMap<&'static str, Arc<Inbox>>;

/// Orders of erasure that were kept and not yet taken up; who orders more waits.
const ERASURES_TOLD: usize = 256;

/// Where people's changes are made one after the other, whatever the configuration.
#[derive(Clone)]
pub(super) struct Desks {
    pub(super) flows: Arc<Desk>,
    pub(super) decisions: Arc<tokio::sync::Mutex<()>>,
}

/// What is one for all.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) state: Arc<dyn State>,
    pub(super) facts: Arc<HotFacts>,
    pub(super) tail: Arc<Tail>,
    pub(super) live: Arc<Live>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) signals: Arc<Signals>,
    pub(super) health: Arc<Health>,
    pub(super) forgotten: Forgotten,
    pub(super) tracer: Tracer,
    pub(super) refused: Refusals,
    pub(super) clock: Clock,
    pub(super) world: World,
}

impl Ground {
    /// Takes up the work where the store says it was left.
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        state: Arc<dyn State>,
        config: &Config,
        (metrics, tracer): (Arc<Metrics>, Tracer),
        clock: Clock,
        world: World,
    ) -> Result<Self, Error> {
        let (last, cursor) = (journal.extent()?.last, state.cursor()?);
        let health = Arc::new(Health::new(config.settings.limits.backlog.0));
        health.accepted(health::found_waiting(last, cursor));
        let forgotten = Forgotten::default();
        erasure::leave_out(&*state, &forgotten)?;
        let within = config.alerts.rules.limits.dead_letters_within_ms;
        let refused = refused::all(&*state)?;
        let signals = Signals::new(within);
        signals.died(&inspect::died_since(&*state, clock.now() - within)?);
        Ok(Self {
            journal,
            facts: Arc::new(HotFacts::new(Arc::clone(&state))),
            state,
            tail: Arc::new(Tail::new(last)),
            live: Arc::new(Live::default()),
            metrics,
            signals: Arc::new(signals),
            health,
            forgotten,
            tracer,
            refused,
            clock,
            world,
        })
    }

    pub(super) fn worker_parts(
        &self,
        config: &Config,
        flows: &[Arc<Flow>],
        inboxes: &Inboxes,
        due: watch::Sender<Due>,
    ) -> Parts {
        Parts {
            journal: Arc::clone(&self.journal),
            state: Arc::clone(&self.state),
            facts: Arc::clone(&self.facts),
            tail: Arc::clone(&self.tail),
            inboxes: inboxes.clone(),
            forgotten: self.forgotten.clone(),
            settings: settings::engine(config),
            flows: flows.to_vec(),
            metrics: Arc::clone(&self.metrics),
            signals: Arc::clone(&self.signals),
            live: Arc::clone(&self.live),
            health: Arc::clone(&self.health),
            due,
            tracer: self.tracer.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Starts the background that tells the engine what time it is; it ends, and lets go of the committer, with the servers.
    pub(super) fn start_ticks(
        &self,
        due: watch::Receiver<Due>,
        committer: Committer,
        stopping: &watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let journal = tick::Journal { committer, tail: Arc::clone(&self.tail) };
        let ticking = tick::run(due, self.clock.clone(), journal, stopping.clone());
        tokio::spawn(health::watched(Arc::clone(&self.health), ticking))
    }

    /// A lane for each destination.
    pub(super) fn lanes(
        &self,
        config: &Config,
        targets: Vec<Destination>,
        inboxes: &Inboxes,
        worker: &worker::Handle,
        finishing: &watch::Receiver<bool>,
    ) -> std::io::Result<Vec<Lane>> {
        let lane = |target: Destination| {
            let inbox = Arc::clone(&inboxes[target.name()]);
            let shared = self.lane_shared(config, target, finishing.clone())?;
            let bounds = settings::bounds(config);
            Ok(Lane::new(inbox, shared, Arc::clone(&self.state), worker.clone(), bounds))
        };
        targets.into_iter().map(lane).collect()
    }

    /// Starts a lane for each destination.
    pub(super) fn start_lanes(
        &self,
        config: &Config,
        targets: Vec<Destination>,
        inboxes: &Inboxes,
        worker: &worker::Handle,
        (finishing, stopping): (&watch::Receiver<bool>, &watch::Receiver<bool>),
    ) -> std::io::Result<Vec<JoinHandle<()>>> {
        let start = |lane: Lane| {
            let running = lane.run(stopping.clone());
            tokio::spawn(health::watched(Arc::clone(&self.health), running))
        };
        Ok(self.lanes(config, targets, inboxes, worker, finishing)?.into_iter().map(start).collect())
    }

    fn lane_shared(
        &self,
        config: &Config,
        destination: Destination,
        finishing: watch::Receiver<bool>,
    ) -> std::io::Result<Shared> {
        let delivery = &config.settings.delivery;
        Ok(Shared {
            client: self.world.client(delivery.timeout.0)?,
            pace: Mutex::new(Pace::new(settings::rate(config, &destination), instant())),
            hosts: destination.hosts(|hosts| hosts.shuffle(&mut rand::rng())),
            refused: self.refused[destination.name()].clone(),
            destination,
            backoff: settings::backoff(config),
            give_up_ms: delivery.give_up_after.as_ms(),
            failing: AtomicBool::new(false),
            recovered: Notify::new(),
            finishing,
            forgotten: self.forgotten.clone(),
            signals: Arc::clone(&self.signals),
            metrics: Arc::clone(&self.metrics),
            live: Arc::clone(&self.live),
            tracer: self.tracer.clone(),
            clock: self.clock.clone(),
            world: self.world.clone(),
        })
    }

    /// Starts the background that erases persons at Algolia, if there is a key for it.
    pub(super) fn start_eraser(
        &self,
        config: &Config,
        worker: &worker::Handle,
        stopping: &watch::Receiver<bool>,
    ) -> std::io::Result<(Eraser, Option<JoinHandle<()>>)> {
        let eraser =
            |orders| Eraser::new(Arc::clone(&self.state), worker.clone(), self.clock.clone(), orders);
        let Some(target) = config.erasure.clone() else { return Ok((eraser(None), None)) };
        let (orders, ordered) = mpsc::channel(ERASURES_TOLD);
        let parts = erasure::Parts {
            state: Arc::clone(&self.state),
            worker: worker.clone(),
            vendor: Vendor::new(target, Client::new(config.settings.delivery.timeout.0)?),
            waits: Waits::new(settings::backoff(config)),
            clock: self.clock.clone(),
        };
        let running = erasure::run(parts, ordered, stopping.clone());
        let background = tokio::spawn(health::watched(Arc::clone(&self.health), running));
        Ok((eraser(Some(orders)), Some(background)))
    }

    /// Starts the background that erases persons here and waits for Algolia's side.
    pub(super) fn start_forgetter(
        &self,
        worker: &worker::Handle,
        eraser: Eraser,
        stopping: &watch::Receiver<bool>,
    ) -> (Forgetter, JoinHandle<()>) {
        let store = (Arc::clone(&self.journal), Arc::clone(&self.state));
        let forgetter =
            Forgetter::new(store, worker.clone(), eraser, self.forgotten.clone(), self.clock.clone());
        let running = forgetter.clone().run(stopping.clone());
        (forgetter, tokio::spawn(health::watched(Arc::clone(&self.health), running)))
    }

    /// Starts the background that asks for searches without results, if a recipe says so.
    pub(super) fn start_poller(
        &self,
        config: &Config,
        committer: Committer,
        stopping: &watch::Receiver<bool>,
    ) -> std::io::Result<Option<JoinHandle<()>>> {
        let Some(target) = config.poll.clone() else { return Ok(None) };
        let parts = poll::Parts {
            target,
            client: Client::new(config.settings.delivery.timeout.0)?,
            committer,
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
        };
        let running = poll::run(parts, stopping.clone());
        Ok(Some(tokio::spawn(health::watched(Arc::clone(&self.health), running))))
    }

    /// Starts the background that asks whether failed queries have results by now, if it is on.
    pub(super) fn start_prober(
        &self,
        config: &Config,
        committer: Committer,
        stopping: &watch::Receiver<bool>,
    ) -> std::io::Result<Option<JoinHandle<()>>> {
        let Some(target) = config.probe.clone() else { return Ok(None) };
        let hosts = target.hosts.for_reads(|hosts| hosts.shuffle(&mut rand::rng()));
        let Some((first, others)) = hosts.split_first() else { return Ok(None) };
        let parts = prober::Parts {
            hosts: Hosts::new(first, others),
            target,
            client: Client::new(config.settings.delivery.timeout.0)?,
            expire_ms: config.searches.demand.expire_ms,
            state: Arc::clone(&self.state),
            committer,
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
        };
        let running = prober::run(parts, stopping.clone());
        Ok(Some(tokio::spawn(health::watched(Arc::clone(&self.health), running))))
    }

    /// Starts the background that writes the ledger's daily reports.
    pub(super) fn start_reports(
        &self,
        config: &Config,
        worker: &worker::Handle,
        stopping: &watch::Receiver<bool>,
    ) -> std::io::Result<JoinHandle<()>> {
        let own = &config.daily;
        let signer = Signer::load(own.key.as_ref(), &config.store).map_err(std::io::Error::other)?;
        let parts = daily::keep::Parts {
            state: Arc::clone(&self.state),
            worker: worker.clone(),
            signer,
            directory: own.directory.clone(),
            zone: own.zone.clone(),
            clock: self.clock.clone(),
        };
        let running = daily::keep::run(parts, stopping.clone());
        Ok(tokio::spawn(health::watched(Arc::clone(&self.health), running)))
    }

    /// Starts the background that tells people what is wrong.
    pub(super) fn start_alerts(
        &self,
        config: &Config,
        destinations: &[&'static str],
        worker: &worker::Handle,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(Alerts, JoinHandle<()>), StartError> {
        let own = &config.alerts;
        let observer = Observer {
            journal: Arc::clone(&self.journal),
            state: Arc::clone(&self.state),
            store: config.store.clone(),
            destinations: destinations.to_vec(),
            clock: self.clock.clone(),
            looks: 0,
        };
        let asker = if own.targets.is_empty() { None } else { Asker::new(config)? };
        let (background, alerts) = Background::new(alerts::run::Parts {
            observer,
            kept: alerts::kept::Kept::read(&*self.state)?,
            worker: worker.clone(),
            receivers: Arc::new(Receivers::new(&own.targets, own.letterhead.clone())?),
            asker,
            rules: own.rules.clone(),
            signals: Arc::clone(&self.signals),
            health: Arc::clone(&self.health),
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
        });
        let running = health::watched(Arc::clone(&self.health), background.run(stopping.clone()));
        Ok((alerts, tokio::spawn(running)))
    }

    /// Starts the background that sends again what flows made.
    pub(super) fn start_replays(
        &self,
        config: &Config,
        flows: Arc<Desk>,
        worker: &worker::Handle,
        stopping: &watch::Receiver<bool>,
    ) -> (Replayer, JoinHandle<()>) {
        let (replayer, ordered) = Replayer::new(Arc::clone(&self.state), worker.clone());
        let parts = replay::Parts {
            journal: Arc::clone(&self.journal),
            state: Arc::clone(&self.state),
            worker: worker.clone(),
            settings: settings::engine(config),
            flows,
            clock: self.clock.clone(),
        };
        let running = replay::run(parts, ordered, stopping.clone());
        (replayer, tokio::spawn(health::watched(Arc::clone(&self.health), running)))
    }

    pub(super) fn intake(&self, config: &Config, committer: Committer) -> Intake {
        Intake {
            accounts: settings::accounts(config),
            rules: config.rules(),
            strict: config.settings.algolia.strict,
            write_keys: config.write_keys.clone(),
            webhook: config.webhook.clone(),
            budget: Budget::new(config.settings.limits.bodies_in_memory.0),
            body_timeout: config.settings.limits.body_timeout.0,
            committer,
            health: Arc::clone(&self.health),
            metrics: Arc::clone(&self.metrics),
            live: Arc::clone(&self.live),
            clock: self.clock.clone(),
        }
    }

    /// Who asks without a token must be on this machine, and must not come from elsewhere through it.
    pub(super) fn search_contexts(&self, config: &Config) -> SearchContexts {
        let token = config.settings.search_context.token.clone().filter(|token| !token.is_empty());
        let open = token.is_some() || config.listen.ip().is_loopback();
        SearchContexts {
            facts: Arc::clone(&self.facts),
            rules: config.search_rules.clone(),
            token_secret: settings::token_secret(config),
            access: open.then(|| Access::new(token)),
            clock: self.clock.clone(),
        }
    }

    /// The search gateway, if it is on.
    pub(super) fn gateway(
        &self,
        config: &Config,
        contexts: &Arc<SearchContexts>,
        committer: Committer,
    ) -> std::io::Result<Option<Gateway>> {
        let Some(target) = &config.gateway else { return Ok(None) };
        let settings = &config.settings.gateway;
        let hosts = target.hosts.for_reads(|hosts| hosts.shuffle(&mut rand::rng()));
        let upstream = Upstream::new(&hosts, settings::upstream(config), Arc::clone(&self.metrics))?;
        Ok(Some(Gateway {
            app_id: target.app_id.clone(),
            upstream,
            budget: Budget::new(settings.bodies_in_memory.0),
            max_body: settings.max_body.0 as usize,
            body_timeout: config.settings.limits.body_timeout.0,
            read_timeout: settings.read_timeout.0,
            forwarded_for: settings.forwarded_for,
            searches: self.searches(config, contexts),
            watcher: settings.observe.then(|| self.watcher(committer)).transpose()?,
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
        }))
    }

    /// Who makes durable what the gateway sees.
    fn watcher(&self, committer: Committer) -> std::io::Result<Watcher> {
        let (health, metrics) = (Arc::clone(&self.health), Arc::clone(&self.metrics));
        Watcher::start(watching::Parts { committer, health, metrics, clock: self.clock.clone() })
    }

    /// What the gateway adds to searches.
    fn searches(&self, config: &Config, contexts: &Arc<SearchContexts>) -> Searches {
        let settings = &config.settings.gateway;
        let lookups = || {
            let metrics = Arc::clone(&self.metrics);
            LookUps::new(Arc::clone(contexts), settings.lookup_timeout.0, settings.lookups, metrics)
        };
        Searches {
            click_analytics: settings.click_analytics,
            user_token: settings.user_token,
            lookups: settings.search_context.then(lookups),
            caps: config.search_rules.caps,
            cookies: settings.cookies.clone(),
            token_secret: settings::token_secret(config),
            observe: settings.observe,
        }
    }

    pub(super) fn admin(
        &self,
        config: &Config,
        desk: Desks,
        worker: worker::Handle,
        committer: Committer,
        (forgetter, alerts, replayer): (Forgetter, Alerts, Replayer),
    ) -> Admin {
        Admin {
            journal: Arc::clone(&self.journal),
            state: Arc::clone(&self.state),
            store: config.store.clone(),
            flows: desk.flows,
            engine: settings::engine(config),
            replayer,
            worker,
            committer,
            forgetter,
            alerts,
            refused: self.refused.clone(),
            rules: config.rules(),
            search_rules: config.search_rules.clone(),
            token_secret: config.token_secret().to_owned(),
            demand_expires_ms: config.searches.demand.expire_ms,
            metrics: Arc::clone(&self.metrics),
            clock: self.clock.clone(),
            decisions: desk.decisions,
        }
    }

    /// Changed flows run from the next event on; whoever changes them waits for that.
    pub(super) fn desk(&self, config: &Config, current: Catalogue, worker: worker::Handle) -> Desk {
        let publish = move |flows| {
            let (taken, answered) = tokio::sync::oneshot::channel();
            worker.ask(Request::SetFlows(flows, taken));
            // A worker that is gone runs no more flows; the next start takes the new ones from the store.
            let _ = answered.blocking_recv();
        };
        let configured = config.configured.known().to_vec();
        let state = Some(Arc::clone(&self.state));
        Desk::new(configured, config.reach(), state, current, Box::new(publish))
    }
}

/// An inbox for each destination.
pub(super) fn inboxes(targets: &[Destination], config: &Config) -> Inboxes {
    let inbox = || Arc::new(Inbox::new(settings::waiting(config)));
    targets.iter().map(|target| (target.name(), inbox())).collect()
}
