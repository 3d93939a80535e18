//! Searches: what shoppers asked, and what follows from it.

pub mod clicks;
pub mod demand;
pub mod nearest;
pub mod newcomer;
mod normal;
mod query_id;
pub mod recover;
mod seen;
mod shards;
mod similar;
#[cfg(test)]
mod testing;

pub use normal::normal;
pub use query_id::QueryId;
pub use seen::{FACETS, OBJECTS, Search, Seen, Via};
