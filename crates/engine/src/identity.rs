//! Who an event belongs to.
//!
//! An id on the event beats anything remembered. An anonymous id belongs to the last user seen with it *at the event's
//! own time*: links are change points (from this instant on, this user), resolved by event time and not by arrival, so
//! that events of before a second login stay with the first person.

use crate::event::{self, EventId};
use causeway_mapping::Value;
use causeway_segment::{message, time};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// From `since` on, the anonymous id was seen with this user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Milliseconds since the Unix epoch, event time.
    pub since: i64,
    /// Segment's `userId`.
    pub user: String,
}

/// The links of one anonymous id, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links(Vec<Link>);

/// At most this many links are remembered for one anonymous id (a shared device with more logins keeps the latest).
pub const MAX_LINKS: usize = 64;

/// What noting a link changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// Nothing new.
    Known,
    /// The links changed, this user was linked to this id before.
    Moved,
    /// This user was never seen with this id: Segment is to be told, once.
    New,
}

impl Links {
    /// The user that the anonymous id belonged to at this instant.
    pub fn at(&self, time: i64) -> Option<&str> {
        let after = self.0.partition_point(|link| link.since <= time);
        after.checked_sub(1).map(|index| self.0[index].user.as_str())
    }

    /// Notes that the id was seen with this user at this instant.
    pub fn note(&mut self, time: i64, user: &str) -> Noted {
        if self.at(time) == Some(user) {
            return Noted::Known;
        }
        let known = self.0.iter().any(|link| link.user == user);
        let place = self.0.partition_point(|link| link.since <= time);
        match self.0.get_mut(place) {
            Some(next) if next.user == user => next.since = time,
            _ => self.0.insert(place, Link { since: time, user: user.to_owned() }),
        }
        if self.0.len() > MAX_LINKS {
            self.0.remove(0);
        }
        if known { Noted::Moved } else { Noted::New }
    }

    /// All of them, oldest first.
    pub fn all(&self) -> &[Link] {
        &self.0
    }
}

/// The key under which the links of an anonymous id are kept.
pub fn links_key(anonymous: &str) -> Vec<u8> {
    [b"link/", anonymous.as_bytes()].concat()
}

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
pub struct Person<'a> {
    /// Segment's `anonymousId`: Algolia's `userToken`, unless that is the user's own id.
    pub anonymous: Option<&'a str>,
    /// Segment's `userId`, from the event or from a link.
    pub user: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_events_follow_the_new_person_and_earlier_ones_stay() {
        let mut links = Links::default();
        assert_eq!(links.note(100, "ann"), Noted::New);
        assert_eq!(links.note(200, "bob"), Noted::New);
        assert_eq!(links.note(300, "ann"), Noted::Moved);
        assert_eq!(links.note(350, "ann"), Noted::Known);
        let owners = [50, 100, 199, 200, 299, 300, 999].map(|time| links.at(time));
        let expected = [None, Some("ann"), Some("ann"), Some("bob"), Some("bob"), Some("ann"), Some("ann")];
        assert_eq!(owners, expected);
    }

    #[test]
    fn a_link_that_arrives_late_counts_from_its_own_time() {
        let mut links = Links::default();
        links.note(500, "ann");
        assert_eq!(links.note(300, "ann"), Noted::Moved);
        assert_eq!((links.at(300), links.all().len()), (Some("ann"), 1));
    }
}
