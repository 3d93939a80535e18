//! Replays in a running bridge, one after the other.

use super::job::{Job, Progress, all, find, outlived};
use super::steps::{Step, Steps};
use crate::clock::Clock;
use crate::flows::Desk;
use crate::pipeline::worker::{self, Request};
use causeway_engine::Settings;
use causeway_engine::forget::{FORGETTING, Forgetting};
use causeway_store::state::Change;
use causeway_store::{BlockId, Error, Journal, State};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How often a replay looks whether its last block has gone.
const EVERY: Duration = Duration::from_millis(50);

/// Orders that were stored and not taken up yet.
const TOLD: usize = 64;

/// So many open erasures are looked at.
const ERASURES: u32 = 1_000;

/// What replays work with.
pub struct Parts {
    /// What came in.
    pub journal: Arc<dyn Journal>,
    /// What follows.
    pub state: Arc<dyn State>,
    /// Where changes go.
    pub worker: worker::Handle,
    /// What the engine does.
    pub settings: Settings,
    /// The flows as they run.
    pub flows: Arc<Desk>,
    /// What time it is.
    pub clock: Clock,
}

/// Where replays are ordered and stopped.
#[derive(Clone)]
pub struct Replayer {
    state: Arc<dyn State>,
    worker: worker::Handle,
    orders: mpsc::Sender<String>,
    stopped: Arc<Mutex<HashSet<String>>>,
}

/// Why a replay ends before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The bridge stops; it goes on at the next start.
    Later,
    /// Somebody stopped it.
    Stopped,
}

/// What the background takes orders from.
pub struct Ordered {
    orders: mpsc::Receiver<String>,
    stopped: Arc<Mutex<HashSet<String>>>,
}

impl Replayer {
    /// A place for orders, and where they come out.
    pub fn new(state: Arc<dyn State>, worker: worker::Handle) -> (Self, Ordered) {
        let (orders, ordered) = mpsc::channel(TOLD);
        let stopped = Arc::default();
        let place = Self { state, worker, orders, stopped: Arc::clone(&stopped) };
        (place, Ordered { orders: ordered, stopped })
    }

    /// Stores the job; it runs when those before it are done, and after a restart if that comes first.
    pub async fn order(&self, job: &Job) -> Result<(), Error> {
        let state = Arc::clone(&self.state);
        let jobs = tokio::task::spawn_blocking(move || all(&*state)).await;
        let mut facts = outlived(&jobs.unwrap_or_else(|_| Ok(Vec::new()))?);
        facts.push(job.fact());
        let (answer, answered) = oneshot::channel();
        self.worker.ask(Request::Resolve(Change { facts, ..Change::default() }, answer));
        let _ = answered.await;
        let _ = self.orders.send(job.id.clone()).await;
        Ok(())
    }

    /// Has a job end after the step that is under way.
    pub fn stop(&self, id: &str) {
        lock(&self.stopped).insert(id.to_owned());
    }
}

fn lock(stopped: &Mutex<HashSet<String>>) -> std::sync::MutexGuard<'_, HashSet<String>> {
    stopped.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes up what was under way, then what is ordered, until `stopping` says so.
pub async fn run(parts: Parts, mut ordered: Ordered, mut stopping: watch::Receiver<bool>) {
    let parts = Arc::new(parts);
    let mut waiting: Vec<String> = unfinished(&parts).await;
    loop {
        for id in std::mem::take(&mut waiting) {
            let (parts, stopping) = (Arc::clone(&parts), stopping.clone());
            let stopped = Arc::clone(&ordered.stopped);
            let end = move |id: &str| match (*stopping.borrow(), lock(&stopped).contains(id)) {
                (_, true) => Some(End::Stopped),
                (true, false) => Some(End::Later),
                (false, false) => None,
            };
            let work = move || work(&parts, &id, &end);
            if let Err(error) = tokio::task::spawn_blocking(work).await {
                tracing::error!(%error, "a replay ended abnormally; it goes on at the next start");
            }
        }
        tokio::select! {
            Some(id) = ordered.orders.recv() => waiting.push(id),
            _ = stopping.changed() => return,
        }
    }
}

