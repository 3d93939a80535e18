//! A batch: entries that share a request, with their messages copied together.

use super::slots::Item;
use bytes::Bytes;
use std::ops::Range;

/// Entries and their messages, joined by commas; the vendor's envelope is put around them when they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The entries.
    pub items: Vec<Item>,
    /// Where each entry's messages stand in `body`.
    places: Vec<Range<usize>>,
    body: Bytes,
}

impl Batch {
    /// Gathers the entries' messages; `payload` gives an entry's bytes.
    pub fn gather<'p>(items: Vec<Item>, mut payload: impl FnMut(&Item) -> &'p [u8]) -> Self {
        let mut body = Vec::with_capacity(items.iter().map(|item| item.length as usize + 1).sum());
        let mut places = Vec::with_capacity(items.len());
        for item in &items {
            if !body.is_empty() {
                body.push(b',');
            }
            let start = body.len();
            body.extend_from_slice(payload(item));
            places.push(start..body.len());
        }
        Self { items, places, body: body.into() }
    }

    /// The messages, joined by commas.
    pub fn body(&self) -> Bytes {
        let start = self.places.first().map_or(0, |place| place.start);
        let end = self.places.last().map_or(0, |place| place.end);
        self.body.slice(start..end)
    }

    /// The messages of one entry.
    pub fn messages_of(&self, index: usize) -> Bytes {
        self.body.slice(self.places[index].clone())
    }

    /// The messages of one entry, where they are.
    pub fn slice_of(&self, index: usize) -> &[u8] {
        &self.body[self.places[index].clone()]
    }

    /// The same without some of the entries.
    #[must_use]
    pub fn without(&self, left_out: impl Fn(&Item) -> bool) -> Self {
        self.pick(|index| !left_out(&self.items[index]))
    }

    /// A batch of some of the entries, by their places.
    #[must_use]
    pub fn pick(&self, picked: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.items.len()).filter(|index| picked(*index)).collect();
        let mut next = kept.iter();
        let items = kept.iter().map(|index| self.items[*index]).collect();
        Self::gather(items, |_| next.next().map_or(&[][..], |index| self.slice_of(*index)))
    }

    /// Both halves, or nothing if there is only one entry. Shares the body's memory.
    pub fn halves(&self) -> Option<(Self, Self)> {
        let middle = self.items.len() / 2;
        let part = |range: Range<usize>| Self {
            items: self.items[range.clone()].to_vec(),
            places: self.places[range].to_vec(),
            body: self.body.clone(),
        };
        (middle > 0).then(|| (part(0..middle), part(middle..self.items.len())))
    }
}

/// The single messages of an entry that holds several.
pub fn single_messages(messages: &[u8]) -> Vec<Bytes> {
    let list = [b"[", messages, b"]"].concat();
    let parsed: Result<Vec<&serde_json::value::RawValue>, _> = serde_json::from_slice(&list);
    let single = |message: &&serde_json::value::RawValue| Bytes::copy_from_slice(message.get().as_bytes());
    parsed.map_or_else(
        |_| vec![Bytes::copy_from_slice(messages)],
        |messages| messages.iter().map(single).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_engine::event::EventId;
    use causeway_store::BlockId;

    fn batch(count: u32) -> Batch {
        let item = |entry| Item {
            block: BlockId(1),
            entry,
            slot: 0,
            flow: 0,
            messages: 1,
            start: 0,
            length: 3,
            time: 0,
            event: EventId(0),
        };
        Batch::gather((0..count).map(item).collect(), |_| b"{1}")
    }

    #[test]
    fn splitting_by_halves_reaches_every_entry_once_and_keeps_order() {
        let mut stack = vec![batch(37)];
        let mut seen = Vec::new();
        while let Some(batch) = stack.pop() {
            assert_eq!(batch.body().len(), batch.items.len() * 4 - 1);
            match batch.halves() {
                Some((first, second)) => stack.extend([second, first]),
                None => seen.push(batch.items[0].entry),
            }
        }
        assert_eq!(seen, (0..37).collect::<Vec<_>>());
    }

    #[test]
    fn an_entry_of_several_messages_comes_apart_whatever_commas_they_hold() {
        let parts = single_messages(br#"{"a":"},{"},{"b":[1,2]}"#);
        assert_eq!(parts, [&br#"{"a":"},{"}"#[..], br#"{"b":[1,2]}"#]);
    }
}
