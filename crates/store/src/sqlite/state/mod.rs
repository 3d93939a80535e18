//! The state in `state.db`: a file of small tables, one module each, changed together by [`State::commit`].

mod dead_letters;
mod facts;
mod flows;
mod ledger;
mod marks;
mod notes;
mod outbox;
mod prune;

use super::backup;
use super::database::{Database, Kind};
use super::migration;
use super::options::Options;
use super::ownership::Ownership;
use super::pack::Packer;
use super::readers::Readers;
use super::scrub;
use super::writer::Writer;
use crate::state::{
    Block, BlockId, Change, DeadLetter, DeadLetterQuery, DeadLetterReason, DeadLetterStatus, EachNote, Fact,
    FlowVersion, LedgerRow, List, Note, Order, Prune, State,
};
use crate::{Error, Position};
use bytes::Bytes;
use rusqlite::Connection;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub(super) static KIND: Kind = Kind {
    file: "state.db",
    page_bytes: 4096,
    synchronous: "NORMAL",
    versions: &[include_str!("v1.sql"), include_str!("v2.sql")],
};

/// The embedded state.
#[derive(Debug)]
pub struct SqliteState {
    readers: Readers,
    /// `None` when opened for reading only.
    writing: Option<Writing>,
}

/// What only the process that writes has.
struct Writing {
    clock: fn() -> i64,
    packer: Mutex<Packer>,
    writer: Writer,
}

impl fmt::Debug for Writing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writing").field("writer", &self.writer).finish_non_exhaustive()
    }
}

impl SqliteState {
    pub(super) fn open(directory: &Path, options: &Options, ownership: Ownership) -> Result<Self, Error> {
        let database = Database::new(directory, &KIND);
        let connection = database.writer(options.state_cache_kib)?;
        migration::run(&database, &connection)?;
        let writing = Writing {
            clock: options.clock,
            packer: Mutex::default(),
            writer: Writer::new(database.clone(), connection, options.wal_bytes, ownership)?,
        };
        Ok(Self::new(database, options, Some(writing)))
    }

    pub(super) fn open_read_only(directory: &Path, options: &Options) -> Result<Self, Error> {
        let database = Database::new(directory, &KIND);
        migration::expect_current(&database, &database.reader(options.reader_cache_kib)?)?;
        Ok(Self::new(database, options, None))
    }

    fn new(database: Database, options: &Options, writing: Option<Writing>) -> Self {
        Self { readers: Readers::new(database, options.reader_cache_kib, options.readers), writing }
    }

    /// Writes a compact copy of the state, as it is now, to a file that does not exist yet.
    pub(super) fn backup(&self, file: &Path) -> Result<(), Error> {
        backup::copy(&self.readers, file)
    }

    fn writing(&self) -> Result<&Writing, Error> {
        self.writing
            .as_ref()
            .ok_or_else(|| Error::ReadOnly { path: self.readers.database().directory.display().to_string() })
    }
}

impl State for SqliteState {
    fn commit(&self, change: &Change) -> Result<(), Error> {
        let writing = self.writing()?;
        let mut packer = writing.packer.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (writing.clock)();
        writing
            .writer
            .commit("committing a change", |transaction| apply(transaction, change, &mut packer, now))
    }

    fn cursor(&self) -> Result<Position, Error> {
        self.readers.with("reading the cursor", marks::cursor)
    }

    fn facts(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.readers.with("reading facts", |connection| facts::get(connection, keys))
    }

    fn facts_with_prefix(&self, prefix: &[u8], after: Option<&[u8]>, limit: u32) -> Result<Vec<Fact>, Error> {
        self.readers.with("reading facts", |connection| facts::with_prefix(connection, prefix, after, limit))
    }

    fn last_block(&self) -> Result<BlockId, Error> {
        self.readers.with("reading the last block's number", marks::last_block)
    }

    fn outbox(&self, destination: &str, after: BlockId, max_bytes: usize) -> Result<Vec<Block>, Error> {
        let doing = "reading the outbox";
        self.readers
            .with(doing, |connection| outbox::unfinished(connection, destination, after, max_bytes))?
            .into_iter()
            .map(outbox::Stored::open)
            .collect()
    }

