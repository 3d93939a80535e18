//! Outgoing blocks: how entries are laid out in the opaque bytes that the store keeps.
//!
//! ```text
//! heads    version u8 · flows u8 · (length u8 · name · revision u64)* · head*     (version 1 has no revisions)
//! head     flow u8 · messages u8 · slot u16 · length u32 · event u128 · time i64     (little endian, 32 bytes)
//! payload  the entries' messages one after another, the messages of one entry joined by commas
//! ```
//!
//! An entry is what one flow made of one event: one message or a few, sent together, counted once. Heads are enough to
//! schedule, to count and to find; payloads are only touched to be sent.

use crate::event::EventId;
use crate::flow::{Flow, Revision};
use bytes::Bytes;
use causeway_store::state::Block;
use causeway_store::{BlockId, Position};
use std::collections::BTreeMap;

const VERSION: u8 = 2;

/// Heads without revisions, as stores hold them that an older version wrote.
const WITHOUT_REVISIONS: u8 = 1;
const HEAD: usize = 32;

/// What is known of an entry without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Place of the flow's name in the block's list.
    pub flow: u8,
    /// How many messages the payload holds.
    pub messages: u8,
    /// The person's slot; entries of one slot are sent in order.
    pub slot: u16,
    /// Bytes of payload.
    pub length: u32,
    /// The event's id.
    pub event: EventId,
    /// The event's own time, in milliseconds since the Unix epoch.
    pub time: i64,
}

/// Who made an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maker<'a> {
    /// The flow's name.
    pub flow: &'a str,
    /// Which text of it; none of what Causeway makes without one.
    pub revision: Revision,
}

impl<'a> From<&'a Flow> for Maker<'a> {
    fn from(flow: &'a Flow) -> Self {
        Self { flow: flow.name(), revision: flow.revision() }
    }
}

impl<'a> From<&'a str> for Maker<'a> {
    fn from(flow: &'a str) -> Self {
        Self { flow, revision: Revision::NONE }
    }
}

/// Gathers entries for one destination and one hour into a block.
#[derive(Debug)]
pub struct Builder {
    destination: String,
    hour: i64,
    flows: Vec<(String, Revision)>,
    heads: Vec<u8>,
    payload: Vec<u8>,
    entries: u32,
    from: Option<(Position, Position)>,
}

impl Builder {
    /// An empty block.
    pub fn new(destination: &str, hour: i64) -> Self {
        Self::with_room(destination, hour, 0)
    }

    /// An empty block that will probably get so many bytes of payload: growing into them would copy them twice and
    /// leave room unused for as long as the block is in memory.
    pub fn with_room(destination: &str, hour: i64, bytes: usize) -> Self {
        Self {
            destination: destination.to_owned(),
            hour,
            flows: Vec::new(),
            heads: Vec::new(),
            payload: Vec::with_capacity(bytes),
            entries: 0,
            from: None,
        }
    }

    /// The destination's name.
    pub fn destination(&self) -> &str {
        &self.destination
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Where the next entry's payload is to be written, before [`Builder::add`] is called for it.
    pub fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.payload
    }

    /// Takes back what was written for an entry that is not added after all.
    pub fn take_back(&mut self, start: usize) {
        self.payload.truncate(start);
    }

    /// Adds the entry whose payload was written since `start`.
    pub fn add<'m>(&mut self, maker: impl Into<Maker<'m>>, event: EventId, made: Made) {
        let head = Head {
            flow: self.flow_place(maker.into()),
            messages: made.messages,
            slot: made.slot,
            length: (self.payload.len() - made.start) as u32,
            event,
            time: made.time,
        };
        self.heads.extend_from_slice(&head.to_bytes());
        self.entries += 1;
        let (first, last) = self.from.unwrap_or((made.position, made.position));
        self.from = Some((first.min(made.position), last.max(made.position)));
    }

    /// The finished block.
    pub fn build(self, id: BlockId) -> Block {
        let mut heads = vec![VERSION, self.flows.len() as u8];
        for (flow, revision) in &self.flows {
            heads.push(flow.len() as u8);
            heads.extend_from_slice(flow.as_bytes());
            heads.extend_from_slice(&revision.0.to_le_bytes());
        }
        heads.extend_from_slice(&self.heads);
        Block {
            id,
            destination: self.destination,
            hour: self.hour,
            from: self.from.unwrap_or_default(),
            entries: self.entries,
            heads: heads.into(),
            payload: self.payload.into(),
            settled: Bytes::new(),
        }
    }

    fn flow_place(&mut self, Maker { flow, revision }: Maker<'_>) -> u8 {
        let found = self.flows.iter().position(|known| known.1 == revision && known.0 == flow);
        found.unwrap_or_else(|| {
            self.flows.push((flow.to_owned(), revision));
            self.flows.len() - 1
        }) as u8
    }
}

