//! The Search API's read side: which operation a request is, what it asks, how something is added to it, and what Algolia
//! answers, as far as a search is to be known by.
//!
//! A request is never written anew. What is added is put into the text that came, so all else stays as it was: order,
//! members that nobody knows, the spelling of numbers. Source for parameters: Search spec, `searchParams`.

mod additions;
mod answer;
mod asked;
mod encoded;
mod filters;
mod object;
mod probe;
mod query;
mod request;
mod route;

pub use additions::{Additions, Caps, Counts};
pub use answer::{Answered, FACETS, OBJECTS, Unreadable, read};
pub use asked::Asked;
pub use probe::{Probe, Probed};
pub use query::Query;
pub use request::{NoSearch, Request};
pub use route::Route;

#[cfg(test)]
mod tests;
