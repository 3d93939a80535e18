//! The worker: drives the engine over the journal and is the one owner of every change of the state.
//!
//! What the engine made, what the lanes settled and what operators decided all go through here, so that one commit
//! carries them and nothing contends for the store. A thread of its own, since the store's calls block.

use super::tail::{Next, Tail};
use super::tick::Due;
use crate::clock::Clock;
use crate::delivery::{Forgotten, Inbox, held};
use crate::health::{self, Health, Watch};
use crate::people::HotFacts;
use crate::telemetry::otlp::{Kind, Span, Tracer, nanos};
use crate::telemetry::{Live, Metrics, Signals};
use causeway_engine::flow::{Flow, texts};
use causeway_engine::forget::{FORGETTING, Forgetting};
use causeway_engine::ledger::Additions;
use causeway_engine::lookup::{self, StoredFacts};
use causeway_engine::outbox::{Builder, Made, Maker};
use causeway_engine::{Engine, Settings, event, past, searches};
use causeway_store::state::{Block, Change, DeadLetter, DeadLetterStatus, List, Resolution, State};
use causeway_store::{BlockId, Entry, Error, Journal, Position};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Bytes of bodies that one step of the engine takes: a few thousand events, so that the cost of a commit is shared by
/// many and a step still ends within milliseconds.
const STEP_BYTES: usize = 512 << 10;

/// Steps are at least this far apart while little comes in, so that a trickle of single events shares commits.
const STEP_EVERY: Duration = Duration::from_millis(5);

/// A step smaller than this is a trickle.
const TRICKLE_BYTES: usize = STEP_BYTES / 4;

/// How often the worker looks around when nobody wakes it.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long to wait before a commit that the disk refused is tried again.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// So many facts are read in one go at the start.
const FACTS_AT_ONCE: u32 = 10_000;

/// What others ask of the worker.
pub enum Request {
    /// Commit this with what is next.
    Change(Change),
    /// Send dead letters again, with this note, as of this instant: their payloads go back into the outbox.
    Requeue(Vec<DeadLetter>, String, i64, oneshot::Sender<()>),
    /// Commit this, then answer.
    Resolve(Change, oneshot::Sender<()>),
    /// Put this into the outbox and commit this with it, then answer with the block's number.
    Send(Option<Builder>, Change, oneshot::Sender<Option<BlockId>>),
    /// Run these flows from the next event on, then answer.
    SetFlows(Vec<Arc<Flow>>, oneshot::Sender<()>),
    /// Go on with other settings after committing what was asked before, then answer.
    Reconfigure(Box<Reconfiguration>, oneshot::Sender<()>),
    /// End after committing what was asked before.
    Stop,
}

/// Other settings.
pub struct Reconfiguration {
    /// What the engine does.
    pub settings: Settings,
    /// The flows.
    pub flows: Vec<Arc<Flow>>,
    /// Where blocks go, by destination.
    pub inboxes: HashMap<&'static str, Arc<Inbox>>,
}

/// How others reach the worker.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    tail: Arc<Tail>,
}

impl Handle {
    /// Asks for a change.
    pub fn change(&self, change: Change) {
        self.ask(Request::Change(change));
    }

    /// Asks for anything. A worker that is gone has nothing more to commit.
    pub fn ask(&self, request: Request) {
        if self.requests.send(request).is_ok() {
            self.tail.wake();
        }
    }
}

/// What the worker needs.
pub struct Parts {
    /// What came in.
    pub journal: Arc<dyn Journal>,
    /// What follows.
    pub state: Arc<dyn State>,
    /// What is known, for those who ask.
    pub facts: Arc<HotFacts>,
    /// The newest entries.
    pub tail: Arc<Tail>,
    /// Where blocks go, by destination.
    pub inboxes: HashMap<&'static str, Arc<Inbox>>,
    /// Whose messages are not sent any more.
    pub forgotten: Forgotten,
    /// What the engine does.
    pub settings: Settings,
    /// The flows.
    pub flows: Vec<Arc<Flow>>,
    /// Who is told what died.
    pub signals: Arc<Signals>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The live screen's figures.
    pub live: Arc<Live>,
    /// Whether things are well.
    pub health: Arc<Health>,
    /// Told after each commit when something is due.
    pub due: watch::Sender<Due>,
    /// Who follows some records.
    pub tracer: Tracer,
    /// What time it is.
    pub clock: Clock,
}

