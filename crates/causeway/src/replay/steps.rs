//! A replay step by step.

use super::job::{Job, Progress};
use crate::bulk::calls;
use causeway_engine::Settings;
use causeway_engine::flow::Flow;
use causeway_engine::ledger::{Additions, hour_of};
use causeway_engine::outbox::{Builder, Made as Entry, Maker};
use causeway_engine::rehearsal::{Chunk, Made, MadeEntry, Rehearsal, Walk, of_flows_alone};
use causeway_store::state::{Change, DeadLetter};
use causeway_store::{Error, Journal, Position, State};
use serde::Serialize;
use std::sync::Arc;

/// A replay under way.
pub struct Steps<'s> {
    job: Job,
    walk: Walk<'s>,
    rehearsal: Rehearsal<'s>,
    flow: Arc<Flow>,
}

/// What is to be committed together.
pub struct Step {
    /// What is to be sent; nothing if nothing came of these records.
    pub block: Option<Builder>,
    /// What goes with it: the ledger, and how far the job is.
    pub change: Change,
}

/// What a replay comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Events that are looked at.
    pub events: u64,
    /// Events that something comes of.
    pub sent: u64,
    /// Events that the flow can't map; they stay the dead letters that they are.
    pub refused: u64,
    /// Messages.
    pub messages: u64,
    /// Bytes of messages.
    pub bytes: u64,
    /// Requests, if the vendor takes all of it and nothing else is sent.
    pub calls: u64,
}

impl<'s> Steps<'s> {
    /// Goes on where the job is.
    pub fn new(
        job: Job,
        (journal, state): (&'s dyn Journal, &'s dyn State),
        settings: &Settings,
        flow: Arc<Flow>,
        now: i64,
    ) -> Result<Self, Error> {
        let walk = Walk::new(journal, state, (job.since, job.until), now)?;
        let flows = vec![Arc::clone(&flow)];
        let rehearsal = Rehearsal::new(state, of_flows_alone(settings), flows, walk.start()?)?;
        Ok(Self { job, walk, rehearsal, flow })
    }

    /// How far it is.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// The next step; nothing when the job is done.
    pub fn next(&mut self, now: i64) -> Result<Option<Step>, Error> {
        while let Some((made, chunk)) = self.made()? {
            let (Some(first), Some(last)) = (chunk.entries.first(), chunk.entries.last()) else { continue };
            let ends = chunk.ends;
            if !ends && (!chunk.counted || last.position.0 <= self.job.position) {
                continue;
            }
            let counted = chunk.counted;
            let entries: &[MadeEntry] = if counted { &made.entries } else { &[] };
            return Ok(Some(self.step(entries, (first.position, last.position), ends, now)));
        }
        Ok(None)
    }

    fn made(&mut self) -> Result<Option<(Made, Chunk)>, Error> {
        let Some(chunk) = self.walk.next(Position(self.job.position))? else { return Ok(None) };
        Ok(Some((self.rehearsal.step(&chunk.entries)?, chunk)))
    }

    fn step(&mut self, entries: &[MadeEntry], from: (Position, Position), ends: bool, now: i64) -> Step {
        self.job.position = self.job.position.max(from.1.0);
        self.job.sent += entries.len() as u64;
        self.job.messages += entries.iter().map(|entry| u64::from(entry.messages)).sum::<u64>();
        if ends {
            self.job.progress = Progress::Done;
        }
        let mut ledger = Additions::default();
        if !entries.is_empty() {
            ledger.row(self.flow.name(), hour_of(now)).accepted += entries.len() as i64;
        }
        let change = Change { ledger: ledger.into_rows(), facts: vec![self.job.fact()], ..Change::default() };
        Step { block: (!entries.is_empty()).then(|| self.block(entries, from, now)), change }
    }

    /// The entries as a block of this hour: they are new work, and are retried for as long as that is.
    fn block(&self, entries: &[MadeEntry], (first, last): (Position, Position), now: i64) -> Builder {
        let mut builder = Builder::new(self.flow.destination().name(), hour_of(now));
        for (place, entry) in entries.iter().enumerate() {
            let start = builder.payload().len();
            builder.payload().extend_from_slice(&entry.payload);
            let position = if place + 1 == entries.len() { last } else { first };
            let MadeEntry { messages, slot, time, .. } = *entry;
            builder.add(
                Maker::from(&*self.flow),
                entry.event,
                Entry { start, messages, slot, time, position },
            );
        }
        builder
    }
}

/// What a replay would come to; nothing is sent.
pub fn plan(
    job: &Job,
    store: (&dyn Journal, &dyn State),
    settings: &Settings,
    flow: &Arc<Flow>,
    now: i64,
) -> Result<Planned, Error> {
    let mut steps = Steps::new(job.clone(), store, settings, Arc::clone(flow), now)?;
    let mut planned = Planned::default();
    while let Some((made, chunk)) = steps.made()? {
        if chunk.counted {
            planned.events += made.events;
            planned.sent += made.entries.len() as u64;
            let of_flow = |letter: &&DeadLetter| letter.flow == flow.name(); // others were invalid for every flow
            planned.refused += made.refused.iter().filter(of_flow).count() as u64;
            planned.messages += made.entries.iter().map(|entry| u64::from(entry.messages)).sum::<u64>();
            planned.bytes += made.entries.iter().map(|entry| entry.payload.len() as u64 + 1).sum::<u64>();
        }
    }
    let (messages, bytes) = (planned.messages as usize, planned.bytes as usize);
    planned.calls = calls(flow.destination().name(), messages, bytes) as u64;
    Ok(planned)
}
