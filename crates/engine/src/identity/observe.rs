//! What events and calls tell of who is who.

use super::edges::{self, End, start_of_day};
use super::{Evidence, Kind, NodesMut, Origin};

/// What noting something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// Nothing: no node is to be written.
    Known,
    /// Something is remembered that changes nobody's owner at the instant in question.
    Extended,
    /// At the instant in question the anonymous id belongs to another user than before; the two were known together.
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
    let sightings = &mut nodes.node_mut(Kind::Anonymous, anonymous).sightings;
    let owns = |sightings: &super::sightings::Sightings| {
        sightings.point(evidence.time, Origin::LATEST).is_some_and(|(_, owner)| owner == user)
    };
    let (counted, owned) = (sightings.counts(user), owns(sightings));
    sightings.note(user, evidence);
    let (counts, own) = (sightings.counts(user), owns(sightings));
    if !nodes.node(Kind::User, user).has_device(anonymous, evidence.time) {
        nodes.node_mut(Kind::User, user).add_device(anonymous, evidence.time);
    }
    match (!counted && counts, owned == own) {
        (true, _) => Noted::New,
        (false, false) => Noted::Moved,
        (false, true) => Noted::Extended,
    }
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
    let counts = |nodes: &mut _| counts(nodes, kind, (from, to));
    let before = counts(nodes);
    edges::note(nodes, kind, (from, to), evidence);
    if !before && counts(nodes) { Noted::New } else { Noted::Extended }
}

fn counts(nodes: &mut impl NodesMut, kind: Kind, (from, to): (&str, &str)) -> bool {
    nodes.node(kind, from).edges.get(to, End::From).is_some_and(|edge| edge.counts(Origin::LATEST))
}
