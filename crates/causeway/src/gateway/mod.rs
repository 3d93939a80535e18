//! The search gateway: stands in front of Algolia's Search API. [`watch`] makes durable what it sees.

pub mod watch;