/// The worker, ready to run.
pub struct Worker {
    parts: Parts,
    engine: Engine,
    cursor: Position,
    /// The newest record at the start.
    found: Position,
    requests: mpsc::Receiver<Request>,
    stopping: bool,
    answers: Vec<oneshot::Sender<()>>,
    /// Taken up after the next commit.
    other: Option<Reconfiguration>,
    /// What flows say that have not run before, to be kept with the next commit.
    texts: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    sent: Vec<(oneshot::Sender<Option<BlockId>>, Option<BlockId>)>,
    /// What found no room on the disk, and is tried again.
    held_up: Option<Work>,
}

/// What one commit is to carry.
struct Work {
    change: Change,
    /// Bytes of the bodies that it follows from.
    bytes: usize,
    /// How much of the backlog that was.
    worked_off: u64,
}

impl Worker {
    /// Takes up the work where the state says it was left.
    pub fn new(parts: Parts, now: i64) -> Result<(Self, Handle), Error> {
        let engine = engine(&parts, now)?;
        let cursor = parts.state.cursor()?;
        let (sender, requests) = mpsc::channel();
        let handle = Handle { requests: sender, tail: Arc::clone(&parts.tail) };
        let found = parts.tail.last();
        let texts = texts::missing(&parts.flows, &*parts.state)?;
        let worker = Self {
            texts,
            parts,
            engine,
            cursor,
            found,
            requests,
            stopping: false,
            answers: Vec::new(),
            other: None,
            sent: Vec::new(),
            held_up: None,
        };
        worker.tell_due();
        Ok((worker, handle))
    }

    /// Runs on a thread of its own until [`Request::Stop`].
    pub fn start(self) -> std::io::Result<std::thread::JoinHandle<Result<(), Error>>> {
        std::thread::Builder::new().name("engine".to_owned()).spawn(move || {
            let watch = Watch(Arc::clone(&self.parts.health));
            self.run().inspect_err(|error| {
                watch.0.part_stopped();
                tracing::error!(%error, "the engine stopped; accepted events wait in the journal");
            })
        })
    }

    fn run(mut self) -> Result<(), Error> {
        while !self.stopping {
            let began = Instant::now();
            let apart = self.step(PATIENCE)?;
            std::thread::sleep(apart.saturating_sub(began.elapsed()));
        }
        Ok(())
    }

    /// Takes up the work with other settings, as a start would: everything is in the state by now.
    fn reconfigure(&mut self) -> Result<(), Error> {
        let Some(Reconfiguration { settings, flows, inboxes }) = self.other.take() else { return Ok(()) };
        self.parts.settings = settings;
        self.parts.flows = flows;
        self.parts.inboxes = inboxes;
        self.engine = engine(&self.parts, self.parts.clock.now())?;
        self.tell_due();
        Ok(())
    }

    /// Does what there is to do, waiting up to `patience` for it. Answers how long after this step began the next should.
    pub fn step(&mut self, patience: Duration) -> Result<Duration, Error> {
        let mut work = match self.held_up.take() {
            Some(work) => work,
            None => self.work(patience)?,
        };
        self.take_requests(&mut work.change);
        work.change.facts.append(&mut self.texts);
        if let Err(error) = self.commit(&work.change) {
            // The journal has what came in, and what was sent goes out once more under the same ids.
            if !matches!(error, Error::Full { .. }) || self.stopping {
                return Err(error);
            }
            tracing::error!(%error, "the state can't be committed; waiting for room");
            self.held_up = Some(work);
            return Ok(FULL_PAUSE);
        }
        self.committed(work.change);
        self.reconfigure()?;
        self.parts.health.processed(work.worked_off);
        for answer in self.answers.drain(..) {
            // Who asked may have hung up; the change is committed all the same.
            let _ = answer.send(());
        }
        for (answer, block) in self.sent.drain(..) {
            let _ = answer.send(block);
        }
        Ok(if work.bytes < TRICKLE_BYTES { STEP_EVERY } else { Duration::ZERO })
    }

