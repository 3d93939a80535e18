//! The Search API's read side: which operation a request is, what it asks, and how something is added to it.
//!
//! A request is never written anew. What is added is put into the text that came, so all else stays as it was: order,
//! members that nobody knows, the spelling of numbers. Source for parameters: Search spec, `searchParams`.

mod additions;
mod asked;
mod encoded;
mod filters;
mod object;
mod query;
mod request;
mod route;

pub use additions::{Additions, Caps, Counts};
pub use asked::Asked;
pub use query::Query;
pub use request::{Request, Unreadable};
pub use route::Route;

#[cfg(test)]
mod tests;
