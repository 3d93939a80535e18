//! Mapping Kit and FQL.
