//! An operator takes a link back.

use super::edges::{self, end_of_day};
use super::{Evidence, Identifier, Kind, NodesMut, Origin};

/// Takes back what was seen of a link up to the evidence's time: an anonymous id with a user, a user with the user that it
/// is an `alias` of, or two anonymous ids of one device. What happens later counts again. Answers whether that is news.
///
/// It counts for its whole second, and between two anonymous ids for its whole day (UTC), since that is how exactly
/// these are remembered.
pub fn undo(nodes: &mut impl NodesMut, from: &Identifier, to: &Identifier, evidence: Evidence) -> bool {
    let Evidence { time, origin, .. } = evidence;
    match (from.kind, to.kind) {
        (Kind::Anonymous, Kind::User) => undo_sightings(nodes, &from.id, &to.id, time, origin),
        (Kind::User, Kind::Anonymous) => undo_sightings(nodes, &to.id, &from.id, time, origin),
        (Kind::User, Kind::User) => edges::undo(nodes, Kind::User, (&from.id, &to.id), time, origin),
        (Kind::Anonymous, Kind::Anonymous) => {
            edges::undo(nodes, Kind::Anonymous, (&from.id, &to.id), end_of_day(time), origin)
        }
    }
}

/// Takes back whatever makes these two one person, whichever of them it was told of first; otherwise like [`undo`]. Of two
/// user ids that is an alias, and what an alias says of its `previousId` as an anonymous id.
pub fn unlink(nodes: &mut impl NodesMut, one: &Identifier, other: &Identifier, evidence: Evidence) -> bool {
    let mut news = undo(nodes, one, other, evidence);
    if one.kind == other.kind {
        news |= undo(nodes, other, one, evidence);
    }
    if (one.kind, other.kind) == (Kind::User, Kind::User) {
        let Evidence { time, origin, .. } = evidence;
        news |= undo_sightings(nodes, &one.id, &other.id, time, origin);
        news |= undo_sightings(nodes, &other.id, &one.id, time, origin);
    }
    news
}

fn undo_sightings(nodes: &mut impl NodesMut, anonymous: &str, user: &str, time: i64, origin: Origin) -> bool {
    nodes.node_mut(Kind::Anonymous, anonymous).sightings.undo(user, time, origin)
}
