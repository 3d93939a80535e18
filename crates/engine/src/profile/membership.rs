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

    /// Notes an entry or an exit; answers whether anything is different now.
    pub(super) fn learn(&mut self, member: bool, at: i64) -> bool {
        let time = if member { &mut self.entered } else { &mut self.left };
        let later = time.is_none_or(|known| known < at);
        if later {
            *time = Some(at);
        }
        later
    }

    /// When it changed last.
    fn changed(&self) -> Option<i64> {
        self.entered.max(self.left)
    }

    /// The later of both, each way.
    pub(super) fn joined(self, other: Self) -> Self {
        Self { entered: self.entered.max(other.entered), left: self.left.max(other.left) }
    }

    /// Only what happened at instants that pass.
    pub(super) fn at_times(self, passes: &mut impl FnMut(i64) -> bool) -> Self {
        let mut pass = |time: Option<i64>| time.filter(|time| passes(*time));
        Self { entered: pass(self.entered), left: pass(self.left) }
    }
}

pub(super) fn drop_oldest(audiences: &mut BTreeMap<String, Membership>) {
    let oldest = audiences.iter().min_by_key(|(key, membership)| (membership.changed(), *key));
    let oldest = oldest.map(|(key, _)| key.clone());
    oldest.map(|key| audiences.remove(&key));
}
