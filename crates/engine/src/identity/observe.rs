//! What events and calls tell of who is who.

use super::edges::{self, End, start_of_day};
use super::{Evidence, Kind, NodesMut, Origin, canonical, owner};

/// What noting something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// Nothing: no node is to be written.
    Known,
    /// Something is remembered that changes nobody's owner at the instant in question.
    Extended,
    /// At the instant in question the anonymous id belongs to another user than before, or the person may go by another
    /// name; the two were known together.
    Moved,
    /// These two were not known together, or only what is undone: Segment is to be told.
    New,
}

/// The anonymous id was seen with this user. If both are the same text it is the user's own id, and nothing is noted.
pub fn seen_together(nodes: &mut impl NodesMut, anonymous: &str, user: &str, evidence: Evidence) -> Noted {
    let sightings = &nodes.node(Kind::Anonymous, anonymous).sightings;
    if anonymous == user || sightings.holds(user, evidence) {
        return Noted::Known;
    }
    let (counted, owned) = standing(nodes, anonymous, user, evidence.time);
    nodes.node_mut(Kind::Anonymous, anonymous).sightings.note(user, evidence);
    let (counts, own) = standing(nodes, anonymous, user, evidence.time);
    if !nodes.node(Kind::User, user).has_device(anonymous, evidence.time) {
        nodes.node_mut(Kind::User, user).add_device(anonymous, evidence.time);
    }
    match (!counted && counts, owned == own) {
        (true, _) => Noted::New,
        (false, false) => Noted::Moved,
        (false, true) => Noted::Extended,
    }
}

/// Whether anything that was seen of the two counts, and whether the id, or the device that it is one of the ids of, is the
/// user's at this instant.
fn standing(nodes: &mut impl NodesMut, anonymous: &str, user: &str, time: i64) -> (bool, bool) {
    let counts = nodes.node(Kind::Anonymous, anonymous).sightings.counts(user);
    (counts, owner(nodes, anonymous, time).as_deref() == Some(user))
}

/// Two anonymous ids are of the same device. Only the day (UTC) of the evidence's time is remembered.
pub fn same_device(nodes: &mut impl NodesMut, from: &str, to: &str, evidence: Evidence) -> Noted {
    tie(nodes, Kind::Anonymous, (from, to), Evidence { time: start_of_day(evidence.time), ..evidence })
}

/// An `alias` call: the two user ids are one person from now on, and `user` is its name if no later alias gives another.
/// What is called `previousId` there may also be an anonymous id; it is taken for both. Until it is seen as a user id
/// otherwise it goes with the latest user that it is an alias of, and does not join that one to the others.
pub fn alias(nodes: &mut impl NodesMut, previous: &str, user: &str, evidence: Evidence) -> Noted {
    let sighting = seen_together(nodes, previous, user, evidence);
    sighting.max(tie(nodes, Kind::User, (previous, user), evidence))
}

fn tie(nodes: &mut impl NodesMut, kind: Kind, (from, to): (&str, &str), evidence: Evidence) -> Noted {
    if from == to || edges::hold(nodes, kind, (from, to), evidence) {
        return Noted::Known;
    }
    let before = tied(nodes, kind, (from, to));
    edges::note(nodes, kind, (from, to), evidence);
    let after = tied(nodes, kind, (from, to));
    match (!before.0 && after.0, before.1 == after.1) {
        (true, _) => Noted::New,
        (false, false) => Noted::Moved,
        (false, true) => Noted::Extended,
    }
}

/// Whether a tie counts, and the name that the person goes by.
fn tied(nodes: &mut impl NodesMut, kind: Kind, (from, to): (&str, &str)) -> (bool, Option<String>) {
    let counts = nodes.node(kind, from).edges.get(to, End::From);
    let counts = counts.is_some_and(|edge| edge.counts(Origin::LATEST));
    (counts, (kind == Kind::User).then(|| canonical(nodes, from)))
}
