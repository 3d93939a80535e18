//! Where a lane gets its blocks: straight from the worker while it keeps up, from the store when it does not.

use causeway_store::state::Block;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// While the vendor fails, the lane holds this share of its window: enough for probes, and for a quick start after.
const NARROWED: usize = 8;

/// While a vendor is slow, messages of persons who have others under way hold on to payloads whose rest is long taken; so
/// many times the window may be kept for them.
const KEPT: usize = 2;

/// A lane's inbox. Holds blocks up to a number of bytes; beyond that it only remembers that the store has more.
#[derive(Debug)]
pub struct Inbox {
    limit: usize,
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug)]
struct Inner {
    blocks: Vec<Block>,
    /// Bytes of messages that wait to be taken.
    held: usize,
    /// Bytes of the payloads that they are part of, which stay in memory until their last message is taken.
    kept: usize,
    behind: bool,
    narrow: bool,
}

impl Inbox {
    /// An inbox for a lane that may hold so many bytes of payload. It starts behind: the store is read first.
    pub fn new(limit: usize) -> Self {
        let inner = Inner { blocks: Vec::new(), held: 0, kept: 0, behind: true, narrow: false };
        Self { limit, inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// Offers a block that was just committed.
    pub fn offer(&self, block: Block) {
        let mut inner = self.lock();
        inner.behind |= self.room_in(&inner) == 0;
        if !inner.behind {
            inner.add(block.payload.len());
            inner.blocks.push(block);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// The offered blocks, oldest first.
    pub fn take(&self) -> Vec<Block> {
        std::mem::take(&mut self.lock().blocks)
    }

    /// Whether the store has blocks that were not offered, and there is room for some of them again: that is when at
    /// least half of the window is free, so that the store is read in long strides.
    pub fn wants_loading(&self) -> bool {
        let inner = self.lock();
        inner.behind && self.room_in(&inner) >= self.limit(&inner) / 2
    }

    /// Before the store is read: blocks committed from now on are kept here, so that none falls between.
    pub fn begin_loading(&self) {
        self.lock().behind = false;
    }

    /// After the store was read. With `more` left there, what was offered meanwhile is let go: the store has it too.
    pub fn end_loading(&self, loaded_bytes: usize, more: bool) {
        let mut inner = self.lock();
        inner.add(loaded_bytes);
        if more {
            let offered: usize = inner.blocks.drain(..).map(|block| block.payload.len()).sum();
            inner.remove(offered);
            inner.behind = true;
        }
    }

    /// Whether the vendor fails, so that the lane holds little and leaves the rest in the store.
    pub fn narrow(&self, narrow: bool) {
        self.lock().narrow = narrow;
    }

    /// So many bytes of messages were taken for a request.
    pub fn taken(&self, bytes: usize) {
        self.lock().held -= bytes;
    }

    /// The lane let go of a payload of so many bytes, whose messages are all taken.
    pub fn dropped(&self, bytes: usize) {
        self.lock().kept -= bytes;
    }

    /// The lane lets go of a whole block of so many bytes of payload.
    pub fn refused(&self, bytes: usize) {
        self.lock().remove(bytes);
    }

    /// How many bytes the next reading of the store may bring.
    pub fn room(&self) -> usize {
        self.room_in(&self.lock())
    }

    fn room_in(&self, inner: &Inner) -> usize {
        let limit = self.limit(inner);
        limit.saturating_sub(inner.held).min((limit * KEPT).saturating_sub(inner.kept))
    }

    fn limit(&self, inner: &Inner) -> usize {
        if inner.narrow { self.limit / NARROWED } else { self.limit }
    }

    /// Waits for an offer.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, bytes: usize) {
        self.held += bytes;
        self.kept += bytes;
    }

    fn remove(&mut self, bytes: usize) {
        self.held -= bytes;
        self.kept -= bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use causeway_store::{BlockId, Position};

    fn block(id: u64, bytes: usize) -> Block {
        Block {
            id: BlockId(id),
            destination: String::new(),
            hour: 0,
            from: (Position(id), Position(id)),
            entries: 1,
            heads: Bytes::new(),
            payload: vec![0; bytes].into(),
            settled: Bytes::new(),
        }
    }

    #[test]
    fn a_lane_that_lags_turns_to_the_store_and_comes_back() {
        let inbox = Inbox::new(100);
        inbox.begin_loading();
        inbox.end_loading(0, false);
        (1..=3).for_each(|id| inbox.offer(block(id, 60)));
        assert_eq!(inbox.take().len(), 2);
        assert!(!inbox.wants_loading());
        inbox.taken(120);
        assert!(inbox.wants_loading());
        inbox.dropped(120);
        assert!(inbox.wants_loading());
        inbox.begin_loading();
        inbox.offer(block(4, 60));
        inbox.end_loading(60, false);
        assert_eq!(inbox.take(), [block(4, 60)]);
        assert!(!inbox.wants_loading());
    }

    #[test]
    fn what_is_offered_while_the_store_has_more_is_read_from_there() {
        let inbox = Inbox::new(100);
        inbox.begin_loading();
        inbox.offer(block(9, 10));
        inbox.end_loading(10, true);
        assert!(inbox.take().is_empty() && inbox.wants_loading());
        assert_eq!(inbox.room(), 90);
    }

    #[test]
    fn a_failing_vendor_leaves_more_in_the_store() {
        let inbox = Inbox::new(800);
        inbox.begin_loading();
        inbox.end_loading(100, false);
        inbox.narrow(true);
        inbox.offer(block(1, 10));
        assert!(inbox.take().is_empty() && !inbox.wants_loading());
        inbox.narrow(false);
        assert!(inbox.wants_loading());
        assert_eq!(inbox.room(), 700);
    }
}
