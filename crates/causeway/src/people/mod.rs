//! What is known of people, for those who ask: the search context at the public side, the person at the admin side.
//!
//! Reads go past the engine: what it has committed is in the store, and what was asked for lately stays in memory
//! ([`HotFacts`]) until the worker commits something newer.

mod facts;
mod person;
mod repair;
pub mod search_context;

pub use facts::HotFacts;
pub use person::{Audience, Described, People, Trait};
pub use repair::Answer;
pub use search_context::SearchContexts;
