//! Whom an anonymous id belongs to.

use super::component::component;
use super::{Kind, Nodes, Origin};

/// The user that the anonymous id, or the device that it is one of the ids of, belonged to at this instant (milliseconds
/// since the Unix epoch): the one last seen with it. Nobody before the first was seen.
///
/// This is the user id as it was seen; [`canonical`](super::canonical) gives what it is an alias of.
pub fn owner(nodes: &mut impl Nodes, anonymous: &str, time: i64) -> Option<String> {
    owner_as_of(nodes, anonymous, time, Origin::LATEST)
}

/// The same, as it was believed when this item of the journal was processed. It is exact to the second, but for links
/// that were joined to keep the bound ([`MAX_SIGHTINGS`](super::MAX_SIGHTINGS)).
pub fn owner_as_of(nodes: &mut impl Nodes, anonymous: &str, time: i64, known: Origin) -> Option<String> {
    let node = nodes.node(Kind::Anonymous, anonymous);
    if node.edges.is_empty() {
        return node.sightings.point(time, known).map(|(_, user)| user.to_owned());
    }
    let device = component(nodes, Kind::Anonymous, anonymous, known);
    let points = device.iter().filter_map(|id| {
        let (point, user) = nodes.node(Kind::Anonymous, id).sightings.point(time, known)?;
        Some((point, user.to_owned()))
    });
    points.max().map(|(_, user)| user)
}

/// The owner at this instant, or who was the first to be seen later: what happened before a first login belongs to that
/// person's history.
pub fn owner_or_later(nodes: &mut impl Nodes, anonymous: &str, time: i64) -> Option<String> {
    owner(nodes, anonymous, time).or_else(|| first_owner(nodes, anonymous))
}

fn first_owner(nodes: &mut impl Nodes, anonymous: &str) -> Option<String> {
    let device = component(nodes, Kind::Anonymous, anonymous, Origin::LATEST);
    let points = device.iter().filter_map(|id| {
        let (point, user) = nodes.node(Kind::Anonymous, id).sightings.first_point()?;
        Some((point, user.to_owned()))
    });
    points.min().map(|(_, user)| user)
}

/// Every user that the anonymous id was ever seen with, also by what was taken back later.
pub fn owners(nodes: &mut impl Nodes, anonymous: &str) -> Vec<String> {
    let device = component(nodes, Kind::Anonymous, anonymous, Origin::LATEST);
    let seen = device.iter().flat_map(|id| {
        let sightings = &nodes.node(Kind::Anonymous, id).sightings;
        sightings.0.iter().map(|seen| seen.user.to_string()).collect::<Vec<_>>()
    });
    seen.collect()
}
