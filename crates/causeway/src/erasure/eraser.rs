//! Where erasures are ordered and looked up.

use super::job::{Job, Order, job_key};
use super::queue::Due;
use super::receipt::Receipt;
use crate::clock::Clock;
use crate::pipeline::worker::{self, Request};
use causeway_store::{Error, State};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Takes orders and shows receipts; the work is done in the background ([`super::run()`]).
#[derive(Clone)]
pub struct Eraser {
    state: Arc<dyn State>,
    worker: worker::Handle,
    clock: Clock,
    /// Tells the background of new jobs; none without credentials.
    background: Option<mpsc::Sender<Due>>,
}

impl Eraser {
    /// An eraser over this store. Without a `background` there are no credentials, and receipts say so.
    pub fn new(
        state: Arc<dyn State>,
        worker: worker::Handle,
        clock: Clock,
        background: Option<mpsc::Sender<Due>>,
    ) -> Self {
        Self { state, worker, clock, background }
    }

    /// Orders an erasure; when this returns, the order is in the state and outlasts a restart. An id that was ordered before
    /// orders nothing new. Fails if the state can't be read, or if the bridge stops before the order is kept.
    pub async fn start(&self, order: Order) -> Result<(), Error> {
        if self.job(order.id.clone()).await?.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut job = Job::new(order, now);
        if self.background.is_none() {
            job.steps.iter_mut().for_each(|step| step.without_credentials(now));
            job.close(now);
        }
        commit(&self.worker, &job).await?;
        if let Some(background) = &self.background {
            // A background that is gone finds the job at the next start.
            let _ = background.send(Due { at: now, id: job.id, anew: false }).await;
        }
        Ok(())
    }

    /// The receipt of an order, as far as it has come.
    pub async fn find(&self, id: &str) -> Result<Option<Receipt>, Error> {
        Ok(self.job(id.to_owned()).await?.map(Receipt::from))
    }

    async fn job(&self, id: String) -> Result<Option<Job>, Error> {
        read(&self.state, id).await
    }
}

/// Reads a job from the store.
pub(super) async fn read(state: &Arc<dyn State>, id: String) -> Result<Option<Job>, Error> {
    let state = Arc::clone(state);
    let look = move || state.facts(&[job_key(&id).as_slice()]).map(|mut facts| facts.pop().flatten());
    let fact = tokio::task::spawn_blocking(look).await.map_err(unreadable)??;
    fact.map(|fact| Job::from_fact(&fact)).transpose().map_err(unreadable)
}

fn unreadable(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Backend { doing: "reading an erasure", source: Box::new(source) }
}

/// Keeps a job as it is.
pub(super) async fn commit(worker: &worker::Handle, job: &Job) -> Result<(), Error> {
    let (kept, answered) = oneshot::channel();
    worker.ask(Request::Resolve(job.change(), kept));
    let stopped = |source| Error::Backend { doing: "keeping an erasure", source: Box::new(source) };
    answered.await.map_err(stopped)
}
