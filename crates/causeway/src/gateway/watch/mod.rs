//! What the gateway sees becomes durable, beside the answers and never in their way.
//!
//! A [`Watcher`] takes what was asked and the answer's bytes as they went by, or counts them as unseen if there is no room: it
//! never waits. A thread of its own, with a lower priority than the servers', unfolds and reads the answers, gathers the
//! searches of [`GATHERED`] into one record and hands it to the journal.

mod pair;
mod record;
mod unfold;
mod unseen;

use crate::clock::Clock;
use crate::health::{Health, Watch};
use crate::pipeline::Committer;
use crate::pipeline::commit::Refused;
use crate::telemetry::Metrics;
use bytes::Bytes;
use causeway_algolia::search::Asked;
use causeway_engine::Source;
use causeway_store::Record;
use http::HeaderValue;
use record::Recorder;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
pub use unseen::Reason;
use unseen::Unseen;

/// The gateway's name in metrics of intakes.
pub const NAME: &str = "gateway";

/// Searches are gathered for so long, so that a record and a wake-up are shared by many.
pub const GATHERED: Duration = Duration::from_millis(20);

/// Bytes of answers that may wait to be read. A search beyond is unseen.
pub const MEMORY: usize = 8 << 20;

/// The memory is shared out in units of so many bytes.
const UNIT: usize = 1024;

/// How far the thread stands back behind the servers, in the system's steps of niceness.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// One request to the gateway and its answer, which is a success.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The request's queries, in their order.
    pub asked: Vec<Asked>,
    /// Whether the searcher is held out.
    pub held_out: bool,
    /// When it was asked, in milliseconds since the Unix epoch.
    pub at: i64,
    /// How long the shopper waited for the answer.
    pub took: Duration,
    /// The answer's `Content-Encoding`.
    pub encoding: Option<HeaderValue>,
    /// The answer's body as it came, in pieces.
    pub body: Vec<Bytes>,
}

impl Observed {
    fn searches(&self) -> usize {
        searches(&self.asked)
    }

    fn bytes(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }
}

/// How many of the queries are a shopper's search.
fn searches(asked: &[Asked]) -> usize {
    asked.iter().filter(|asked| pair::is_search(asked)).count()
}

/// Where the gateway says what it saw. Clones share one thread, which ends after the last of them.
#[derive(Clone)]
pub struct Watcher {
    queue: mpsc::UnboundedSender<Waiting>,
    /// Bounds what is in the queue and in the thread's hands.
    memory: Arc<Semaphore>,
    health: Arc<Health>,
    unseen: Arc<Unseen>,
}

/// Something seen, with its share of the memory.
struct Waiting {
    observed: Observed,
    _share: OwnedSemaphorePermit,
}

/// What a watcher needs.
pub struct Parts {
    /// Makes records durable.
    pub committer: Committer,
    /// Whether there is room for more.
    pub health: Arc<Health>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Clock,
}

impl Watcher {
    /// Starts the thread. It holds the committer until the last clone of the watcher is gone and what it saw is durable.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let Parts { committer, health, metrics, clock } = parts;
        let unseen = Arc::new(Unseen::new(metrics, clock.clone()));
        let (watcher, queue) = Self::new(Arc::clone(&health), Arc::clone(&unseen));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let keep = async move |body| {
            let (source, received_at) = (Source::Searches.into(), clock.now());
            committer.commit(Record { source, received_at, meta: Bytes::new(), body }, None).await
        };
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
            let _watch = Watch(health);
            stand_back();
            runtime.block_on(run(queue, Recorder::new(keep, unseen)));
        })?;
        Ok(watcher)
    }

    fn new(health: Arc<Health>, unseen: Arc<Unseen>) -> (Self, mpsc::UnboundedReceiver<Waiting>) {
        let (queue, waiting) = mpsc::unbounded_channel();
        (Self { queue, memory: Arc::new(Semaphore::new(MEMORY / UNIT)), health, unseen }, waiting)
    }

    /// Whether anybody listens. Who is told no need not gather an answer.
    pub fn wants(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Takes what was seen, if it is of use and there is room; otherwise counts it. Never waits, nor reads the answer.
    pub fn saw(&self, observed: Observed) {
        let searches = observed.searches();
        if searches == 0 {
            return;
        }
        if let Err(reason) = self.take(observed) {
            self.unseen.count(reason, searches);
        }
    }

    /// Counts searches whose answer could not be kept for [`Watcher::saw`].
    pub fn missed(&self, asked: &[Asked]) {
        match searches(asked) {
            0 => {}
            some => self.unseen.count(Reason::Memory, some),
        }
    }

    fn take(&self, observed: Observed) -> Result<(), Reason> {
        if self.health.backlog_is_full() {
            return Err(Reason::Backlog);
        }
        let units = (observed.bytes() / UNIT + 1).try_into().map_err(|_| Reason::Memory)?;
        let share = Arc::clone(&self.memory).try_acquire_many_owned(units).map_err(|_| Reason::Memory)?;
        self.queue.send(Waiting { observed, _share: share }).map_err(|_| Reason::Journal)
    }
}

/// Lets the servers' threads go first where processors are few.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
        tracing::debug!(%error, "the watching thread keeps its priority");
    }
}

/// Works until nobody watches any more.
async fn run<K>(mut queue: mpsc::UnboundedReceiver<Waiting>, mut recorder: Recorder<K>)
where
    K: AsyncFnMut(Bytes) -> Result<(), Refused>,
{
    let mut gathered = Vec::new();
    while let Some(first) = queue.recv().await {
        gathered.push(first);
        tokio::time::sleep(GATHERED).await;
        while let Ok(next) = queue.try_recv() {
            gathered.push(next);
        }
        // A quick answer may have overtaken the one to an earlier query.
        gathered.sort_by_key(|waiting| waiting.observed.at);
        for waiting in gathered.drain(..) {
            recorder.add(&waiting.observed).await;
        }
        recorder.flush().await;
    }
}

#[cfg(test)]
mod tests;
