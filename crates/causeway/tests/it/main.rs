//! The bridge as its users meet it: the real servers on free ports, a store in a temporary directory, the sandbox as both
//! vendors. A module per feature; [`stage`] sets everything up and checks the ledger at the end of every test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap is a failed test")]

mod events;
mod http;
mod receivers;
mod stage;
mod trouble;
mod upstream;

mod admin;
mod alerts;
mod audit;
mod backup;
mod cli;
mod daily;
mod delivery;
mod demand;
mod disk;
mod durability;
mod erasure;
mod explained;
mod forget;
mod from_segment;
mod gateway;
mod gateway_additions;
mod identity;
mod intake;
mod kill;
mod ledger;
mod mapping;
#[cfg(target_os = "linux")]
mod overload;
mod people;
mod persons;
mod poll;
mod process;
mod profiles;
mod refused;
mod reload;
mod replay;
mod requests;
mod searches;
mod telemetry;
mod traces;
