//! The Search API's read side: which operation a request is, and what it asks.

mod asked;
mod route;

pub use asked::Asked;
pub use route::Route;
