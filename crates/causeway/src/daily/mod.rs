//! A day's account of the ledger: signed, and chained to the day before, so that nobody can change it afterwards unseen.
//!
//! A [`Report`] says what became of each flow's events that were accepted on a day, as it was known when the day had ended. What
//! becomes of them later (a dead letter that is retried) does not change it: the next report lists it as a [`Correction`]. A
//! report names the SHA-256 of the one before it, and is signed with the store's [`Signer`], so [`verify`] notices one that was
//! edited, taken away or put elsewhere.
//!
//! [`book`] decides what the next report says, [`keep`] writes it in time, into the store and into a directory.

pub mod book;
pub mod keep;
mod key;
mod report;
mod shelf;
pub mod verify;

pub use key::{KEY_FILE, Signer};
pub use report::{Correction, Figures, Line, Report, Signed};
pub use shelf::{Kept, all, find};
