//! The search gateway: Algolia's read API, passed through.

pub mod watch;
