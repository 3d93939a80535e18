//! What Segment says: messages and their limits, batches for the Tracking API and its answers, calls as they come in by
//! it or by webhook, what Engage computes, time, regions, and tracking plans.
//!
//! This crate does no input or output and knows no other crate of the workspace. Segment answers 200 to nearly
//! everything and drops afterwards what it doesn't like, so its limits are checked here, before anything is sent.

pub mod batch;
pub mod call;
pub mod engage;
pub mod limits;
pub mod message;
pub mod plan;
pub mod region;
pub mod time;
mod verdict;
pub mod webhook;

pub use verdict::{Verdict, verdict};
