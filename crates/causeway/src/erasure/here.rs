//! Wiping a person out of the store: dead letters, outbox, journal. All of it may be done again and does no harm.

use super::account::Account;
use crate::delivery::forgotten::{is_wiped, wipe};
use crate::pipeline::worker::{self, Request};
use causeway_engine::flow::DESTINATIONS;
use causeway_engine::forget::{self, Forgetting, Names};
use causeway_engine::outbox::Heads;
use causeway_store::state::{Block, Change, DeadLetterQuery};
use causeway_store::{BlockId, Entry, Error, Journal, Position, Record, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Bytes of the journal, and of the outbox, that are looked at in one go.
const STRIDE: usize = 4 << 20;

/// Where it is done. All methods block.
#[derive(Clone)]
pub(super) struct Store {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) state: Arc<dyn State>,
    pub(super) worker: worker::Handle,
}

impl Store {
    /// Commits a change, through the one who commits all.
    pub(super) fn commit(&self, change: Change) -> Result<(), Error> {
        let (kept, answered) = oneshot::channel();
        self.worker.ask(Request::Resolve(change, kept));
        let stopped = |source| Error::Backend { doing: "keeping an erasure", source: Box::new(source) };
        answered.blocking_recv().map_err(stopped)
    }

    /// Deletes the person's dead letters.
    pub(super) fn erase_letters(&self, job: &Forgetting, account: &mut Account) -> Result<(), Error> {
        let erased_letters: Vec<String> = self.letters_of(&job.names())?.into_iter().collect();
        account.here.dead_letters += erased_letters.len();
        self.commit(Change { erased_letters, facts: vec![account.fact()], ..Change::default() })
    }

    fn letters_of(&self, names: &Names) -> Result<BTreeSet<String>, Error> {
        let mentions =
            |text: &str| DeadLetterQuery { mentions: Some(text.to_owned()), ..DeadLetterQuery::default() };
        let of = |name: &str| DeadLetterQuery { person: Some(name.to_owned()), ..DeadLetterQuery::default() };
        // A name may be written with escapes.
        let mut found = self.own_letters(names, &mentions("\\"))?;
        for name in names.iter() {
            found.extend(self.state.dead_letters(&of(name))?.into_iter().map(|letter| letter.id));
            found.extend(self.own_letters(names, &mentions(name))?);
        }
        Ok(found)
    }

    fn own_letters(&self, names: &Names, query: &DeadLetterQuery) -> Result<BTreeSet<String>, Error> {
        let letters = self.state.dead_letters(query)?.into_iter();
        Ok(letters.filter(|letter| names.own_any(&letter.payload)).map(|letter| letter.id).collect())
    }

    /// Wipes the person's messages in the outbox. Lanes that have them in memory were told before.
    pub(super) fn erase_outbox(&self, job: &Forgetting, account: &mut Account) -> Result<(), Error> {
        let names = job.names();
        for destination in DESTINATIONS {
            let mut after = BlockId(0);
            loop {
                let blocks = self.state.outbox(destination, after, STRIDE)?;
                let Some(last) = blocks.last() else { break };
                after = last.id;
                self.erase_blocks(blocks.iter().filter(|block| block.id <= job.block()), &names, account)?;
                if after >= job.block() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn erase_blocks<'b>(
        &self,
        blocks: impl Iterator<Item = &'b Block>,
        names: &Names,
        account: &mut Account,
    ) -> Result<(), Error> {
        let wiped = blocks.filter_map(|block| Some((block.id, without(block, names)?)));
        let wiped: Vec<(BlockId, (Vec<u8>, usize))> = wiped.collect();
        if wiped.is_empty() {
            return Ok(());
        }
        account.here.outbox_entries += wiped.iter().map(|(_, (_, entries))| entries).sum::<usize>();
        let rewrites = wiped.into_iter().map(|(id, (payload, _))| (id, payload.into())).collect();
        self.commit(Change { rewrites, facts: vec![account.fact()], ..Change::default() })
    }

    /// Wipes the persons' events in the journal, in one pass for all. What came after a person's order stays.
    pub(super) fn erase_journal(&self, jobs: &mut [(Forgetting, Account)]) -> Result<(), Error> {
        let last = jobs.iter().map(|(job, _)| job.position()).max().unwrap_or_default();
        let named: Vec<Names> = jobs.iter().map(|(job, _)| job.names()).collect();
        let mut after = Position(0);
        while after < last {
            let entries = self.journal.read(after, STRIDE)?;
            let Some(newest) = entries.last() else { break };
            after = newest.position;
            let mut bodies = Vec::new();
            for Entry { position, record } in entries {
                let body = wiped_for_all(position, record, jobs, &named);
                bodies.extend(body.map(|body| (position, body)));
            }
            self.journal.rewrite(&bodies)?;
        }
        let facts = jobs.iter().map(|(_, account)| account.fact()).collect();
        self.commit(Change { facts, ..Change::default() })
    }
}

/// The payload of a block without these messages, and how many entries were wiped.
fn without(block: &Block, names: &Names) -> Option<(Vec<u8>, usize)> {
    let heads = Heads::decode(&block.heads).ok()?;
    let (mut payload, mut start, mut entries) = (block.payload.to_vec(), 0, 0);
    for head in &heads.entries {
        let end = start + head.length as usize;
        let messages = payload.get_mut(start..end)?;
        if !is_wiped(messages) && names.own_any(messages) {
            wipe(messages);
            entries += 1;
        }
        start = end;
    }
    (entries > 0).then_some((payload, entries))
}

fn wiped_for_all(
    position: Position,
    mut record: Record,
    jobs: &mut [(Forgetting, Account)],
    named: &[Names],
) -> Option<bytes::Bytes> {
    let mut changed = false;
    for ((job, account), names) in jobs.iter_mut().zip(named) {
        let erased = (position <= job.position()).then(|| forget::wipe(names, &record)).flatten();
        let Some(erased) = erased else { continue };
        account.here.journal_records += 1;
        account.here.journal_events += erased.events;
        record.body = erased.body.into();
        changed = true;
    }
    changed.then_some(record.body)
}
