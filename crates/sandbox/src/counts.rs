//! How much came and what became of it.

use serde::Serialize;

/// The totals since the start or the last reset, per vendor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The stand-in Segment, in messages.
    pub segment: Tally,
    /// The stand-in Algolia Insights, in events.
    pub algolia: Tally,
    /// The stand-in Algolia Search, in operations on records; those of a refused batch are dropped.
    pub search: Tally,
    /// Searches that were answered; each query of a request counts.
    pub searches: u64,
    /// The stand-in Algolia Personalization, classic and Advanced: requests alone.
    pub personalization: Tally,
}

/// One vendor's totals. Always: `received = kept + dropped + duplicates`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Requests to this vendor's endpoints, whatever the answer.
    pub requests: u64,
    /// Requests answered with a status of 400 or more by the vendor's own rules.
    pub refused: u64,
    /// Requests that a fault struck with more than latency.
    pub faulted: u64,
    /// Messages or events in bodies that could be read.
    pub received: u64,
    /// Those that were accepted for good.
    pub kept: u64,
    /// Those that were thrown away: silently by Segment, with their whole request by Insights.
    pub dropped: u64,
    /// Those that Segment recognised by `messageId`. Always 0 for Insights, which de-duplicates nothing.
    pub duplicates: u64,
}
