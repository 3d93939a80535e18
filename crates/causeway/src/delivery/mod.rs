//! Delivery: from the outbox to the vendors.
//!
//! One [`lane`] per destination, so that a dead destination delays nobody else. A lane absorbs blocks from its
//! [`inbox`], spreads their entries over the persons' [`slots`], gathers [`batch`]es within the vendor's limits, and
//! hands each to a task of its own ([`attempt`]) that sends, waits, retries and splits until every entry has its fate.
//! What became of them goes to the worker as one change. Decisions ([`backoff`], [`pace`],
//! [`concurrency`], [`slots`], batch splitting) are pure; time and randomness are passed in.

pub mod attempt;
pub mod backoff;
pub mod batch;
pub mod body;
pub mod client;
pub mod concurrency;
pub mod destination;
pub mod fate;
pub mod forgotten;
pub mod held;
pub mod hosts;
pub mod inbox;
pub mod lane;
pub mod pace;
pub mod payloads;
pub mod refused;
pub mod report;
pub mod slots;

pub use destination::Destination;
pub use forgotten::Forgotten;
pub use inbox::Inbox;
pub use lane::Lane;
