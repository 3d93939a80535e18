//! Which queries one person waits for.

use super::failed::DemandId;
use crate::core::Kept;
use serde::{Deserialize, Serialize};

/// At most so many queries are known that one token waits for; of more those that were asked last.
pub const MAX_WAITS: usize = 50;

/// At most so many objects are remembered of what was bought after one of them.
const MAX_OBJECTS: usize = 100;

/// What a token waits for, in the order of asking.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waits(pub(super) Vec<Wait>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wait {
    pub(super) id: DemandId,
    /// When it was last asked.
    pub(super) at: i64,
    /// Hashes of the objects that were bought since, so that each counts once.
    pub(super) bought: Vec<u64>,
}

impl Waits {
    /// Notes a query; answers which other one the token waits for no more.
    pub(super) fn add(&mut self, id: DemandId, at: i64) -> Option<DemandId> {
        let former = self.take(id);
        let at = former.as_ref().map_or(at, |former| former.at.max(at));
        self.0.push(Wait { id, at, bought: former.map(|former| former.bought).unwrap_or_default() });
        (self.0.len() > MAX_WAITS).then(|| self.0.remove(0).id)
    }

    pub(super) fn take(&mut self, id: DemandId) -> Option<Wait> {
        let place = self.0.iter().position(|wait| wait.id == id)?;
        Some(self.0.remove(place))
    }
}

impl Wait {
    pub(super) fn note_bought(&mut self, object: u64) {
        if self.bought.len() < MAX_OBJECTS {
            self.bought.push(object);
        }
    }
}

impl Kept for Waits {
    fn decode(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    fn encode(&self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then(|| serde_json::to_vec(self).expect("texts and numbers are JSON"))
    }
}

/// The key under which it is kept what a token waits for.
pub(super) fn key(token: &str) -> Vec<u8> {
    [b"waits/", token.as_bytes()].concat()
}
