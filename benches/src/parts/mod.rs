//! The parts of the benchmark, one file each.

pub(crate) mod drain;
pub(crate) mod intake;
pub(crate) mod mapping;
pub(crate) mod pipeline;
pub(crate) mod rest;
pub(crate) mod segment;
