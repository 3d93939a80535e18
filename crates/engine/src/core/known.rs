//! What the engine knows of identifiers: the latest in memory, all in the store.

use super::Facts;
use crate::identity::{self, Kind, Node, Nodes, NodesMut};
use crate::recent::Recent;
use rustc_hash::FxHashMap;

/// How many identifiers of each kind, and how many encoded tokens, are kept in memory; the rest is read from the store
/// when needed.
const IN_MEMORY: usize = 100_000;

/// The memory. What a step changes stays here until the step gives it to be stored, once however often it changed.
#[derive(Debug)]
pub(super) struct Known {
    anonymous: Kept,
    users: Kept,
    /// The ids behind encoded tokens; none if there is none.
    pub(super) tokens: Recent<Box<str>, Option<Box<str>>>,
}

#[derive(Debug)]
struct Kept {
    stored: Recent<Box<str>, Node>,
    changed: FxHashMap<Box<str>, Node>,
}

impl Default for Known {
    fn default() -> Self {
        let kept = || Kept { stored: Recent::new(IN_MEMORY), changed: FxHashMap::default() };
        Self { anonymous: kept(), users: kept(), tokens: Recent::new(IN_MEMORY) }
    }
}

impl Known {
    /// What has changed since the last call, for the store.
    pub(super) fn take_changed(&mut self) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut facts = self.anonymous.take_changed(Kind::Anonymous);
        facts.extend(self.users.take_changed(Kind::User));
        facts
    }

    fn of(&mut self, kind: Kind) -> &mut Kept {
        match kind {
            Kind::Anonymous => &mut self.anonymous,
            Kind::User => &mut self.users,
        }
    }
}

impl Kept {
    /// In the order of the keys, which is the order that a store likes best.
    fn take_changed(&mut self, kind: Kind) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changed: Vec<(Box<str>, Node)> = self.changed.drain().collect();
        changed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let stored = changed.into_iter().map(|(id, node)| {
            let fact = (kind.key(&id), (!node.is_empty()).then(|| node.encode()));
            self.stored.insert(id, node);
            fact
        });
        stored.collect()
    }
}

/// The nodes of a step under way.
pub(super) struct StepNodes<'s> {
    pub(super) known: &'s mut Known,
    pub(super) facts: &'s dyn Facts,
    pub(super) failure: &'s mut Option<causeway_store::Error>,
}

impl StepNodes<'_> {
    fn read(&mut self, kind: Kind, id: &str) -> Node {
        identity::read(self.facts, kind, id).unwrap_or_else(|error| {
            *self.failure = Some(error);
            Node::default()
        })
    }
}

impl Nodes for StepNodes<'_> {
    fn node(&mut self, kind: Kind, id: &str) -> &Node {
        let kept = self.known.of(kind);
        if !kept.changed.contains_key(id) && kept.stored.get(id).is_none() {
            let node = self.read(kind, id);
            self.known.of(kind).stored.insert(id.into(), node);
        }
        let kept = self.known.of(kind);
        match kept.changed.get(id) {
            Some(node) => node,
            None => kept.stored.get(id).expect("it was just put there"),
        }
    }
}

impl NodesMut for StepNodes<'_> {
    fn node_mut(&mut self, kind: Kind, id: &str) -> &mut Node {
        if !self.known.of(kind).changed.contains_key(id) {
            let stored = self.known.of(kind).stored.take(id);
            let node = stored.unwrap_or_else(|| self.read(kind, id));
            self.known.of(kind).changed.insert(id.into(), node);
        }
        self.known.of(kind).changed.get_mut(id).expect("it was just put there")
    }
}
