//! Everything that ties lead to.

use super::edges::End;
use super::{Kind, Node, Nodes, Origin};
use std::collections::BTreeSet;

/// How many identifiers of a kind ties may join to one. More are taken for a mistake: nobody of them is joined.
pub const MAX_COMPONENT: usize = 1_000;

/// The identifiers of this kind that are one with this one, itself among them, sorted; as far as was known at this
/// place of the journal.
pub(super) fn component(nodes: &mut impl Nodes, kind: Kind, id: &str, known: Origin) -> BTreeSet<String> {
    let mut found = BTreeSet::from([id.to_owned()]);
    let mut open = vec![id.to_owned()];
    while let Some(next) = open.pop() {
        for other in neighbours(nodes, kind, &next, known) {
            if found.insert(other.clone()) {
                open.push(other);
            }
        }
        if found.len() > MAX_COMPONENT {
            return BTreeSet::from([id.to_owned()]);
        }
    }
    found
}

fn neighbours(nodes: &mut impl Nodes, kind: Kind, id: &str, known: Origin) -> Vec<String> {
    let edges: Vec<(String, End)> =
        nodes.node(kind, id).edges.counting(known).map(|edge| (edge.other.to_string(), edge.end)).collect();
    let followed = edges.into_iter().filter(|(other, end)| {
        !nodes.node(kind, other).edges.crowded()
            && (kind == Kind::Anonymous || {
                let (from, to) = if *end == End::From { (id, other.as_str()) } else { (other.as_str(), id) };
                nodes.node(Kind::User, from).is_alias_of(to, known)
            })
    });
    followed.map(|(other, _)| other).collect()
}

impl Node {
    /// Whether an alias of this user id joins it to that one. A `previousId` that was never seen as a user may be the
    /// anonymous id of a shared device, aliased at each login: it joins nobody to anybody, but goes with the latest.
    fn is_alias_of(&self, user: &str, known: Origin) -> bool {
        let names_a_user = self.edges.counting(known).any(|edge| edge.end == End::To);
        if names_a_user || !self.devices.is_empty() {
            return true;
        }
        let aliases = self.edges.counting(known).filter(|edge| edge.end == End::From);
        let latest = aliases.max_by_key(|edge| (edge.told.at(known), &edge.other));
        latest.is_some_and(|edge| *edge.other == *user)
    }
}
