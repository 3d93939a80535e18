//! The sandbox over real HTTP, on free ports.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod analytics;
mod control;
mod echo;
mod engage;
mod faults;
mod insights;
mod personalization;
mod search;
mod searching;
mod segment;
mod shoppers;
mod support;
