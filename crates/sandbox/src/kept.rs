//! A bounded memory of JSON texts, the oldest forgotten first.

use bytes::Bytes;
use std::collections::VecDeque;

/// One remembered text.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// 1 for the first text ever remembered, then 2, 3, …; never reused until a reset.
    pub(crate) sequence: u64,
    /// One compact JSON value.
    pub(crate) text: Bytes,
}

/// The texts remembered, bounded in number and in bytes.
#[derive(Debug)]
pub(crate) struct Kept {
    items: VecDeque<Item>,
    bytes: usize,
    last: u64,
    max_items: usize,
    max_bytes: usize,
}

impl Kept {
    pub(crate) fn new(max_items: usize, max_bytes: usize) -> Self {
        Self { items: VecDeque::new(), bytes: 0, last: 0, max_items, max_bytes }
    }

    /// Remembers a text and forgets the oldest ones that no longer fit.
    pub(crate) fn push(&mut self, text: Bytes) {
        self.last += 1;
        self.bytes += text.len();
        self.items.push_back(Item { sequence: self.last, text });
        while self.items.len() > self.max_items || self.bytes > self.max_bytes {
            self.forget_oldest();
        }
    }

    /// The texts whose sequence is above `after`, oldest first. Cheap: texts are shared, not copied.
    pub(crate) fn after(&self, after: u64) -> Vec<Item> {
        self.items.iter().filter(|item| item.sequence > after).cloned().collect()
    }

    /// Forgets the texts that `keep` refuses.
    pub(crate) fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        self.items.retain(|item| keep(&item.text));
        self.bytes = self.items.iter().map(|item| item.text.len()).sum();
    }

    fn forget_oldest(&mut self) {
        if let Some(item) = self.items.pop_front() {
            self.bytes -= item.text.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kept: &Kept) -> Vec<Bytes> {
        kept.after(0).into_iter().map(|item| item.text).collect()
    }

    #[test]
    fn the_oldest_are_forgotten_by_number_and_by_bytes() {
        let mut kept = Kept::new(2, 6);
        for text in ["1", "22", "333"] {
            kept.push(Bytes::from_static(text.as_bytes()));
        }
        assert_eq!(texts(&kept), ["22", "333"]);
        kept.push(Bytes::from_static(b"4444"));
        assert_eq!(texts(&kept), ["4444"]);
        assert_eq!(kept.after(3).len(), 1);
        assert_eq!(kept.after(4).len(), 0);
    }
}
