//! Flows: a source, a trigger (FQL), a mapping (Mapping Kit), an optional tracking plan, a destination.
//!
//! A flow is written as a file ([`Definition`]), compiled once into a [`Flow`], and then run on every event without any
//! parsing. Recipes are flows like any other.

mod compiled;
mod consent;
mod definition;
pub mod difference;
mod document;
mod envelope;
mod faults;
pub mod insights;
pub mod lint;
mod notes;
mod probe;
mod revision;
mod route;
mod run;
pub mod suggest;
pub mod texts;

pub use compiled::{Flow, Outcome, Stamp};
pub use consent::{Categories, ConsentMissing};
pub use definition::{Definition, Fault, OnViolation, PlanSource, SubscriptionDefinition};
pub use document::Document;
pub use revision::Revision;
pub use route::{DESTINATION_INSIGHTS, DESTINATION_SEGMENT, Destination, Source};

/// How many flows may run at once: a block of the outbox numbers them in one byte, those that Causeway adds itself
/// included.
pub const MAX_FLOWS: usize = 250;

/// The destination name of Algolia's Search API, for records that hold what is known of people.
pub const DESTINATION_PROFILES: &str = "profiles";

/// Every destination's name.
pub const DESTINATIONS: [&str; 3] = [DESTINATION_INSIGHTS, DESTINATION_PROFILES, DESTINATION_SEGMENT];

/// At most this many messages come of one event in one flow. Insights allows 20 objects an event; a user's flow may
/// have a few subscriptions that match at once.
pub const MAX_MESSAGES: usize = 200;
