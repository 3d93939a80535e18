//! The Analytics API's reports: how they are asked for, and what the answers mean.
//!
//! A report counts searches of all users together: it can't say who searched, nor when within its day. Source of all facts:
//! the Analytics spec, unless another one is named.

pub mod limits;
mod no_results;
mod reply;

pub use limits::Limit;
pub use no_results::{NoResults, Searched};
pub use reply::{Answer, RATE_LIMIT_REMAINING, Reply, read, wait};

/// The right that a key needs. Source: `x-acl` of every operation.
pub const RIGHT: &str = "analytics";
