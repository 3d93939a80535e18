//! Facts in memory, for tests.

use crate::core::Facts;
use causeway_store::Error;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Stored(pub(super) BTreeMap<Vec<u8>, Vec<u8>>);

impl Stored {
    pub(super) fn keep(&mut self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        for (key, value) in changes {
            match value {
                Some(value) => self.0.insert(key, value),
                None => self.0.remove(&key),
            };
        }
    }
}

impl Facts for Stored {
    fn fact(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(key).cloned())
    }
}