    /// What follows from the next entries.
    fn work(&mut self, patience: Duration) -> Result<Work, Error> {
        let entries = self.entries(patience)?;
        let bytes = entries.iter().map(|entry| entry.record.body.len()).sum();
        let worked_off = health::worked_off(&entries, self.cursor, self.found);
        let start = self.parts.tracer.follows_any().then(nanos);
        let change = self.process(&entries)?;
        self.follow(&entries, start);
        Ok(Work { change, bytes, worked_off })
    }

    /// The entries after the cursor, from memory or from the journal.
    fn entries(&mut self, patience: Duration) -> Result<Vec<Entry>, Error> {
        match self.parts.tail.next(self.cursor, STEP_BYTES, patience) {
            Next::Entries(entries) => Ok(entries),
            Next::Behind => self.parts.journal.read(self.cursor, STEP_BYTES),
            Next::Nothing => Ok(Vec::new()),
            Next::Closed => {
                // Nothing more comes in; requests still do.
                std::thread::sleep(STEP_EVERY);
                Ok(Vec::new())
            }
        }
    }

    fn process(&mut self, entries: &[Entry]) -> Result<Change, Error> {
        if entries.is_empty() {
            return Ok(Change::default());
        }
        let effects = self.engine.process(entries, &StoredFacts(&*self.parts.state))?;
        self.parts.metrics.processed.inc_by(effects.events);
        Ok(effects.change)
    }

    /// The spans of those entries that are followed. Lanes find them by the events' ids.
    fn follow(&self, entries: &[Entry], start: Option<u64>) {
        let Some(start) = start else { return };
        let tracer = &self.parts.tracer;
        for entry in entries {
            let Some(journal) = tracer.take_committed(entry.position) else { continue };
            let context = journal.child();
            let past = past::read(entry, &self.parts.settings.rules);
            for past in &past {
                tracer.processed(past.id, context);
            }
            let span = Span::ended("engine", Kind::Internal, context, Some(journal), start);
            tracer.record(span.with("causeway.events", past.len() as i64));
        }
    }

    fn take_requests(&mut self, change: &mut Change) {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Change(more) => {
                    self.engine.forget(&more.facts);
                    merge(change, more);
                }
                Request::Resolve(more, answer) => {
                    self.engine.forget(&more.facts);
                    merge(change, more);
                    self.answers.push(answer);
                }
                Request::Requeue(letters, note, now, answer) => {
                    for letter in letters {
                        let more = requeued(letter, &note, self.engine.take_block_id(), now);
                        self.engine.forget(&more.facts);
                        merge(change, more);
                    }
                    self.answers.push(answer);
                }
                Request::Send(builder, mut more, answer) => {
                    let block = builder.map(|builder| builder.build(self.engine.take_block_id()));
                    let id = block.as_ref().map(|block| block.id);
                    more.outbox.extend(block);
                    merge(change, more);
                    self.sent.push((answer, id));
                }
                Request::SetFlows(flows, answer) => {
                    if let Some(other) = &mut self.other {
                        other.flows.clone_from(&flows);
                    }
                    self.keep_texts(&flows);
                    self.engine.set_flows(flows);
                    self.answers.push(answer);
                }
                Request::Reconfigure(other, answer) => {
                    self.other = Some(*other);
                    self.answers.push(answer);
                }
                Request::Stop => self.stopping = true,
            }
        }
    }

    /// Whoever asks later is to find what the flows said.
    fn keep_texts(&mut self, flows: &[Arc<Flow>]) {
        match texts::missing(flows, &*self.parts.state) {
            Ok(missing) => self.texts.extend(missing),
            Err(error) => tracing::error!(%error, "failed to keep what a flow says; traces will not show it"),
        }
    }

    fn commit(&self, change: &Change) -> Result<(), Error> {
        if *change == Change::default() { Ok(()) } else { self.parts.state.commit(change) }
    }

    /// Everybody is told of what was committed; the lanes get the blocks.
    fn committed(&mut self, change: Change) {
        if change == Change::default() {
            return;
        }
        self.parts.facts.committed(&change);
        self.parts.metrics.count(&change.ledger);
        self.cursor = change.cursor.unwrap_or(self.cursor);
        self.parts.live.dead.fetch_add(change.dead_letters.len() as u64, Ordering::Relaxed);
        self.parts.signals.died(&change.dead_letters);
        self.tell_forgotten(&change);
        self.tell_due();
        for block in change.outbox {
            self.offer(block);
        }
    }

    fn tell_due(&self) {
        let due = Due { at: self.engine.next_due(), processed: self.cursor };
        self.parts.due.send_if_modified(|told| std::mem::replace(told, due) != due);
    }

    /// The lanes leave out at once whom the engine has forgotten.
    fn tell_forgotten(&self, change: &Change) {
        let noted = change.facts.iter().filter(|(key, _)| key.starts_with(FORGETTING.as_bytes()));
        for job in noted.filter_map(|(_, value)| Forgetting::decode(value.as_deref()?).ok()) {
            self.parts.forgotten.add(&job);
        }
    }

    fn offer(&self, block: Block) {
        if let Some(inbox) = self.parts.inboxes.get(block.destination.as_str()) {
            inbox.offer(block);
        } else {
            let destination = block.destination;
            tracing::error!(destination, "no lane for a block; it waits in the outbox");
        }
    }
}

