//! Group commit: concurrent requests share one durable write.
//!
//! A thread of its own takes whatever waits, appends it with one commit, and answers everybody. While it waits for the
//! disk the next group gathers, so groups grow with load by themselves and nobody waits for a timer.

use super::Tail;
use crate::clock::instant;
use crate::health::Health;
use crate::telemetry::otlp::{self, Context, Kind, Span, Tracer};
use causeway_store::{Entry, Error, Journal, Position, Record};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// At most this many bytes of bodies share a commit: enough to amortise the disk's latency, little enough that the
/// first of a group does not wait long for the last.
const GROUP_BYTES: usize = 4 << 20;

/// At most this many requests share a commit.
const GROUP_REQUESTS: usize = 1024;

/// Why a record was not made durable. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No room; it may work later.
    #[error("the disk is full")]
    Full,
    /// The store refuses writes.
    #[error("the journal can't be written: {0}")]
    Failed(String),
    /// The bridge is going down.
    #[error("the bridge is stopping")]
    Stopping,
}

struct Waiting {
    record: Record,
    answer: oneshot::Sender<Outcome>,
    memory: Option<OwnedSemaphorePermit>,
    followed: Option<Followed>,
}

/// A record whose way is followed.
struct Followed {
    /// The span of the request that brought it.
    request: Context,
    /// When it was handed in, in nanoseconds since the Unix epoch.
    since: u64,
}

type Outcome = Result<(), Refused>;

/// Who waits for a commit, and the memory that their records take until then.
#[derive(Default)]
struct Gathered {
    answers: Vec<oneshot::Sender<Outcome>>,
    memory: Vec<OwnedSemaphorePermit>,
    /// With the record's place in the group.
    followed: Vec<(u64, Followed)>,
}

/// Requests that shared a commit, and what came of it.
struct Group {
    answers: Vec<oneshot::Sender<Outcome>>,
    outcome: Outcome,
}

/// Handle to the committing thread. Clones share it; when the last is gone the thread ends.
#[derive(Clone)]
pub struct Committer {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl Committer {
    /// Starts the thread. What becomes durable goes to `tail`. Must be called on the servers' runtime.
    pub fn start(
        journal: Arc<dyn Journal>,
        tail: Arc<Tail>,
        health: Arc<Health>,
        tracer: Tracer,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (committer, keeper, answering) = Self::new(journal, tail, health, tracer);
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let thread = thread.spawn(move || keeper.run())?;
        tokio::spawn(answering);
        Ok((committer, thread))
    }

    /// The handle, who does the committing, and who answers those that wait; whoever asks for them has to run both.
    pub fn new(
        journal: Arc<dyn Journal>,
        tail: Arc<Tail>,
        health: Arc<Health>,
        tracer: Tracer,
    ) -> (Self, Keeper, impl Future<Output = ()> + Send + use<>) {
        let (queue, waiting) = mpsc::unbounded_channel();
        let (groups, committed) = mpsc::unbounded_channel();
        let keeper = Keeper { waiting, groups, journal, tail, health, tracer, records: Vec::new() };
        (Self { queue }, keeper, answer(committed))
    }

    /// Makes the record durable. The queue is unbounded here because the intake bounds the bytes of bodies in memory: the
    /// record's share of it is given back when the record is durable, also if its sender hung up before.
    pub async fn commit(&self, record: Record, memory: Option<OwnedSemaphorePermit>) -> Result<(), Refused> {
        let (answer, answered) = oneshot::channel();
        let followed = otlp::current().map(|request| Followed { request, since: otlp::nanos() });
        self.queue.send(Waiting { record, answer, memory, followed }).map_err(|_| Refused::Stopping)?;
        answered.await.unwrap_or(Err(Refused::Stopping))
    }
}

/// Answers on the runtime's own threads: waking hundreds of tasks from there costs a fraction of waking each from the
/// committing thread.
async fn answer(mut committed: mpsc::UnboundedReceiver<Group>) {
    while let Some(Group { answers, outcome }) = committed.recv().await {
        for answer in answers {
            // A client that hung up does not change that its record is durable.
            let _ = answer.send(outcome.clone());
        }
    }
}

/// Makes groups of requests durable.
pub struct Keeper {
    waiting: mpsc::UnboundedReceiver<Waiting>,
    groups: mpsc::UnboundedSender<Group>,
    journal: Arc<dyn Journal>,
    tail: Arc<Tail>,
    health: Arc<Health>,
    tracer: Tracer,
    records: Vec<Record>,
}

impl Keeper {
    /// Commits until the last handle is gone.
    pub fn run(mut self) {
        while let Some(first) = self.waiting.blocking_recv() {
            // Whoever is about to send a record gets to do it: where processors are few, groups would be of one or two.
            std::thread::yield_now();
            self.commit(first);
        }
        self.tail.close();
    }

    /// Waits for a request, and while `others` gather; then commits them. Answers false once the last handle is gone.
    pub async fn step(&mut self, others: impl Future<Output = ()>) -> bool {
        let Some(first) = self.waiting.recv().await else { return false };
        others.await;
        self.commit(first);
        true
    }

    fn commit(&mut self, first: Waiting) {
        let Gathered { answers, memory, followed } = gather(first, &mut self.waiting, &mut self.records);
        let written = self.journal.append(&self.records);
        tell(&self.health, &self.records, written.as_ref().err());
        let outcome = match written {
            Ok(first) => {
                // Before the engine sees them.
                follow(&self.tracer, first, followed);
                self.tail.push(entries(first, self.records.drain(..)));
                Ok(())
            }
            Err(error) => Err(refused(&error, &mut self.records)),
        };
        drop(memory);
        // Without a runtime nobody waits for answers any more.
        let _ = self.groups.send(Group { answers, outcome });
    }
}

/// The spans of the records that were made durable from this position on.
fn follow(tracer: &Tracer, first: Position, followed: Vec<(u64, Followed)>) {
    for (place, Followed { request, since }) in followed {
        let context = request.child();
        tracer.record(Span::ended("journal", Kind::Internal, context, Some(request), since));
        tracer.committed(Position(first.0 + place), context);
    }
}

fn tell(health: &Health, records: &[Record], error: Option<&Error>) {
    match error {
        None => {
            health.store_works();
            health.accepted(records.iter().map(|record| record.body.len() as u64).sum());
        }
        Some(Error::Full { .. }) => health.store_full(instant()),
        Some(_) => health.store_fails(),
    }
}

fn gather(
    first: Waiting,
    waiting: &mut mpsc::UnboundedReceiver<Waiting>,
    records: &mut Vec<Record>,
) -> Gathered {
    let (mut gathered, mut bytes) = (Gathered::default(), 0);
    let mut next = Some(first);
    while let Some(Waiting { record, answer, memory, followed }) = next.take() {
        gathered.followed.extend(followed.map(|followed| (records.len() as u64, followed)));
        bytes += record.body.len();
        records.push(record);
        gathered.answers.push(answer);
        gathered.memory.extend(memory);
        if bytes < GROUP_BYTES && records.len() < GROUP_REQUESTS {
            next = waiting.try_recv().ok();
        }
    }
    gathered
}

fn entries(first: Position, records: impl Iterator<Item = Record>) -> impl Iterator<Item = Entry> {
    (first.0..).zip(records).map(|(position, record)| Entry { position: Position(position), record })
}

fn refused(error: &Error, records: &mut Vec<Record>) -> Refused {
    tracing::error!(requests = records.len(), %error, "failed to journal requests; their senders were told 503");
    records.clear();
    match error {
        Error::Full { .. } => Refused::Full,
        other => Refused::Failed(other.to_string()),
    }
}
