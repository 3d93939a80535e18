//! Where a link comes from.

use causeway_store::Position;
use serde::{Serialize, Serializer};

/// The place in the journal that something was learned from: a record, and the item in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The record.
    pub position: Position,
    /// The item of the record's body, counted from 0.
    pub item: u32,
}

impl Origin {
    /// After everything: what is known of today.
    pub const LATEST: Self = Self { position: Position(u64::MAX), item: u32::MAX };
}

/// Why two identifiers belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// An Insights event carried both.
    BothIdsInsights,
    /// A Segment call carried both.
    BothIdsSegment,
    /// An `alias` call.
    Alias,
    /// The configured property of a Segment call carried the Algolia token.
    TokenProperty,
    /// An operator said so.
    Operator,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::BothIdsInsights, Self::BothIdsSegment, Self::Alias, Self::TokenProperty, Self::Operator];

    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Self::BothIdsInsights => "both-ids-insights",
            Self::BothIdsSegment => "both-ids-segment",
            Self::Alias => "alias",
            Self::TokenProperty => "token-property",
            Self::Operator => "operator",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// A set of reasons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reasons(pub(super) u8);

impl Reasons {
    /// Whether this reason is in the set.
    pub fn contains(self, reason: Reason) -> bool {
        self.0 & reason.bit() != 0
    }

    /// The reasons in the set.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.contains(*reason))
    }

    pub(super) fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl From<Reason> for Reasons {
    fn from(reason: Reason) -> Self {
        Self(reason.bit())
    }
}

/// What says that two identifiers belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// When it happened: the event's own time, in milliseconds since the Unix epoch.
    pub time: i64,
    /// Where it stands in the journal.
    pub origin: Origin,
    /// What it is.
    pub reason: Reason,
}