    fn blocks_from(&self, first: Position, last: Position) -> Result<Vec<Block>, Error> {
        self.readers.with("reading the outbox", |connection| outbox::touching(connection, first, last))
    }

    fn pending(&self, each: &mut dyn FnMut(Block)) -> Result<(), Error> {
        let mut after = BlockId(0);
        loop {
            let page =
                self.readers.with("reading the outbox", |connection| outbox::pending(connection, after))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            page.into_iter().for_each(&mut *each);
        }
    }

    fn ledger(&self, since_hour: i64) -> Result<Vec<LedgerRow>, Error> {
        self.readers.with("reading the ledger", |connection| ledger::since(connection, since_hour))
    }

    fn balance(&self, since_hour: i64, each: &mut dyn FnMut(Block)) -> Result<Vec<LedgerRow>, Error> {
        self.readers.with("reading the ledger", |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let mut after = BlockId(0);
            loop {
                let page = outbox::pending(&snapshot, after)?;
                let Some(last) = page.last() else { break };
                after = last.id;
                page.into_iter().for_each(&mut *each);
            }
            ledger::since(&snapshot, since_hour)
        })
    }

    fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Vec<DeadLetter>, Error> {
        self.readers.with("reading dead letters", |connection| dead_letters::list(connection, query))
    }

    fn dead_letter_reasons(&self, status: DeadLetterStatus) -> Result<Vec<DeadLetterReason>, Error> {
        self.readers.with("counting dead letters", |connection| dead_letters::reasons(connection, status))
    }

    fn dead_letter(&self, id: &str) -> Result<Option<DeadLetter>, Error> {
        self.readers.with("reading a dead letter", |connection| dead_letters::get(connection, id))
    }

    fn notes(&self, list: List, since: i64) -> Result<Vec<Note>, Error> {
        let mut notes = Vec::new();
        self.each_note(list, Order::Since(since), &mut |at, data| {
            notes.push(Note { list, at, data: Bytes::copy_from_slice(data) });
            ControlFlow::Continue(())
        })?;
        Ok(notes)
    }

    fn each_note(&self, list: List, order: Order, each: EachNote<'_>) -> Result<(), Error> {
        self.readers.with("reading notes", |connection| notes::each(connection, list, order, each))
    }

    fn flow_versions(&self, name: &str) -> Result<Vec<FlowVersion>, Error> {
        self.readers.with("reading flows", |connection| flows::versions(connection, name))
    }

    fn active_flows(&self) -> Result<Vec<FlowVersion>, Error> {
        self.readers.with("reading flows", flows::active)
    }

    fn save_flows(&self, flows: &[(String, String)], author: &str, at: i64) -> Result<Vec<u32>, Error> {
        let writer = &self.writing()?.writer;
        writer.commit("saving flows", |transaction| flows::save(transaction, flows, author, at))
    }

    fn activate_flow(&self, name: &str, version: u32) -> Result<(), Error> {
        let writer = &self.writing()?.writer;
        let doing = "activating a flow";
        let known = writer.commit(doing, |transaction| flows::activate(transaction, name, version))?;
        known.then_some(()).ok_or_else(|| Error::NotFound(format!("version {version} of flow {name:?}")))
    }

    fn prune(&self, prune: Prune) -> Result<(), Error> {
        prune::run(&self.writing()?.writer, prune)
    }

    fn scrub(&self) -> Result<(), Error> {
        scrub::run(&self.readers, &self.writing()?.writer)
    }
}

/// Applies a change, field by field in the order in which they are declared.
fn apply(connection: &Connection, change: &Change, packer: &mut Packer, now: i64) -> rusqlite::Result<()> {
    if let Some(cursor) = change.cursor {
        marks::set_cursor(connection, cursor)?;
    }
    facts::put(connection, &change.facts)?;
    outbox::add(connection, &change.outbox, packer)?;
    outbox::settle(connection, &change.settlements, now)?;
    outbox::rewrite(connection, &change.rewrites, packer)?;
    dead_letters::add(connection, &change.dead_letters)?;
    dead_letters::resolve(connection, &change.resolutions)?;
    dead_letters::erase(connection, &change.erased_letters)?;
    ledger::add(connection, &change.ledger)?;
    notes::add(connection, &change.notes)
}

#[cfg(test)]
mod tests;
