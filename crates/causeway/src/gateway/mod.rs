//! The search gateway: Algolia's read API, passed through to Algolia's own hosts.
//!
//! Nothing of ours may make a search fail that would not have failed without us. What goes wrong here, or takes too long,
//! sends the untouched request on. [`watch`] makes durable what is seen.

mod answer;
mod body;
mod breaker;
mod headers;
mod lookup;
mod refusal;
mod search;
mod searcher;
mod server;
mod upstream;
pub mod watch;

pub use breaker::Patience;
pub use lookup::LookUps;
pub use search::Searches;
pub use server::{Gateway, router};
pub use upstream::{Settings as UpstreamSettings, Upstream};
