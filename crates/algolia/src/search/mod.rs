//! The Search API's read side: what a client asks, and what Algolia answers, as far as a search is to be known by.

mod answer;
mod asked;

pub use answer::{Answered, FACETS, OBJECTS, Unreadable, read};
pub use asked::Asked;
