//! Causeway: one self-hosted program that connects Algolia (search) and Segment (customer data).
//!
//! `ARCHITECTURE.md` at the repository's root is the map. This crate is the outside of the house: configuration,
//! commands, servers, delivery. The decisions are made in `causeway-engine`.

pub mod alerts;
pub mod api;
pub mod audit;
pub mod backup;
pub mod bridge;
pub mod bulk;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daily;
pub mod delivery;
pub mod demand;
pub mod erasure;
pub mod flows;
pub mod gateway;
pub mod health;
pub mod inspect;
pub mod intake;
pub mod listen;
pub mod moment;
pub mod people;
pub mod pipeline;
pub mod poll;
pub mod problems;
pub mod reload;
pub mod replay;
pub mod secret;
pub mod sockets;
pub mod telemetry;
pub mod world;