/// What a flow made of an event, beside its payload.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// Where its payload starts in the builder.
    pub start: usize,
    /// How many messages.
    pub messages: u8,
    /// The person's slot.
    pub slot: u16,
    /// The event's own time.
    pub time: i64,
    /// The record that it came from.
    pub position: Position,
}

impl Head {
    fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0] = self.flow;
        bytes[1] = self.messages;
        bytes[2..4].copy_from_slice(&self.slot.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8..24].copy_from_slice(&self.event.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.time.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; HEAD]) -> Self {
        let [flow, messages, s0, s1, l0, l1, l2, l3, rest @ ..] = *bytes;
        let (event, time) = rest.split_at(16);
        Self {
            flow,
            messages,
            slot: u16::from_le_bytes([s0, s1]),
            length: u32::from_le_bytes([l0, l1, l2, l3]),
            event: EventId(u128::from_le_bytes(event.try_into().expect("sixteen bytes were split off"))),
            time: i64::from_le_bytes(time.try_into().expect("eight of twenty-four bytes are left")),
        }
    }
}

/// The heads of a block, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads {
    /// The names that [`Head::flow`] points into.
    pub flows: Vec<String>,
    /// Which text of each of these flows it was.
    pub revisions: Vec<Revision>,
    /// One head an entry.
    pub entries: Vec<Head>,
}

/// The bytes of a block's heads are not what [`Builder::build`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the outbox block has heads of an unknown shape")]
pub struct Malformed;

impl Heads {
    /// Decodes the heads.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (&[version, count], mut rest) = bytes.split_first_chunk().ok_or(Malformed)?;
        if ![VERSION, WITHOUT_REVISIONS].contains(&version) {
            return Err(Malformed);
        }
        let mut flows = Vec::with_capacity(usize::from(count));
        let mut revisions = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let (&length, after) = rest.split_first().ok_or(Malformed)?;
            let (name, after) = after.split_at_checked(usize::from(length)).ok_or(Malformed)?;
            flows.push(String::from_utf8(name.to_vec()).map_err(|_| Malformed)?);
            let (revision, after) = if version == WITHOUT_REVISIONS {
                (Revision::NONE, after)
            } else {
                let (bytes, after) = after.split_first_chunk().ok_or(Malformed)?;
                (Revision(u64::from_le_bytes(*bytes)), after)
            };
            revisions.push(revision);
            rest = after;
        }
        let (heads, left) = rest.as_chunks::<HEAD>();
        let entries: Vec<Head> = heads.iter().map(Head::from_bytes).collect();
        let known = entries.iter().all(|head| usize::from(head.flow) < flows.len());
        if known && left.is_empty() { Ok(Self { flows, revisions, entries }) } else { Err(Malformed) }
    }

    /// The name of an entry's flow.
    pub fn flow(&self, entry: &Head) -> &str {
        &self.flows[usize::from(entry.flow)]
    }

    /// Which text of that flow it was.
    pub fn revision(&self, entry: &Head) -> Revision {
        self.revisions[usize::from(entry.flow)]
    }
}

/// Which entries of a block need no more work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    bits: Vec<u8>,
    left: u32,
}

impl Settled {
    /// From the store's bytes (empty: nothing settled yet).
    pub fn decode(bytes: &[u8], entries: u32) -> Self {
        let mut bits = bytes.to_vec();
        bits.resize((entries as usize).div_ceil(8), 0);
        let mut settled = Self { bits, left: 0 };
        settled.left = (0..entries).filter(|&entry| !settled.contains(entry)).count() as u32;
        settled
    }

    /// Whether this entry is settled.
    pub fn contains(&self, entry: u32) -> bool {
        self.bits[entry as usize / 8] >> (entry % 8) & 1 == 1
    }

