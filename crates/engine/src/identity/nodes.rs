//! Where nodes are looked up.

use super::{Kind, Node};
use crate::core::Facts;
use std::collections::BTreeMap;

/// Nodes to read.
pub trait Nodes {
    /// What is known of an identifier; an empty node if nothing is.
    fn node(&mut self, kind: Kind, id: &str) -> &Node;
}

/// Nodes to change.
pub trait NodesMut: Nodes {
    /// The node, to be changed and stored.
    fn node_mut(&mut self, kind: Kind, id: &str) -> &mut Node;
}

/// Nodes in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<(Kind, String), Node>);

impl Memory {
    /// What the store would hold: keys and bytes, in the keys' order.
    pub fn facts(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.0.iter().map(|((kind, id), node)| (kind.key(id), node.encode())).collect()
    }
}

impl Nodes for Memory {
    fn node(&mut self, kind: Kind, id: &str) -> &Node {
        static NOTHING: Node = Node::EMPTY;
        self.0.get(&(kind, id.to_owned())).unwrap_or(&NOTHING)
    }
}

impl NodesMut for Memory {
    fn node_mut(&mut self, kind: Kind, id: &str) -> &mut Node {
        self.0.entry((kind, id.to_owned())).or_default()
    }
}

/// Nodes read from the store, each once: for answers to people, not for the engine.
pub struct Reader<'f> {
    facts: &'f dyn Facts,
    read: BTreeMap<(Kind, String), Node>,
    failure: Option<causeway_store::Error>,
}

impl<'f> Reader<'f> {
    /// Reads from these facts.
    pub fn new(facts: &'f dyn Facts) -> Self {
        Self { facts, read: BTreeMap::new(), failure: None }
    }

    /// Whether everything could be read: an answer from a reader that failed is worth nothing.
    pub fn finish(self) -> Result<(), causeway_store::Error> {
        self.failure.map_or(Ok(()), Err)
    }
}

impl Nodes for Reader<'_> {
    fn node(&mut self, kind: Kind, id: &str) -> &Node {
        self.read.entry((kind, id.to_owned())).or_insert_with(|| {
            read(self.facts, kind, id).unwrap_or_else(|error| {
                self.failure = Some(error);
                Node::default()
            })
        })
    }
}

/// Reads a node from the store.
pub(crate) fn read(facts: &dyn Facts, kind: Kind, id: &str) -> Result<Node, causeway_store::Error> {
    let Some(bytes) = facts.fact(&kind.key(id))? else { return Ok(Node::default()) };
    Node::decode(&bytes).map_err(|malformed| causeway_store::Error::Damaged {
        what: format!("what is known of the {} id {id:?}", kind.word()),
        detail: malformed.to_string(),
    })
}
