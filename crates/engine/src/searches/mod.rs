//! Searches: what shoppers asked, and what follows from it.

mod seen;

pub use seen::{FACETS, OBJECTS, Search, Seen, Via};
