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
    waiting: Waiting,
}

/// The queue of one slot, as a chain through [`Waiting`].
#[derive(Debug, Clone, Copy)]
struct Slot {
    first: u32,
    last: u32,
    bytes: u32,
    busy: bool,
}

/// Every waiting entry, each with the place of the next one of its slot. One vector for all, since most slots hold an
/// entry or none, and a queue of its own for each would cost more than the entries.
#[derive(Debug, Default)]
struct Waiting {
    items: Vec<(Item, u32)>,
    vacant: Vec<u32>,
}

/// The end of a chain.
const NONE: u32 = u32::MAX;

impl Waiting {
    fn insert(&mut self, item: Item) -> u32 {
        if let Some(place) = self.vacant.pop() {
            self.items[place as usize] = (item, NONE);
            return place;
        }
        self.items.push((item, NONE));
        (self.items.len() - 1) as u32
    }

    fn count(&self) -> usize {
        self.items.len() - self.vacant.len()
    }

    /// After a rush most places are vacant; once all are, the memory is given back.
    fn tidy(&mut self) {
        if self.count() == 0 {
            *self = Self::default();
        }
    }
}

impl Default for Slots {
    fn default() -> Self {
        let empty = Slot { first: NONE, last: NONE, bytes: 0, busy: false };
        Self { all: vec![empty; SLOTS], ready: VecDeque::new(), ready_bytes: 0, waiting: Waiting::default() }
    }
}

impl Slots {
    /// Adds an entry behind those of its slot.
    pub fn add(&mut self, item: Item) {
        let place = self.waiting.insert(item);
        let slot = &mut self.all[usize::from(item.slot)];
        slot.bytes += item.length;
        if !slot.busy {
            self.ready_bytes += item.length as usize;
        }
        if slot.first == NONE {
            slot.first = place;
            if !slot.busy {
                self.ready.push_back(item.slot);
            }
        } else {
            self.waiting.items[slot.last as usize].1 = place;
        }
        slot.last = place;
    }

    /// Takes what fits into one request from slots that are not busy, and makes those slots busy. Takes at least one
    /// entry if any is ready, however large.
    pub fn take(&mut self, room: Room) -> Vec<Item> {
        let mut taken = Vec::new();
        let mut left = room;
        while let Some(&number) = self.ready.front() {
            let before = taken.len();
            while let Some(item) = self.first_fitting(number, &mut left, taken.is_empty()) {
                taken.push(item);
            }
            if taken.len() == before {
                break;
            }
            self.ready.pop_front();
            let slot = &mut self.all[usize::from(number)];
            slot.busy = true;
            self.ready_bytes -= slot.bytes as usize;
            if slot.first != NONE {
                break;
            }
        }
        self.waiting.tidy();
        taken
    }

    /// Takes the slot's first entry if it fits, or `anyway`.
    fn first_fitting(&mut self, number: u16, left: &mut Room, anyway: bool) -> Option<Item> {
        let slot = &mut self.all[usize::from(number)];
        let place = (slot.first != NONE).then_some(slot.first)?;
        let (item, next) = self.waiting.items[place as usize];
        let (messages, bytes) = (usize::from(item.messages), item.length as usize + 1);
        if (messages > left.messages || bytes > left.bytes) && !anyway {
            return None;
        }
        left.messages = left.messages.saturating_sub(messages);
        left.bytes = left.bytes.saturating_sub(bytes);
        slot.first = next;
        slot.bytes -= item.length;
        self.ready_bytes -= item.length as usize;
        self.waiting.vacant.push(place);
        Some(item)
    }

    /// Every entry that waits.
    pub fn each(&self) -> impl Iterator<Item = Item> {
        let waiting = &self.waiting.items;
        let from = |place: u32| (place != NONE).then_some(place);
        let chain = move |slot: &Slot| {
            std::iter::successors(from(slot.first), move |place| from(waiting[*place as usize].1))
        };
        self.all.iter().flat_map(chain).map(|place| waiting[place as usize].0)
    }

    /// The entries that were taken from this slot have their fate.
    pub fn release(&mut self, number: u16) {
        let slot = &mut self.all[usize::from(number)];
        if std::mem::take(&mut slot.busy) && slot.first != NONE {
            self.ready_bytes += slot.bytes as usize;
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
        self.waiting.count()
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
