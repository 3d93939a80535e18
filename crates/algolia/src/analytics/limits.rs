//! The vendor's numbers.

use std::time::Duration;

/// Requests a minute that an application may make of the Analytics API, all its users together. Source: the spec's
/// introduction, "Rate limits".
pub const REQUESTS_PER_MINUTE: u32 = 100;

/// So often the figures are brought up to date; asking more often tells nothing new. Source: the spec, `getStatus`.
pub const REFRESHED_EVERY: Duration = Duration::from_secs(5 * 60);

/// How many items a list has at most. Source: `parameters.Limit`.
pub const MAX_ITEMS: u16 = 1_000;

/// How many items a list is to have: 1 to [`MAX_ITEMS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// Takes what the vendor takes.
    pub fn new(items: u16) -> Result<Self, String> {
        if (1..=MAX_ITEMS).contains(&items) {
            Ok(Self(items))
        } else {
            Err(format!("{items} is no number of queries; Algolia lists 1 to {MAX_ITEMS}"))
        }
    }

    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}
