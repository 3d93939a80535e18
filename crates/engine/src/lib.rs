//! The pure core: `state + record → state' + deliveries`.
//!
//! No clock, no network, no randomness: time comes with the records, memory with the [`Facts`] that the caller hands
//! in, and everything that follows leaves as one [`causeway_store::Change`]. It runs the same in production, in
//! replay, in what-if and in simulation.

pub mod aggregate;
mod core;
pub mod duplicates;
pub mod event;
pub mod flow;
pub mod forget;
pub mod identity;
pub mod ledger;
pub mod lookup;
pub mod order;
pub mod outbox;
pub mod past;
pub mod payload;
pub mod people;
pub mod profile;
mod recent;
pub mod recipes;
pub mod rehearsal;
pub mod repair;
pub mod search_context;
pub mod searches;
pub mod span;
pub mod trace;
pub mod trial;
pub mod whatif;

pub use crate::core::{
    AFFINITIES, AGGREGATES, Effects, Engine, FORWARD, FORWARD_CALLS, Facts, INTAKE, LINKS, SEARCHES,
    Settings, Source, dead_letter_id,
};
