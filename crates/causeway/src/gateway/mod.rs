//! The search gateway: Algolia's read API, passed through. [`watch`] makes durable what it sees.

pub mod watch;