    /// Settles an entry; answers whether it was not settled before.
    pub fn insert(&mut self, entry: u32) -> bool {
        let fresh = !self.contains(entry);
        if fresh {
            self.bits[entry as usize / 8] |= 1 << (entry % 8);
            self.left -= 1;
        }
        fresh
    }

    /// How many entries are not settled.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// The bytes for the store.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::copy_from_slice(&self.bits)
    }
}

/// Counts the unsettled entries of a block by flow. A block of unknown shape counts under its destination's name, so
/// that it shows in the ledger as an imbalance instead of vanishing.
pub fn unsettled_by_flow(block: &Block) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    let settled = Settled::decode(&block.settled, block.entries);
    match Heads::decode(&block.heads) {
        Ok(heads) => {
            let open = heads.entries.iter().enumerate().filter(|(entry, _)| !settled.contains(*entry as u32));
            for (_, head) in open {
                *counts.entry(heads.flow(head).to_owned()).or_insert(0) += 1;
            }
        }
        Err(Malformed) => _ = counts.insert(block.destination.clone(), i64::from(settled.left())),
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_of(lengths: &[usize]) -> Block {
        let mut builder = Builder::new("segment", 0);
        for (place, &length) in lengths.iter().enumerate() {
            let start = builder.payload().len();
            builder.payload().extend(std::iter::repeat_n(b'x', length));
            let position = Position(place as u64 + 1);
            let made = Made { start, messages: 1, slot: place as u16, time: -5, position };
            builder.add(if place % 2 == 0 { "even" } else { "odd" }, EventId(place as u128), made);
        }
        builder.build(BlockId(9))
    }

    #[test]
    fn heads_survive_the_way_through_the_store() {
        let block = block_of(&[3, 0, 70_000]);
        let heads = Heads::decode(&block.heads).unwrap();
        assert_eq!(heads.entries.iter().map(|head| head.length).collect::<Vec<_>>(), [3, 0, 70_000]);
        assert_eq!(
            heads.entries.iter().map(|head| heads.flow(head)).collect::<Vec<_>>(),
            ["even", "odd", "even"]
        );
        assert_eq!((block.from, heads.entries[1].time), ((Position(1), Position(3)), -5));
    }

    #[test]
    fn damaged_heads_are_refused_and_never_panic() {
        let heads = block_of(&[1, 2]).heads;
        // Cut off right after the names, or between two heads, what is left has the shape of a shorter block.
        let names = 2 + 1 + "even".len() + 8 + 1 + "odd".len() + 8;
        let readable: Vec<usize> =
            (0..heads.len()).filter(|&end| Heads::decode(&heads[..end]).is_ok()).collect();
        assert_eq!(readable, [names, names + HEAD]);
    }

    #[test]
    fn heads_of_before_revisions_are_read_as_made_by_no_revision_in_particular() {
        let mut old = vec![WITHOUT_REVISIONS, 1, 3];
        old.extend_from_slice(b"old");
        old.extend_from_slice(&[0; HEAD]);
        let heads = Heads::decode(&old).unwrap();
        assert_eq!((&*heads.flows[0], heads.revision(&heads.entries[0])), ("old", Revision::NONE));
    }

    #[test]
    fn two_texts_of_one_flow_stay_apart_in_a_block() {
        let mut builder = Builder::new("segment", 0);
        for revision in [7, 8, 7].map(Revision) {
            let made = Made { start: 0, messages: 1, slot: 0, time: 0, position: Position(1) };
            builder.add(Maker { flow: "f", revision }, EventId(0), made);
        }
        let heads = Heads::decode(&builder.build(BlockId(1)).heads).unwrap();
        let revisions: Vec<u64> = heads.entries.iter().map(|head| heads.revision(head).0).collect();
        assert_eq!(revisions, [7, 8, 7]);
    }

    #[test]
    fn pending_is_what_is_not_settled() {
        let mut block = block_of(&[1, 1, 1]);
        let mut settled = Settled::decode(&block.settled, block.entries);
        assert!(settled.insert(2) && !settled.insert(2));
        block.settled = settled.to_bytes();
        let counts = unsettled_by_flow(&block);
        assert_eq!((counts["even"], counts["odd"], settled.left()), (1, 1, 2));
    }
}
