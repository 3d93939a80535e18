//! Where a flow's events come from and where what it makes of them goes.

/// Whose events a flow sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Algolia's Insights events, in the shape of a track call (see [`crate::payload`]).
    Algolia,
    /// Segment's calls, as they are.
    Segment,
}

/// Where a flow sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Segment's Tracking API: messages.
    Segment,
    /// Algolia's Insights API: events.
    Insights,
}

/// The destination name of Segment's Tracking API, in flow files, the outbox, metrics and dead letters.
pub const DESTINATION_SEGMENT: &str = "segment";

/// The destination name of Algolia's Insights API, in flow files, the outbox, metrics and dead letters.
pub const DESTINATION_INSIGHTS: &str = "insights";

impl Source {
    /// Every source.
    pub const ALL: [Self; 2] = [Self::Algolia, Self::Segment];

    /// The word for it in a flow file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Algolia => "algolia",
            Self::Segment => "segment",
        }
    }

    /// The source of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == word)
    }
}

impl Destination {
    /// Every destination.
    pub const ALL: [Self; 2] = [Self::Segment, Self::Insights];

    /// The word for it in a flow file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Segment => DESTINATION_SEGMENT,
            Self::Insights => DESTINATION_INSIGHTS,
        }
    }

    /// The destination of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|destination| destination.name() == word)
    }
}
