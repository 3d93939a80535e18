//! What may be set about searches.

/// How searches become events, and for how long they are remembered. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// So long after the last keystroke a search is settled.
    pub settle_ms: i64,
    /// The same search of the same person within this time is not told again.
    pub repeat_ms: i64,
    /// Whether browsing without a text is a search.
    pub empty_queries: bool,
    /// For how long later events are tied to their search.
    pub memory_ms: i64,
    /// How long an event waits for the search that it names, if that has not been seen yet; 0: not at all.
    pub wait_ms: i64,
    /// What is kept of queries without results.
    pub demand: super::demand::Settings,
    /// Whether conversions that name no search are given the one that they came from.
    pub recover: bool,
    /// How sure that must be, in hundredths.
    pub least_confidence: u8,
    /// Whether it is noted who searches for the first time, and told.
    pub newcomers: bool,
    /// How long a newcomer waits for a sign of interest.
    pub newcomer_wait_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle_ms: 1_500,
            repeat_ms: 30_000,
            empty_queries: false,
            memory_ms: 24 * 60 * 60 * 1_000,
            wait_ms: 2_000,
            demand: super::demand::Settings::default(),
            recover: true,
            least_confidence: 50,
            newcomers: false,
            newcomer_wait_ms: 30_000,
        }
    }
}

/// Searches of one person may come so much out of order. Nothing settles before what was asked earlier had this time to
/// come in.
pub const LATE_MS: i64 = 200;
