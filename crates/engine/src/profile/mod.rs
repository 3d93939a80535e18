//! Profiles: what is known of a person, and what Algolia holds of it.

mod held;

pub use held::held_key;
