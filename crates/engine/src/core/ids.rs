//! The ids of events.

use crate::event::EventId;
use causeway_algolia::insights::{self, Event};
use causeway_store::{Entry, Position};

/// The id of an event: its content's, and its arrival's if it says no time of its own.
pub(crate) fn event_id(event: &Event<'_>, entry: &Entry, item: usize) -> EventId {
    let came = (entry.record.received_at, entry.position, item);
    id_of(insights::identity_hash(event, 0), event, came)
}

/// The id that an event would have if it came alone at this instant.
pub(crate) fn event_id_at(event: &Event<'_>, now: i64) -> EventId {
    let content = insights::identity_hash(event, 0);
    if event.timestamp.is_some() { EventId::timed(content) } else { EventId::untimed(content, now, 0, 0) }
}

/// The id of an event with this content that came at this time, in this record, at this place in it.
pub(super) fn id_of(
    content: u128,
    event: &Event<'_>,
    (received_at, position, item): (i64, Position, usize),
) -> EventId {
    match event.timestamp {
        Some(_) => EventId::timed(content),
        None => EventId::untimed(content, received_at, position.0, item),
    }
}
