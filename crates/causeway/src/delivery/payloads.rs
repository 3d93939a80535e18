//! The messages of the blocks that a lane works on, until the last of a block was copied into a batch.

use super::inbox::Inbox;
use super::slots::Item;
use bytes::Bytes;
use causeway_store::BlockId;
use rustc_hash::FxHashMap;

/// The payloads, by block.
#[derive(Debug, Default)]
pub struct Payloads(FxHashMap<BlockId, Payload>);

#[derive(Debug)]
struct Payload {
    bytes: Bytes,
    untaken: usize,
}

impl Payloads {
    /// Keeps a block's payload for these entries of it. Bytes of entries that are settled already count as taken.
    pub fn insert(&mut self, block: BlockId, bytes: Bytes, items: &[Item], inbox: &Inbox) {
        let waiting: usize = items.iter().map(|item| item.length as usize).sum();
        inbox.taken(bytes.len() - waiting);
        self.0.insert(block, Payload { bytes, untaken: items.len() });
    }

    /// An entry's messages.
    pub fn of(&self, item: &Item) -> &[u8] {
        let start = item.start as usize;
        let payload = self.0.get(&item.block);
        payload.and_then(|payload| payload.bytes.get(start..start + item.length as usize)).unwrap_or_default()
    }

    /// These entries were copied; a payload whose last entry it was goes.
    pub fn take<'i>(&mut self, items: impl Iterator<Item = &'i Item>, inbox: &Inbox) {
        for item in items {
            let Some(payload) = self.0.get_mut(&item.block) else { continue };
            inbox.taken(item.length as usize);
            payload.untaken -= 1;
            if payload.untaken == 0 {
                inbox.dropped(payload.bytes.len());
                self.0.remove(&item.block);
            }
        }
    }
}
