//! Where Causeway keeps things: the [`Journal`] of what came in and the [`State`] of what follows from it.
//!
//! Two small traits, one embedded backend ([`sqlite`]), one conformance suite (the module `conformance`, built for tests
//! only) that every backend passes. The store knows nothing of vendors, flows or events: payloads are opaque bytes to it.

#[cfg(test)]
mod conformance;
mod error;
pub mod journal;
pub mod sqlite;
pub mod state;

pub use error::Error;
pub use journal::{Entry, Extent, Journal, Position, Record, Retention, Source};
pub use state::{BlockId, Change, State};
