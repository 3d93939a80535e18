//! Searches become intents, and intents events.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::needless_pass_by_value, reason = "values of json! are written where they are passed")]

mod learned;
mod memory;
mod told;
mod typing;
mod typist;
mod world;