/// An engine that goes on where the state was left.
fn engine(parts: &Parts, now: i64) -> Result<Engine, Error> {
    let mut engine = Engine::new(parts.settings.clone(), parts.flows.clone(), parts.state.last_block()?);
    engine.restore_seen(&parts.state.notes(List::Seen, now - parts.settings.duplicates.timed_ms)?);
    restore_searches(&mut engine, &*parts.state)?;
    if let Some((first, last)) = lookup::uncovered(&*parts.state, parts.state.cursor()?)? {
        engine.restore_ids(&parts.journal.range(first, last)?);
    }
    Ok(engine)
}

/// Puts the searches back that were under way.
fn restore_searches(engine: &mut Engine, state: &dyn State) -> Result<(), Error> {
    for prefix in searches::PREFIXES {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let facts = state.facts_with_prefix(prefix.as_bytes(), after.as_deref(), FACTS_AT_ONCE)?;
            engine.restore_searches(&facts);
            let Some((last, _)) = facts.into_iter().next_back() else { break };
            after = Some(last);
        }
    }
    Ok(())
}

/// A dead letter's messages go back into the outbox; in the ledger the event is pending again. It counts as of `now`, so
/// that it is retried for as long as a new event is, and is not held back for its age: the vendor has the last word. What it
/// does to a record at Algolia may be older than what is there, so nothing is taken for known of that record: the next
/// change sends all of it.
pub fn requeued(letter: DeadLetter, note: &str, block: BlockId, now: i64) -> Change {
    let held = held::keys(&letter.destination, &letter.payload);
    let mut builder = Builder::new(&letter.destination, letter.hour);
    builder.payload().extend_from_slice(&letter.payload);
    let messages = crate::delivery::batch::single_messages(&letter.payload).len();
    let made = Made {
        start: 0,
        messages: u8::try_from(messages).unwrap_or(u8::MAX),
        slot: event::slot(if held.is_empty() { &letter.event } else { &letter.person }),
        time: now,
        position: letter.position,
    };
    let revision = letter.revision.parse().unwrap_or_default();
    let maker = Maker { flow: &letter.flow, revision };
    builder.add(maker, letter.event.parse().unwrap_or(event::EventId(0)), made);
    let mut ledger = Additions::default();
    ledger.row(&letter.flow, letter.hour).dead_lettered -= 1;
    let resolution = Resolution { id: letter.id, status: DeadLetterStatus::Retried, note: note.to_owned() };
    Change {
        facts: held.into_iter().map(|key| (key, None)).collect(),
        outbox: vec![builder.build(block)],
        ledger: ledger.into_rows(),
        resolutions: vec![resolution],
        ..Change::default()
    }
}

fn merge(change: &mut Change, more: Change) {
    change.facts.extend(more.facts);
    change.outbox.extend(more.outbox);
    change.settlements.extend(more.settlements);
    change.rewrites.extend(more.rewrites);
    change.dead_letters.extend(more.dead_letters);
    change.resolutions.extend(more.resolutions);
    change.erased_letters.extend(more.erased_letters);
    change.ledger.extend(more.ledger);
    change.notes.extend(more.notes);
}
