//! The Search API's read side: which operation a request is, what it asks, and what is answered, as far as a search is to be
//! known by.

mod answer;
mod asked;
mod route;

pub use answer::{Answered, FACETS, OBJECTS, Unreadable, read};
pub use asked::Asked;
pub use route::Route;
