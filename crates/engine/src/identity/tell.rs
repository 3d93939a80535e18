//! What Segment is told of a link, and who the sender of an event is.

use crate::event::{self, EventId};
use causeway_mapping::Value;
use causeway_segment::{message, time};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_128;

/// The id of the event "this anonymous id is this user": derived from the pair, so that it is told once, ever.
pub fn link_event(anonymous: &str, user: &str) -> EventId {
    EventId(xxh3_128(format!("link\n{anonymous}\n{user}").as_bytes()))
}

/// Writes the `identify` call that tells Segment of a link.
pub fn write_identify(anonymous: &str, user: &str, id: EventId, at: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"type\":\"identify\",\"anonymousId\":");
    Value::String(anonymous.into()).write_json(out);
    out.extend_from_slice(b",\"userId\":");
    Value::String(user.into()).write_json(out);
    out.extend_from_slice(b",\"messageId\":\"");
    event::write_message_id(id, event::flow_number(crate::core::LINKS), 0, out);
    out.extend_from_slice(b"\",\"timestamp\":\"");
    time::write(at, out);
    out.extend_from_slice(b"\",\"traits\":{},\"context\":{\"integration\":{\"name\":\"");
    out.extend_from_slice(message::MARK.as_bytes());
    out.extend_from_slice(b"\"}},\"integrations\":{\"");
    out.extend_from_slice(message::ALGOLIA_INTEGRATION.as_bytes());
    out.extend_from_slice(b"\":false}}");
}

/// Who sent an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender<'a> {
    /// Segment's `anonymousId`: Algolia's `userToken`, or the id that it was made of, unless that is the user's own id.
    pub anonymous: Option<Cow<'a, str>>,
    /// Segment's `userId`, from the event or from a link.
    pub user: Option<String>,
}
