//! The state: everything that follows from the journal, changed only by whole [`Change`]s.
//!
//! One commit carries the engine's cursor, what it learned, what is to be sent and what was counted, so a crash
//! re-does work and never half-does it. Payloads are opaque to the store.

use crate::{Error, Position};
use bytes::Bytes;
use std::ops::ControlFlow;

/// The number of a block in the outbox; given by the engine, strictly increasing over all destinations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u64);

/// A run of outgoing entries for one destination, kept and loaded together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub id: BlockId,
    /// The destination's name.
    pub destination: String,
    /// When the events in it were accepted, truncated to the hour, in milliseconds since the Unix epoch.
    pub hour: i64,
    /// The journal positions that it was made from, inclusive.
    pub from: (Position, Position),
    /// How many entries it has.
    pub entries: u32,
    /// Fixed-size heads of the entries: small, read often, never compressed.
    pub heads: Bytes,
    /// The entries' payloads, compressed by the backend where that saves room.
    pub payload: Bytes,
    /// One bit an entry, least significant bit first; set when the entry needs no more work. Empty means none set.
    pub settled: Bytes,
}

/// How far a block's delivery has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Some entries are settled: the whole bitmap, replacing the former one.
    Progress(BlockId, Bytes),
    /// All are; the payload may go. The heads stay until [`State::prune`] removes them, for traces.
    Finished(BlockId),
}

/// An addition to one counter row of the ledger. `pending` is not counted here: it is what the outbox holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events that the flow was given.
    pub accepted: i64,
    /// Events whose every message the vendor took.
    pub delivered: i64,
    /// Events that the flow had nothing to send for, and why is in the trace: trigger, duplicate, plan, loop.
    pub filtered: i64,
    /// Events that ended as dead letters and are still there.
    pub dead_lettered: i64,
}

/// A ledger row: one flow in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The flow's name.
    pub flow: String,
    /// The hour in which the events were accepted, in milliseconds since the Unix epoch.
    pub hour: i64,
    /// The counters.
    pub tally: Tally,
}

/// What could not be delivered or processed, kept until somebody retries or discards it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id: derived, so that the same failure never makes two.
    pub id: String,
    /// The flow that it belongs to.
    pub flow: String,
    /// The destination's name, or the intake's for what never got past it.
    pub destination: String,
    /// The event's id.
    pub event: String,
    /// The person's key, empty if unknown.
    pub person: String,
    /// A stable word for the cause, e.g. `refused`, `invalid`, `plan`, `mapping`.
    pub cause: String,
    /// What happened, in words, with the vendor's own words if any.
    pub reason: String,
    /// What was to be sent (or what came, for `invalid`), as JSON text.
    pub payload: Bytes,
    /// The attempts as a JSON array.
    pub attempts: String,
    /// The hour in which its event was accepted.
    pub hour: i64,
    /// When it died, in milliseconds since the Unix epoch.
    pub died_at: i64,
    /// The journal position that it came from.
    pub position: Position,
    /// `dead`, `retried` or `discarded`.
    pub status: DeadLetterStatus,
    /// Why it was discarded or by whom it was retried; empty while dead.
    pub note: String,
    /// Which text of the flow it died of, in a word of the engine's; empty if none did or it was not noted.
    pub revision: String,
}

/// Where a dead letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterStatus {
    /// Waiting for a decision.
    Dead,
    /// Sent again; its new fate is its own.
    Retried,
    /// Given up, with a note saying why.
    Discarded,
}

/// Which dead letters to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterQuery {
    /// Only this flow's.
    pub flow: Option<String>,
    /// Only those whose reason contains this text.
    pub reason: Option<String>,
    /// Only those with this status.
    pub status: Option<DeadLetterStatus>,
    /// Only this event's.
    pub event: Option<String>,
    /// Only those of the person with exactly this key.
    pub person: Option<String>,
    /// Only those whose payload contains this text, byte for byte.
    pub mentions: Option<String>,
    /// At most this many, newest first; 0 means all.
    pub limit: u32,
}

/// Dead letters of one flow that died for the very same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterReason {
    /// The flow.
    pub flow: String,
    /// The destination's name, or the intake's.
    pub destination: String,
    /// The word for the cause.
    pub cause: String,
    /// What happened, in words.
    pub reason: String,
    /// How many there are.
    pub count: u64,
    /// When the first died, in milliseconds since the Unix epoch.
    pub first: i64,
    /// When the last died.
    pub last: i64,
    /// The id of one of them.
    pub example: String,
}

/// A dead letter's change of status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The dead letter.
    pub id: String,
    /// Its new status.
    pub status: DeadLetterStatus,
    /// Why, or by whom.
    pub note: String,
}

/// One row of an append-only list of small blobs: recently seen ids, delivery attempts, look-up filters, audit notes.
/// The list's meaning is its writer's; rows are read back by time and pruned by age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which list.
    pub list: List,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What.
    pub data: Bytes,
}

/// The append-only lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Hashes of events seen lately, for de-duplication.
    Seen,
    /// Delivery attempts, one row a batch.
    Attempts,
    /// Look-up filters over journal ranges, for traces.
    Spans,
    /// Who changed what.
    Audit,
}

/// In which order the notes of a list are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first, from this instant (milliseconds since the Unix epoch) on.
    Since(i64),
    /// Newest first.
    Back,
}

/// What is done with each note: its instant and its data.
pub type EachNote<'a> = &'a mut dyn FnMut(i64, &[u8]) -> ControlFlow<()>;

/// A key and what is known under it; both are the engine's own bytes.
pub type Fact = (Vec<u8>, Vec<u8>);

