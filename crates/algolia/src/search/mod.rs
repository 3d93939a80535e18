//! The Search API's read side.

mod asked;

pub use asked::Asked;
