//! One destination's lane: the owner of what waits for it and of what is under way.

use super::attempt::{self, Load, Shared};
use super::batch::Batch;
use super::concurrency::Concurrency;
use super::destination::Destination;
use super::fate::{Books, Death, Fate, Loaded};
use super::forgotten::Told;
use super::inbox::Inbox;
use super::payloads::Payloads;
use super::refused::Names;
use super::report::Report;
use super::slots::{Item, Slots};
use crate::pipeline::worker;
use crate::telemetry::metrics as labels;
use bytes::Bytes;
use causeway_engine::outbox::Heads;
use causeway_store::state::{Block, Change, State};
use causeway_store::{BlockId, Error};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// The bounds of a lane.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long an entry waits for others.
    pub linger: Duration,
    /// Requests at once.
    pub concurrency: usize,
    /// Bytes of messages under way at once; the last request may go beyond.
    pub bytes_under_way: usize,
}

/// A lane that is not running yet.
pub struct Lane {
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    state: Arc<dyn State>,
    worker: worker::Handle,
    bounds: Bounds,
    slots: Slots,
    blocks: FxHashMap<BlockId, Loaded>,
    payloads: Payloads,
    last_loaded: BlockId,
    under_way: JoinSet<Done>,
    bytes_under_way: usize,
    concurrency: Concurrency,
    gather_until: Option<Instant>,
    loading: Option<JoinHandle<Result<Vec<Block>, Error>>>,
    forgotten: Told,
    reports: (mpsc::UnboundedSender<Report>, mpsc::UnboundedReceiver<Report>),
}

/// What a batch leaves when it is through.
struct Done {
    slots: Vec<u16>,
    bytes: usize,
}

impl Lane {
    /// A lane over what the store holds for the destination.
    pub fn new(
        inbox: Arc<Inbox>,
        shared: Shared,
        state: Arc<dyn State>,
        worker: worker::Handle,
        bounds: Bounds,
    ) -> Self {
        Self {
            inbox,
            forgotten: shared.forgotten.subscribe(),
            shared: Arc::new(shared),
            state,
            worker,
            bounds,
            slots: Slots::default(),
            blocks: FxHashMap::default(),
            payloads: Payloads::default(),
            last_loaded: BlockId(0),
            under_way: JoinSet::new(),
            bytes_under_way: 0,
            concurrency: Concurrency::new(bounds.concurrency),
            gather_until: None,
            loading: None,
            reports: mpsc::unbounded_channel(),
        }
    }

