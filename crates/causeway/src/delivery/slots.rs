//! Order per person without a queue per person.
//!
//! Persons are hashed into slots. Entries of one slot leave in order; a slot whose entries are under way is busy until
//! they are settled, everybody else goes on. When nothing is under way, one batch takes from all slots; when a vendor
//! is slow, many batches of different slots are under way side by side.

use causeway_engine::event::{EventId, SLOTS};
use causeway_store::BlockId;
use std::collections::VecDeque;

/// One entry of a loaded block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The block.
    pub block: BlockId,
    /// The entry's place in it.
    pub entry: u32,
    /// The person's slot.
    pub slot: u16,
    /// The flow's place in the block's names.
    pub flow: u8,
    /// Messages in the payload.
    pub messages: u8,
    /// Where its payload starts in the block's.
    pub start: u32,
    /// Bytes of payload.
    pub length: u32,
    /// The event's own time, milliseconds since the Unix epoch.
    pub time: i64,
    /// The event's id.
    pub event: EventId,
}

/// What fits into one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Messages.
    pub messages: usize,
    /// Bytes, separators included.
    pub bytes: usize,
}

/// The waiting entries.
#[derive(Debug)]
pub struct Slots {
    all: Vec<Slot>,
    ready: VecDeque<u16>,
    ready_bytes: usize,
    waiting: usize,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    items: VecDeque<Item>,
    bytes: usize,
    busy: bool,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            all: vec![Slot::default(); usize::from(SLOTS)],
            ready: VecDeque::new(),
            ready_bytes: 0,
            waiting: 0,
        }
    }
}

impl Slots {
    /// Adds an entry behind those of its slot.
    pub fn add(&mut self, item: Item) {
        let number = item.slot % SLOTS;
        let slot = &mut self.all[usize::from(number)];
        if !slot.busy {
            self.ready_bytes += item.length as usize;
            if slot.items.is_empty() {
                self.ready.push_back(number);
            }
        }
        slot.bytes += item.length as usize;
        slot.items.push_back(item);
        self.waiting += 1;
    }

    /// Takes what fits into one request from slots that are not busy, and makes those slots busy. Takes at least one
    /// entry if any is ready, however large.
    pub fn take(&mut self, room: Room) -> Vec<Item> {
        let mut taken = Vec::new();
        let (mut messages, mut bytes) = (0, 0);
        while let Some(&number) = self.ready.front() {
            let slot = &mut self.all[usize::from(number)];
            let before = taken.len();
            while let Some(item) = slot.items.front() {
                let length = item.length as usize + 1;
                let full =
                    messages + usize::from(item.messages) > room.messages || bytes + length > room.bytes;
                if full && !taken.is_empty() {
                    break;
                }
                messages += usize::from(item.messages);
                bytes += length;
                taken.extend(slot.items.pop_front());
            }
            if taken.len() == before {
                break;
            }
            self.ready.pop_front();
            self.ready_bytes -= slot.bytes;
            slot.bytes = slot.items.iter().map(|item| item.length as usize).sum();
            slot.busy = true;
            if !slot.items.is_empty() {
                break;
            }
        }
        self.waiting -= taken.len();
        taken
    }

    /// The entries that were taken from this slot have their fate.
    pub fn release(&mut self, slot: u16) {
        let number = slot % SLOTS;
        let slot = &mut self.all[usize::from(number)];
        if std::mem::take(&mut slot.busy) && !slot.items.is_empty() {
            self.ready_bytes += slot.bytes;
            self.ready.push_back(number);
        }
    }

    /// Bytes that could be sent now.
    pub fn ready_bytes(&self) -> usize {
        self.ready_bytes
    }

    /// Whether anything could be sent now.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Entries that wait, ready or behind a busy slot.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(slot: u16, entry: u32) -> Item {
        let block = BlockId(1);
        Item { block, entry, slot, flow: 0, messages: 1, start: 0, length: 10, time: 0, event: EventId(0) }
    }

    #[test]
    fn a_busy_person_waits_and_everybody_else_goes_on() {
        let mut slots = Slots::default();
        slots.add(item(1, 0));
        let room = Room { messages: 10, bytes: 1_000 };
        assert_eq!(slots.take(room), [item(1, 0)]);
        slots.add(item(1, 1));
        slots.add(item(2, 2));
        assert_eq!(slots.take(room), [item(2, 2)]);
        assert!(slots.take(room).is_empty());
        slots.release(1);
        assert_eq!(slots.take(room), [item(1, 1)]);
    }

    #[test]
    fn an_entry_larger_than_a_request_goes_alone() {
        let mut slots = Slots::default();
        slots.add(item(1, 0));
        slots.add(item(2, 1));
        assert_eq!(slots.take(Room { messages: 10, bytes: 5 }).len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_the_sizes_each_slot_leaves_in_order_and_nothing_is_left(
            arrivals in prop::collection::vec((0_u16..5, 1_u32..50), 1..200),
            messages in 1_usize..7,
            bytes in 20_usize..300,
        ) {
            let mut slots = Slots::default();
            let mut left = vec![Vec::new(); 5];
            for (entry, (slot, length)) in arrivals.iter().enumerate() {
                slots.add(Item { length: *length, ..item(*slot, entry as u32) });
            }
            loop {
                let taken = slots.take(Room { messages, bytes });
                if taken.is_empty() {
                    break;
                }
                prop_assert!(taken.len() == 1 || taken.iter().map(|item| item.length as usize + 1).sum::<usize>() <= bytes);
                prop_assert!(taken.len() <= messages);
                for item in &taken {
                    left[usize::from(item.slot)].push(item.entry);
                }
                for item in &taken {
                    slots.release(item.slot);
                }
            }
            prop_assert_eq!((slots.waiting(), slots.ready_bytes()), (0, 0));
            prop_assert!(left.iter().all(|entries| entries.is_sorted()));
            prop_assert_eq!(left.iter().map(Vec::len).sum::<usize>(), arrivals.len());
        }
    }
}