async fn unfinished(parts: &Arc<Parts>) -> Vec<String> {
    let state = Arc::clone(&parts.state);
    let jobs = tokio::task::spawn_blocking(move || all(&*state)).await;
    let jobs = jobs.unwrap_or_else(|_| Ok(Vec::new())).unwrap_or_else(|error| {
        tracing::error!(%error, "failed to read which replays are under way");
        Vec::new()
    });
    let running = jobs.into_iter().rev().filter(|job| job.progress == Progress::Running);
    running.map(|job| job.id).collect()
}

fn work(parts: &Parts, id: &str, end: &dyn Fn(&str) -> Option<End>) {
    let Ok(Some(job)) = find(&*parts.state, id) else { return };
    if job.progress != Progress::Running {
        return;
    }
    if let Err(why) = replay(parts, job.clone(), end) {
        tracing::error!(replay = id, why, "a replay can't go on");
        let now = find(&*parts.state, id).ok().flatten().unwrap_or(job);
        keep(parts, &Job { progress: Progress::Failed, error: why, ..now });
    }
}

fn replay(parts: &Parts, job: Job, end: &dyn Fn(&str) -> Option<End>) -> Result<(), String> {
    let flow = parts.flows.current().flow(&job.flow).cloned();
    let flow = flow.ok_or_else(|| format!("flow {:?} does not run any more", job.flow))?;
    let (destination, id) = (flow.destination().name(), job.id.clone());
    let store = (&*parts.journal, &*parts.state);
    let steps = Steps::new(job, store, &parts.settings, flow, parts.clock.now());
    let mut steps = steps.map_err(|error| error.to_string())?;
    loop {
        match end(&id) {
            Some(End::Later) => return Ok(()),
            Some(End::Stopped) => {
                keep(parts, &Job { progress: Progress::Stopped, ..steps.job().clone() });
                return Ok(());
            }
            None => {}
        }
        wait_for_erasures(parts, &|| end(&id).is_some()).map_err(|error| error.to_string())?;
        let step = steps.next(parts.clock.now()).map_err(|error| error.to_string())?;
        let Some(Step { block, change }) = step else { return Ok(()) };
        let (answer, answered) = oneshot::channel();
        parts.worker.ask(Request::Send(block, change, answer));
        let Ok(block) = answered.blocking_recv() else { return Ok(()) };
        wait_for(parts, (destination, block), &|| end(&id).is_some()).map_err(|error| error.to_string())?;
    }
}

/// While somebody is wiped out of the journal, it is not read: what was read before would be sent after.
fn wait_for_erasures(parts: &Parts, ends: &dyn Fn() -> bool) -> Result<(), Error> {
    let wiping = || {
        let open = parts.state.facts_with_prefix(FORGETTING.as_bytes(), None, ERASURES)?;
        Ok::<_, Error>(open.iter().any(|(_, stored)| Forgetting::decode(stored).is_ok()))
    };
    while wiping()? && !ends() {
        std::thread::sleep(EVERY);
    }
    Ok(())
}

/// Lets new events by: only when the last block is at the vendor does the next one follow.
fn wait_for(
    parts: &Parts,
    (destination, block): (&str, Option<BlockId>),
    ends: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let Some(block) = block else { return Ok(()) };
    let before = BlockId(block.0.saturating_sub(1));
    while parts.state.outbox(destination, before, 1)?.first().is_some_and(|first| first.id == block)
        && !ends()
    {
        std::thread::sleep(EVERY);
    }
    Ok(())
}

fn keep(parts: &Parts, job: &Job) {
    parts.worker.change(Change { facts: vec![job.fact()], ..Change::default() });
}
