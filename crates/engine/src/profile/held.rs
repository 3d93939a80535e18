//! What Algolia holds of a person, so that only what changed is sent.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The key under which it is kept what Algolia holds in a record.
pub fn held_key(index: &str, object_id: &str) -> Vec<u8> {
    [b"held/", index.as_bytes(), b"/", object_id.as_bytes()].concat()
}

/// A hash of each attribute of one record, as it was sent last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held(BTreeMap<String, u64>);

impl Held {
    /// Reads what was stored; anything else means that nothing is held.
    pub fn decode(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("hashes are plain data")
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this attribute was ever sent.
    pub fn has(&self, attribute: &str) -> bool {
        self.0.contains_key(attribute)
    }

    /// Notes that an attribute is sent with this JSON; answers whether that is news to Algolia.
    pub fn note(&mut self, attribute: &str, json: &str) -> bool {
        let hash = xxh3_64(json.as_bytes());
        self.0.insert(attribute.to_owned(), hash) != Some(hash)
    }
}
