//! Flows: a trigger (FQL), a mapping (Mapping Kit), an optional tracking plan, a destination.
//!
//! A flow is written as a file ([`Definition`]), compiled once into a [`Flow`], and then run on every event without any
//! parsing. Recipes are flows like any other.

mod compiled;
mod definition;
pub mod difference;
mod document;
mod envelope;
mod faults;
pub mod lint;
mod probe;
pub mod suggest;

pub use compiled::{Flow, Outcome, Stamp};
pub use definition::{Definition, Fault, OnViolation, PlanSource, SubscriptionDefinition};
pub use document::Document;

/// How many flows may run at once: a block of the outbox numbers them in one byte, those that Causeway adds itself
/// included.
pub const MAX_FLOWS: usize = 250;

/// The source name of flows that see Algolia's events.
pub const SOURCE_ALGOLIA: &str = "algolia";

/// The destination name of Segment's Tracking API.
pub const DESTINATION_SEGMENT: &str = "segment";

/// The destination name of Algolia's Insights API.
pub const DESTINATION_INSIGHTS: &str = "insights";

/// The destination name of profile records, which Algolia's Search API keeps: an entry is one operation of a batch.
pub const DESTINATION_PROFILES: &str = "profiles";

/// Every destination's name.
pub const DESTINATIONS: [&str; 3] = [DESTINATION_INSIGHTS, DESTINATION_PROFILES, DESTINATION_SEGMENT];
