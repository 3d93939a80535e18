//! A store that can be told to make trouble.

use bytes::Bytes;
use causeway_store::sqlite::Store;
use causeway_store::state::{
    Block, Change, DeadLetter, DeadLetterQuery, DeadLetterReason, DeadLetterStatus, EachNote, FlowVersion,
    LedgerRow, List, Note, Order, Prune,
};
use causeway_store::{BlockId, Entry, Error, Extent, Journal, Position, Record, Retention, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Sees what is written, before and after; an error stands in the place of what was to happen, or of its outcome.
pub(crate) trait Witness: Send + Sync {
    fn before_append(&self) -> Result<(), Error>;
    fn after_append(&self) -> Result<(), Error>;
    fn before_commit(&self) -> Result<(), Error>;
    fn after_commit(&self, state: &dyn State, change: &Change) -> Result<(), Error>;
}

/// The switches; off at first.
#[derive(Clone, Default)]
pub(crate) struct Trouble {
    /// Who looks on.
    pub(crate) witness: Option<Arc<dyn Witness>>,
    /// The journal's disk has no room.
    pub(crate) journal_full: Arc<AtomicBool>,
    /// Three of the journal's records are damaged.
    pub(crate) journal_damaged: Arc<AtomicBool>,
    /// Records can't be given other bodies.
    pub(crate) rewrites_fail: Arc<AtomicBool>,
    /// What is read from the journal is held back until this is off again.
    pub(crate) readers_wait: Arc<AtomicBool>,
    /// Appends are durable at once, and told only when this is off again.
    pub(crate) appends_wait: Arc<AtomicBool>,
    /// Facts that are read from the state are held back until this is off again.
    pub(crate) facts_wait: Arc<AtomicBool>,
    /// Commits of the state wait until this is off again.
    pub(crate) state_stalls: Arc<AtomicBool>,
    /// The state's disk has no room.
    pub(crate) state_full: Arc<AtomicBool>,
    /// The state's disk is broken.
    pub(crate) state_broken: Arc<AtomicBool>,
    /// The state has a bug.
    pub(crate) state_panics: Arc<AtomicBool>,
}

impl Trouble {
    pub(crate) fn around(&self, store: Store) -> (Arc<dyn Journal>, Arc<dyn State>) {
        let journal = Troubled { inner: store.journal, trouble: self.clone() };
        let state = Troubled { inner: store.state, trouble: self.clone() };
        (Arc::new(journal), Arc::new(state))
    }
}

struct Troubled<T> {
    inner: T,
    trouble: Trouble,
}

fn wait_while(switch: &AtomicBool) {
    while switch.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn full() -> Error {
    Error::Full { path: "the test's disk".to_owned() }
}

impl<J: Journal> Journal for Troubled<J> {
    fn append(&self, records: &[Record]) -> Result<Position, Error> {
        if self.trouble.journal_full.load(Ordering::SeqCst) {
            return Err(full());
        }
        let Some(witness) = &self.trouble.witness else {
            let appended = self.inner.append(records);
            wait_while(&self.trouble.appends_wait);
            return appended;
        };
        witness.before_append()?;
        let appended = self.inner.append(records)?;
        witness.after_append().map(|()| appended)
    }

    fn read(&self, after: Position, max_bytes: usize) -> Result<Vec<Entry>, Error> {
        wait_while(&self.trouble.readers_wait);
        self.inner.read(after, max_bytes)
    }

    fn range(&self, first: Position, last: Position) -> Result<Vec<Entry>, Error> {
        self.inner.range(first, last)
    }

    fn position_at(&self, at: i64) -> Result<Position, Error> {
        self.inner.position_at(at)
    }

    fn extent(&self) -> Result<Extent, Error> {
        self.inner.extent()
    }

    fn retain(&self, retention: Retention) -> Result<u64, Error> {
        self.inner.retain(retention)
    }

    fn rewrite(&self, bodies: &[(Position, Bytes)]) -> Result<(), Error> {
        if self.trouble.rewrites_fail.load(Ordering::SeqCst) {
            return Err(full());
        }
        self.inner.rewrite(bodies)
    }

    fn scrub(&self) -> Result<(), Error> {
        self.inner.scrub()
    }

    fn damaged(&self) -> Vec<(Position, Position)> {
        if self.trouble.journal_damaged.load(Ordering::SeqCst) {
            return vec![(Position(7), Position(8)), (Position(11), Position(11))];
        }
        self.inner.damaged()
    }
}

impl<S: State> State for Troubled<S> {
    fn commit(&self, change: &Change) -> Result<(), Error> {
        wait_while(&self.trouble.state_stalls);
        if self.trouble.state_full.load(Ordering::SeqCst) {
            return Err(full());
        }
        assert!(!self.trouble.state_panics.load(Ordering::SeqCst), "a bug, as the test wished");
        if self.trouble.state_broken.load(Ordering::SeqCst) {
            return Err(Error::Poisoned("the test broke it".to_owned()));
        }
        let Some(witness) = &self.trouble.witness else { return self.inner.commit(change) };
        witness.before_commit()?;
        self.inner.commit(change)?;
        witness.after_commit(&self.inner, change)
    }

    fn cursor(&self) -> Result<Position, Error> {
        self.inner.cursor()
    }

    fn facts(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        wait_while(&self.trouble.facts_wait);
        self.inner.facts(keys)
    }

    fn facts_with_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Error> {
        self.inner.facts_with_prefix(prefix, after, limit)
    }

    fn last_block(&self) -> Result<BlockId, Error> {
        self.inner.last_block()
    }

    fn outbox(&self, destination: &str, after: BlockId, max_bytes: usize) -> Result<Vec<Block>, Error> {
        self.inner.outbox(destination, after, max_bytes)
    }

    fn blocks_from(&self, first: Position, last: Position) -> Result<Vec<Block>, Error> {
        self.inner.blocks_from(first, last)
    }

    fn pending(&self, each: &mut dyn FnMut(Block)) -> Result<(), Error> {
        self.inner.pending(each)
    }

    fn ledger(&self, since_hour: i64) -> Result<Vec<LedgerRow>, Error> {
        self.inner.ledger(since_hour)
    }

    fn balance(&self, since_hour: i64, each: &mut dyn FnMut(Block)) -> Result<Vec<LedgerRow>, Error> {
        self.inner.balance(since_hour, each)
    }

    fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Vec<DeadLetter>, Error> {
        self.inner.dead_letters(query)
    }

    fn dead_letter_reasons(&self, status: DeadLetterStatus) -> Result<Vec<DeadLetterReason>, Error> {
        self.inner.dead_letter_reasons(status)
    }

    fn dead_letter(&self, id: &str) -> Result<Option<DeadLetter>, Error> {
        self.inner.dead_letter(id)
    }

    fn notes(&self, list: List, since: i64) -> Result<Vec<Note>, Error> {
        self.inner.notes(list, since)
    }

    fn each_note(&self, list: List, order: Order, each: EachNote<'_>) -> Result<(), Error> {
        self.inner.each_note(list, order, each)
    }

    fn flow_versions(&self, name: &str) -> Result<Vec<FlowVersion>, Error> {
        self.inner.flow_versions(name)
    }

    fn active_flows(&self) -> Result<Vec<FlowVersion>, Error> {
        self.inner.active_flows()
    }

    fn save_flows(&self, flows: &[(String, String)], author: &str, at: i64) -> Result<Vec<u32>, Error> {
        self.inner.save_flows(flows, author, at)
    }

    fn activate_flow(&self, name: &str, version: u32) -> Result<(), Error> {
        self.inner.activate_flow(name, version)
    }

    fn prune(&self, prune: Prune) -> Result<(), Error> {
        self.inner.prune(prune)
    }

    fn scrub(&self) -> Result<(), Error> {
        self.inner.scrub()
    }
}