    /// Runs until `stop` says so, or until it is [finishing](Shared::finishing) and nothing is under way any more. Entries that
    /// are not settled then are found in the outbox by the next lane.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut finishing = self.shared.finishing.clone();
        while !(*stop.borrow() || *finishing.borrow() && self.under_way.is_empty()) {
            if !*finishing.borrow() {
                self.inbox.narrow(self.shared.failing.load(Ordering::Relaxed));
                self.load();
                self.send();
            }
            self.measure();
            tokio::select! {
                // What ends comes before what begins; neither can go on without the other for long.
                biased;
                _ = stop.changed() => {}
                Ok(()) = self.forgotten.changed() => self.leave_out(&self.slots.each().collect::<Vec<_>>()),
                Some(report) = self.reports.1.recv() => self.settle(report),
                Some(done) = self.under_way.join_next() => self.release(done),
                loaded = finished(&mut self.loading) => self.absorb_loaded(loaded),
                Ok(()) = finishing.changed() => {}
                () = self.inbox.changed() => self.absorb_offered(),
                () = until(self.gather_until), if self.may_send() && !*finishing.borrow() => {}
            }
        }
        if let Ok(report) = self.reports.1.try_recv() {
            self.settle(report);
        }
    }

    fn may_send(&self) -> bool {
        let failing = self.shared.failing.load(Ordering::Relaxed);
        self.slots.is_ready()
            && self.under_way.len() < self.concurrency.allowed(failing)
            && self.bytes_under_way < self.bounds.bytes_under_way
    }

    /// Starts reading the store if it has blocks that were not offered.
    fn load(&mut self) {
        if self.loading.is_some() || !self.inbox.wants_loading() {
            return;
        }
        self.inbox.begin_loading();
        let (state, name) = (Arc::clone(&self.state), self.shared.destination.name());
        let (after, room) = (self.last_loaded, self.inbox.room());
        self.loading = Some(self.shared.world.aside.run(move || state.outbox(name, after, room)));
    }

    fn absorb_loaded(&mut self, loaded: Result<Vec<Block>, Error>) {
        self.loading = None;
        match loaded {
            Ok(blocks) => {
                let bytes = blocks.iter().map(|block| block.payload.len()).sum();
                self.inbox.end_loading(bytes, !blocks.is_empty());
                for block in blocks {
                    self.absorb(block);
                }
                self.absorb_offered();
            }
            Err(error) => {
                tracing::error!(destination = self.shared.destination.name(), %error, "failed to read the outbox");
                self.inbox.end_loading(0, true);
            }
        }
    }

    fn absorb_offered(&mut self) {
        // While the store is read, what is offered stays in the inbox: the store's blocks come first.
        if self.loading.is_none() {
            self.inbox.take().into_iter().for_each(|block| self.absorb(block));
        }
    }

    fn absorb(&mut self, block: Block) {
        if block.id <= self.last_loaded {
            return self.inbox.refused(block.payload.len());
        }
        self.last_loaded = block.id;
        let Ok(heads) = Heads::decode(&block.heads) else {
            tracing::error!(block = block.id.0, "an outbox block can't be read; its entries stay pending");
            return self.inbox.refused(block.payload.len());
        };
        let loaded = Loaded::new(&block, &heads);
        let items = items_of(&block, &heads, &loaded);
        if items.is_empty() {
            return self.inbox.refused(block.payload.len());
        }
        self.payloads.insert(block.id, block.payload, &items, &self.inbox);
        self.blocks.insert(block.id, loaded);
        for item in &items {
            self.slots.add(*item);
        }
        self.leave_out(&items);
        self.gather_until.get_or_insert_with(|| Instant::now() + self.bounds.linger);
    }

    /// Settles those of these waiting entries whose person is forgotten. They keep their places in the slots, and are dropped
    /// when their turn comes.
    fn leave_out(&mut self, waiting: &[Item]) {
        let persons = self.forgotten.borrow().clone();
        let own = |item: &&Item| persons.own(item.block, self.payloads.of(item)) && self.is_open(item);
        let left_out: Vec<Item> = waiting.iter().filter(own).copied().collect();
        if left_out.is_empty() {
            return;
        }
        self.payloads.take(left_out.iter(), &self.inbox);
        let fates = left_out.into_iter().map(|item| (item, Fate::Erased)).collect();
        self.settle(Report { fates, attempts: Vec::new() });
    }

    fn is_open(&self, item: &Item) -> bool {
        self.blocks.get(&item.block).is_some_and(|block| !block.is_settled(item.entry))
    }

    /// Sends what is due: full requests at once, the rest when the first of them has waited long enough.
    fn send(&mut self) {
        let room = self.shared.destination.room();
        while self.may_send() {
            let due = self.gather_until.is_none_or(|until| until <= Instant::now());
            if !due && self.slots.ready_bytes() < room.bytes {
                return;
            }
            let items = self.slots.take(room);
            self.dispatch(items);
        }
        if !self.slots.is_ready() {
            self.gather_until = None;
        }
    }

    fn dispatch(&mut self, items: Vec<Item>) {
        let slots: Vec<u16> = items.iter().map(|item| item.slot).collect();
        let items = items.into_iter().filter(|item| self.is_open(item)).collect();
        let (good, bad) = self.examine(items);
        let accepted =
            good.iter().filter_map(|item| Some(self.blocks.get(&item.block)?.accepted(item))).min();
        let batch = Batch::gather(good, |item| self.payloads.of(item));
        self.payloads.take(batch.items.iter().chain(bad.iter().map(|(item, _)| item)), &self.inbox);
        if !bad.is_empty() {
            self.settle(Report { fates: bad, attempts: Vec::new() });
        }
        let bytes = batch.body().len();
        let names = self.names(&batch.items);
        let load = Load { batch, names, accepted: accepted.unwrap_or(i64::MAX) };
        self.bytes_under_way += bytes;
        let (shared, reports) = (Arc::clone(&self.shared), self.reports.0.clone());
        self.under_way.spawn(async move {
            if !load.batch.items.is_empty() {
                attempt::deliver(load, shared, reports).await;
            }
            Done { slots, bytes }
        });
    }

    /// The names of these entries' flows.
    fn names(&self, items: &[Item]) -> Names {
        let mut names = Names::default();
        for item in items {
            if let Some(block) = self.blocks.get(&item.block) {
                names.entry((item.block, item.flow)).or_insert_with(|| block.flow(item));
            }
        }
        names
    }

    /// Separates what the vendor would refuse or drop anyway.
    fn examine(&self, items: Vec<Item>) -> (Vec<Item>, Vec<(Item, Fate)>) {
        let now = self.shared.clock.now();
        let mut bad = Vec::new();
        let mut good = items;
        good.retain(|item| {
            let messages = self.payloads.of(item);
            let objection = self.shared.destination.objection(item, messages, now);
            if let Some((cause, reason)) = objection {
                let payload = Bytes::copy_from_slice(messages);
                bad.push((*item, Fate::Dead(Death { cause, reason, payload, attempts: Vec::new() })));
                return false;
            }
            true
        });
        (good, bad)
    }

    /// Takes in every report that is there, and asks for one commit.
    fn settle(&mut self, first: Report) {
        let now = self.shared.clock.now();
        let mut books = Books::default();
        let mut touched = Vec::new();
        let mut notes = Vec::new();
        let persons = self.forgotten.borrow().clone();
        let mut next = Some(first);
        while let Some(report) = next.take() {
            notes.extend(report.note(self.shared.destination.name(), now));
            report.attempts.last().iter().for_each(|attempt| self.concurrency.learn(attempt.latency_ms));
            for (item, fate) in report.fates {
                let Some(block) = self.blocks.get_mut(&item.block) else { continue };
                let fate = fate.unless(|messages| persons.own(item.block, messages));
                if block.settle(&item, fate, now, &mut books) && touched.last() != Some(&item.block) {
                    touched.push(item.block);
                }
            }
            next = self.reports.1.try_recv().ok();
        }
        let settlements = touched.iter().filter_map(|id| self.blocks.get_mut(id)?.settlement()).collect();
        for id in touched {
            self.forget_finished(id);
        }
        self.count(&books);
        let mut change = books.into_change(settlements);
        change.notes = notes;
        self.worker.change(change);
    }

    fn count(&self, books: &Books) {
        let destination = self.shared.destination.name().to_owned();
        let delivered = books.ledger.rows().iter().map(|row| row.tally.delivered as u64).sum();
        let dead = books.dead_letters.len() as u64;
        let label = labels::Destination { destination };
        self.shared.metrics.delivered.get_or_create(&label).inc_by(delivered);
        self.shared.metrics.dead.get_or_create(&label).inc_by(dead);
        let counter = match self.shared.destination {
            Destination::Segment(_) => &self.shared.live.to_segment,
            Destination::Insights(..) => &self.shared.live.to_insights,
            Destination::Profiles(_) => &self.shared.live.to_profiles,
        };
        counter.fetch_add(delivered, Ordering::Relaxed);
    }

    fn forget_finished(&mut self, id: BlockId) {
        if self.blocks.get(&id).is_some_and(Loaded::is_finished) {
            self.blocks.remove(&id);
        }
    }

    fn release(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done { slots, bytes }) => {
                self.bytes_under_way -= bytes;
                for slot in slots {
                    self.slots.release(slot);
                }
                self.keep_learned();
            }
            Err(error) => {
                tracing::error!(%error, "a delivery task ended abnormally; its entries wait for a restart");
            }
        }
        self.gather_until.get_or_insert_with(Instant::now);
    }

    /// Stores what was learned of refusals.
    fn keep_learned(&self) {
        let facts = self.shared.refused.take_changes();
        if !facts.is_empty() {
            self.worker.change(Change { facts, ..Change::default() });
        }
    }

    fn measure(&self) {
        let destination = self.shared.destination.name().to_owned();
        let label = labels::Destination { destination };
        self.shared.metrics.in_flight.get_or_create(&label).set(self.under_way.len() as i64);
    }
}

fn items_of(block: &Block, heads: &Heads, loaded: &Loaded) -> Vec<Item> {
    let mut start = 0;
    let mut items = Vec::with_capacity(heads.entries.len());
    for (entry, head) in heads.entries.iter().enumerate() {
        let entry = entry as u32;
        let item = Item {
            block: block.id,
            entry,
            slot: head.slot,
            flow: head.flow,
            messages: head.messages,
            start,
            length: head.length,
            time: head.time,
            event: head.event,
        };
        start += head.length;
        if !loaded.is_settled(entry) && start as usize <= block.payload.len() {
            items.push(item);
        }
    }
    items
}

async fn finished(loading: &mut Option<JoinHandle<Result<Vec<Block>, Error>>>) -> Result<Vec<Block>, Error> {
    match loading {
        Some(handle) => handle.await.unwrap_or_else(|error| {
            Err(Error::Backend { doing: "reading the outbox", source: Box::new(error) })
        }),
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    tokio::time::sleep_until(instant.unwrap_or_else(Instant::now)).await;
}
