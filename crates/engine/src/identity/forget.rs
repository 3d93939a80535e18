//! Taking a person out.

use super::{Identifier, Kind, Node, NodesMut};
use std::collections::BTreeSet;

/// Forgets all that is known of these identifiers, and takes every mention of them out of what is known of others.
/// Answers how many of them anything was known of.
pub fn forget(nodes: &mut impl NodesMut, ids: &BTreeSet<Identifier>) -> usize {
    ids.iter().filter(|id| forget_one(nodes, ids, id)).count()
}

fn forget_one(nodes: &mut impl NodesMut, ids: &BTreeSet<Identifier>, id: &Identifier) -> bool {
    if nodes.node(id.kind, &id.id).is_empty() {
        return false;
    }
    let node = std::mem::take(nodes.node_mut(id.kind, &id.id));
    for other in node.mentions(id.kind).iter().filter(|other| !ids.contains(other)) {
        nodes.node_mut(other.kind, &other.id).take_out(other.kind, id);
    }
    true
}

impl Node {
    /// The identifiers that the node of one of this kind names.
    fn mentions(&self, own: Kind) -> Vec<Identifier> {
        let tied = self.edges.0.iter().map(|edge| Identifier { kind: own, id: edge.other.to_string() });
        let users = self.sightings.0.iter().map(|seen| Identifier::user(&*seen.user));
        let devices = self.devices.iter().map(|device| Identifier::anonymous(&*device.anonymous));
        tied.chain(users).chain(devices).collect()
    }

    /// Takes an identifier out of the node of one of this kind.
    fn take_out(&mut self, own: Kind, id: &Identifier) {
        if own == id.kind {
            self.edges.0.retain(|edge| *edge.other != *id.id);
        } else if id.kind == Kind::User {
            self.sightings.0.retain(|seen| *seen.user != *id.id);
        } else {
            self.devices.retain(|device| *device.anonymous != *id.id);
        }
    }
}