/// One atomic change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The engine has done everything up to here.
    pub cursor: Option<Position>,
    /// What is now known under a key; `None` forgets it.
    pub facts: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// What is to be sent.
    pub outbox: Vec<Block>,
    /// What needs no more sending.
    pub settlements: Vec<Settlement>,
    /// Other payloads for unfinished blocks, of the same lengths, since heads say where entries lie. Those of finished
    /// and unknown blocks are passed over: they have none. A change with another length is refused.
    pub rewrites: Vec<(BlockId, Bytes)>,
    /// What died.
    pub dead_letters: Vec<DeadLetter>,
    /// What became of the dead.
    pub resolutions: Vec<Resolution>,
    /// Dead letters to be deleted for good, by id, whatever became of them.
    pub erased_letters: Vec<String>,
    /// What is counted, added to the rows.
    pub ledger: Vec<LedgerRow>,
    /// What is noted.
    pub notes: Vec<Note>,
}

/// One version of a flow made or imported by a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVersion {
    /// The flow's name.
    pub name: String,
    /// 1, 2, 3, …
    pub version: u32,
    /// Whether this version is the one that runs.
    pub active: bool,
    /// When it was made, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Who made it.
    pub author: String,
    /// The flow as a file would have it.
    pub definition: String,
}

/// What is deleted by [`State::prune`], each in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prune {
    /// Notes of [`List::Seen`] before this.
    pub seen_before: i64,
    /// Notes of [`List::Attempts`] and [`List::Spans`], and finished blocks, before this.
    pub traces_before: i64,
    /// Resolved dead letters before this.
    pub dead_letters_before: i64,
    /// Notes of [`List::Audit`] before this.
    pub audit_before: i64,
}

/// Everything that follows from the journal. All methods block; [`State::commit`] is called by one owner at a time.
pub trait State: Send + Sync + 'static {
    /// Applies the whole change or nothing of it. Survives a crash of the process once this returns; a loss of power
    /// may undo the latest changes together (never one without those before it), and the journal brings them back.
    /// A change with a block whose number is taken is refused.
    fn commit(&self, change: &Change) -> Result<(), Error>;

    /// The last record that the engine has finished.
    fn cursor(&self) -> Result<Position, Error>;

    /// What is known under each key, in the keys' order.
    fn facts(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, Error>;

    /// Known keys with this prefix and their values, in key order, after `after` (exclusive), at most `limit`.
    fn facts_with_prefix(&self, prefix: &[u8], after: Option<&[u8]>, limit: u32) -> Result<Vec<Fact>, Error>;

    /// The highest block number ever used; 0 if none.
    fn last_block(&self) -> Result<BlockId, Error>;

    /// Unfinished blocks of a destination with numbers above `after`, oldest first, until about `max_bytes` of payload.
    fn outbox(&self, destination: &str, after: BlockId, max_bytes: usize) -> Result<Vec<Block>, Error>;

    /// Blocks, finished or not and without payload, whose journal range touches the given one.
    fn blocks_from(&self, first: Position, last: Position) -> Result<Vec<Block>, Error>;

    /// Heads and bitmaps of every unfinished block, without payload, passed one by one.
    fn pending(&self, each: &mut dyn FnMut(Block)) -> Result<(), Error>;

    /// The ledger's rows from this hour on, oldest first.
    fn ledger(&self, since_hour: i64) -> Result<Vec<LedgerRow>, Error>;

    /// The ledger's rows from this hour on, and every unfinished block without payload, all of one moment: what
    /// [`State::ledger`] and [`State::pending`] give, but nothing can be committed between the two.
    fn balance(&self, since_hour: i64, each: &mut dyn FnMut(Block)) -> Result<Vec<LedgerRow>, Error>;

    /// Dead letters, newest first.
    fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Vec<DeadLetter>, Error>;

    /// Dead letters with this status, counted by flow, destination, cause and reason.
    fn dead_letter_reasons(&self, status: DeadLetterStatus) -> Result<Vec<DeadLetterReason>, Error>;

    /// One dead letter.
    fn dead_letter(&self, id: &str) -> Result<Option<DeadLetter>, Error>;

    /// Notes of a list from `since` (milliseconds) on, oldest first.
    fn notes(&self, list: List, since: i64) -> Result<Vec<Note>, Error>;

    /// Passes a list's notes one by one, when each is of and what it says, until `each` breaks; a backend does so without
    /// holding more than a few of them in memory.
    fn each_note(&self, list: List, order: Order, each: EachNote<'_>) -> Result<(), Error>;

    /// Every version of a flow, oldest first.
    fn flow_versions(&self, name: &str) -> Result<Vec<FlowVersion>, Error>;

    /// The active version of every flow that has one.
    fn active_flows(&self) -> Result<Vec<FlowVersion>, Error>;

    /// Saves all these definitions (name, text) as new active versions, or none of them; answers their numbers.
    fn save_flows(&self, flows: &[(String, String)], author: &str, at: i64) -> Result<Vec<u32>, Error>;

    /// Makes an earlier version the active one again.
    fn activate_flow(&self, name: &str, version: u32) -> Result<(), Error>;

    /// Deletes what has outlived its use, in small steps.
    fn prune(&self, prune: Prune) -> Result<(), Error>;

    /// Wipes what rows left behind that were deleted or replaced before this was called: once it returns, their bytes are
    /// in none of the files. Works beside everything else in small steps that never hold up a commit for long; takes
    /// about as long as reading the file twice.
    fn scrub(&self) -> Result<(), Error>;
}
