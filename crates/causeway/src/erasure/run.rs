//! The background: works on every open job until its last step has ended.

use super::eraser::{commit, read};
use super::job::OPEN;
use super::queue::{Due, Queue};
use super::step::{State as StepState, Waits};
use super::vendor::Vendor;
use crate::clock::Clock;
use crate::pipeline::worker;
use causeway_store::{Error, State};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};

/// Jobs that are worked on at once.
const AT_ONCE: usize = 4;

/// Steps of a job that are asked before the job is kept.
const STEPS_A_ROUND: usize = 20;

/// Names of open jobs that are read at once at the start.
const PAGE: u32 = 1_000;

/// How long the background sleeps at most while a job is open: its clock may be moved.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long until a job is tried again that could not be read or kept, in milliseconds.
const STORE_PAUSE_MS: i64 = 10_000;

/// What the background needs.
pub struct Parts {
    /// Where jobs are kept.
    pub state: Arc<dyn State>,
    /// How they are kept.
    pub worker: worker::Handle,
    /// Who is asked.
    pub vendor: Vendor,
    /// The waits between attempts.
    pub waits: Waits,
    /// What time it is.
    pub clock: Clock,
}

/// Runs until `stop` says so. What was being asked then is asked again at the next start.
pub async fn run(parts: Parts, orders: mpsc::Receiver<Due>, mut stop: watch::Receiver<bool>) {
    let mut background =
        Background { parts: Arc::new(parts), orders, queue: Queue::default(), under_way: JoinSet::new() };
    background.find_open().await;
    while !*stop.borrow() {
        background.begin();
        let idle_for = background.idle_for();
        tokio::select! {
            Some(due) = background.orders.recv() => background.queue.add(due),
            Some(done) = background.under_way.join_next() => background.put_back(done),
            () = pause(idle_for) => {}
            _ = stop.changed() => {}
        }
    }
    background.under_way.shutdown().await;
}

/// What a round leaves.
enum Outcome {
    Again(Due),
    Finished(String),
}

struct Background {
    parts: Arc<Parts>,
    orders: mpsc::Receiver<Due>,
    queue: Queue,
    under_way: JoinSet<Outcome>,
}

impl Background {
    /// Takes up what an earlier run left open.
    async fn find_open(&mut self) {
        let (state, now) = (Arc::clone(&self.parts.state), self.parts.clock.now());
        match tokio::task::spawn_blocking(move || open_jobs(&*state)).await {
            Ok(Ok(ids)) => ids.into_iter().for_each(|id| self.queue.add(Due { at: now, id, anew: true })),
            Ok(Err(error)) => {
                tracing::error!(%error, "failed to read open erasures; they wait for a restart");
            }
            Err(error) => tracing::error!(%error, "reading open erasures ended abnormally"),
        }
    }

    fn begin(&mut self) {
        while self.under_way.len() < AT_ONCE {
            let Some(due) = self.queue.take(self.parts.clock.now()) else { return };
            self.under_way.spawn(work(Arc::clone(&self.parts), due));
        }
    }

    /// How long until there is something to begin; for ever if nothing waits or too much is under way.
    fn idle_for(&self) -> Option<Duration> {
        let at = self.queue.next_at().filter(|_| self.under_way.len() < AT_ONCE)?;
        let left = at.saturating_sub(self.parts.clock.now()).max(0).unsigned_abs();
        Some(Duration::from_millis(left).min(PATIENCE))
    }

    fn put_back(&mut self, done: Result<Outcome, JoinError>) {
        match done {
            Ok(Outcome::Again(due)) => self.queue.put_back(due),
            Ok(Outcome::Finished(id)) => self.queue.finished(&id),
            Err(error) => tracing::error!(%error, "an erasure ended abnormally; it waits for a restart"),
        }
    }
}

async fn pause(length: Option<Duration>) {
    match length {
        Some(length) => tokio::time::sleep(length).await,
        None => std::future::pending().await,
    }
}

fn open_jobs(state: &dyn State) -> Result<Vec<String>, Error> {
    let mut ids: Vec<String> = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = state.facts_with_prefix(OPEN.as_bytes(), after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(ids) };
        after = Some(last.clone());
        ids.extend(page.iter().map(|(key, _)| String::from_utf8_lossy(&key[OPEN.len()..]).into_owned()));
    }
}

async fn work(parts: Arc<Parts>, due: Due) -> Outcome {
    match round(&parts, &due).await {
        Ok(Some(at)) => Outcome::Again(Due { at, anew: false, ..due }),
        Ok(None) => Outcome::Finished(due.id),
        Err(error) => {
            tracing::error!(erasure = due.id, %error, "an erasure can't be read or kept; it is tried again");
            Outcome::Again(Due { at: parts.clock.now() + STORE_PAUSE_MS, ..due })
        }
    }
}

/// Asks for what is due; answers when the next is, if a step is open.
async fn round(parts: &Parts, due: &Due) -> Result<Option<i64>, Error> {
    let Some(mut job) = read(&parts.state, due.id.clone()).await? else { return Ok(None) };
    let now = parts.clock.now();
    if due.anew {
        job.steps.iter_mut().for_each(|step| step.retry_denied(now));
    }
    for place in job.due(now).into_iter().take(STEPS_A_ROUND) {
        let step = &mut job.steps[place];
        let Some((subject, stage)) = step.question() else { continue };
        let reply = parts.vendor.ask(subject, stage, || parts.clock.now()).await;
        step.answered(reply, parts.clock.now(), &parts.waits, rand::random());
        if step.state == StepState::Denied {
            tracing::error!(erasure = job.id, what = step.what, words = %step.words, "Algolia denies an erasure; see the handbook, errors/vendor-denied");
        }
    }
    job.close(parts.clock.now());
    commit(&parts.worker, &job).await?;
    if job.finished_at.is_some() {
        tracing::info!(erasure = job.id, "an erasure at Algolia is finished");
    }
    Ok(job.next_at())
}
