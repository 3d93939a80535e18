//! The parts of the benchmark, one file each.

pub(crate) mod drain;
pub(crate) mod gateway;
pub(crate) mod intake;
pub(crate) mod mapping;
pub(crate) mod pending;
pub(crate) mod pipeline;
pub(crate) mod recovery;
pub(crate) mod rest;
pub(crate) mod segment;
pub(crate) mod trace;
