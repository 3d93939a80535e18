//! Who is in which audience, and since when.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person and an audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// When it was entered last, event time in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<i64>,
    /// When it was left last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
}

impl Membership {
    /// Whether the person is in it now. Entered and left at one instant means in.
    pub fn is_member(&self) -> bool {
        self.entered >= self.left && self.entered.is_some()
    }

    /// The later of both, each way.
    pub(super) fn joined(self, other: Self) -> Self {
        Self { entered: self.entered.max(other.entered), left: self.left.max(other.left) }
    }
}

/// When an identifier entered and left an audience: the latest times last, as many as are worth remembering.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changes {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entered: Vec<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<i64>,
}

impl Changes {
    /// Whether any of it happened before this instant.
    pub(super) fn is_older(&self, at: i64) -> bool {
        self.entered.iter().chain(&self.left).any(|changed| *changed < at)
    }

    /// Notes an entry or an exit; answers whether anything is different now.
    pub(super) fn learn(&mut self, most: usize, member: bool, at: i64) -> bool {
        let times = if member { &mut self.entered } else { &mut self.left };
        let Err(place) = times.binary_search(&at) else { return false };
        if place == 0 && times.len() >= most {
            return false;
        }
        times.insert(place, at);
        times.drain(..times.len().saturating_sub(most));
        true
    }

    /// What they come to, of the instants that pass.
    pub(super) fn at_times(&self, passes: &mut impl FnMut(i64) -> bool) -> Membership {
        let mut last = |times: &[i64]| times.iter().rev().copied().find(|time| passes(*time));
        Membership { entered: last(&self.entered), left: last(&self.left) }
    }

    /// When it changed last.
    fn changed(&self) -> Option<i64> {
        self.entered.last().max(self.left.last()).copied()
    }
}

pub(super) fn drop_oldest(audiences: &mut BTreeMap<String, Changes>) {
    let oldest = audiences.iter().min_by_key(|(key, changes)| (changes.changed(), *key));
    let oldest = oldest.map(|(key, _)| key.clone());
    oldest.map(|key| audiences.remove(&key));
}
