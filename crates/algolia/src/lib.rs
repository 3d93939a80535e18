//! What Algolia says.
