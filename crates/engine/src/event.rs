//! Ids: derived from what an event is, never drawn, so that doing a thing again makes the same ids.

pub use causeway_segment::message::MESSAGE_ID_PREFIX;

use std::fmt;
use std::str::FromStr;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The identity of one event that came in: 128 bits over its content and, where the event says no time of its own,
/// over the place and time of its arrival. Written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u128);

impl EventId {
    /// The id of an event that carries its own time: the same event sent twice has the same id.
    pub fn timed(content: u128) -> Self {
        Self(content)
    }

    /// The id of an event without a time of its own: the same content may well happen twice, so the record that it
    /// came in (received when, at which journal position, as which item) tells the two apart.
    pub fn untimed(content: u128, received_at: i64, position: u64, item: usize) -> Self {
        let mut seed = [0; 40];
        seed[..16].copy_from_slice(&content.to_le_bytes());
        seed[16..24].copy_from_slice(&received_at.to_le_bytes());
        seed[24..32].copy_from_slice(&position.to_le_bytes());
        seed[32..].copy_from_slice(&(item as u64).to_le_bytes());
        Self(xxh3_128(&seed))
    }

    /// The id of this event where it is told again as another person's, or as nobody's: telling it twice makes one id.
    #[must_use]
    pub fn reattributed(self, user: Option<&str>) -> Self {
        Self(xxh3_128(format!("repair\n{self}\n{}", user.unwrap_or_default()).as_bytes()))
    }

    /// The first half: enough to find the event among those of a few days.
    pub fn short(self) -> u64 {
        (self.0 >> 64) as u64
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        id.map(Self).ok_or(())
    }
}

/// A short stable number for a flow's name, so that the ids of two flows' messages never meet.
pub fn flow_number(flow: &str) -> u16 {
    xxh3_64(flow.as_bytes()) as u16
}

/// Appends the messageId of the `index`-th message that a flow makes of an event:
/// `causeway-<event id>-<flow>-<index>`, 52 characters or a few more; Segment's limit is 99.
pub fn write_message_id(event: EventId, flow: u16, index: usize, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(MESSAGE_ID_PREFIX.as_bytes());
    let mut text = [0; 37];
    for (place, digit) in text[..32].iter_mut().enumerate() {
        *digit = DIGITS[(event.0 >> (124 - 4 * place)) as usize & 15];
    }
    text[32] = b'-';
    for (place, digit) in text[33..].iter_mut().enumerate() {
        *digit = DIGITS[usize::from(flow >> (12 - 4 * place)) & 15];
    }
    out.extend_from_slice(&text);
    if index > 0 {
        out.extend_from_slice(format!("-{index}").as_bytes());
    }
}

/// The event id inside one of our messageIds.
pub fn event_of_message(message_id: &str) -> Option<EventId> {
    let rest = message_id.strip_prefix(MESSAGE_ID_PREFIX)?;
    rest.get(..32)?.parse().ok()
}

/// The slot of a person: events of one slot leave in the order in which they came.
pub fn slot(person: &str) -> u16 {
    xxh3_64(person.as_bytes()) as u16
}

/// How many slots persons are spread over: all that two bytes can tell. With many, persons who share one by chance
/// rarely wait for each other when a vendor is slow.
pub const SLOTS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_leads_back_to_its_event_and_fits_segments_limit() {
        let event = EventId::untimed(7, 1, 2, 3);
        for index in [0, 1, 999] {
            let mut text = Vec::new();
            write_message_id(event, flow_number("search-events"), index, &mut text);
            let text = String::from_utf8(text).unwrap();
            assert_eq!(event_of_message(&text), Some(event));
            assert!(text.len() <= 99);
        }
    }

    #[test]
    fn untimed_twins_have_ids_of_their_own() {
        assert_ne!(EventId::untimed(7, 1, 2, 0), EventId::untimed(7, 1, 2, 1));
        assert_ne!(EventId::untimed(7, 1, 2, 0), EventId::untimed(7, 1, 3, 0));
    }

    #[test]
    fn only_thirty_two_hexadecimal_digits_are_an_event_id() {
        let id = EventId(42);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("+0000000000000000000000000000042".parse::<EventId>().is_err());
        assert!("42".parse::<EventId>().is_err());
    }
}
