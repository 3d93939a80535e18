//! Erasing a person, here and at Algolia.
//!
//! Here: the engine forgets and leaves a note of the person. The [`Forgetter`] finds it, wipes the person's dead letters,
//! messages and events, hands the tokens on to the [`Eraser`], and closes the receipt ([`Erasure`]) when all is done.
//!
//! At Algolia: an [`Order`] names tokens and records. It becomes a [`Job`]: a step for each thing that Algolia may keep, persisted as a
//! fact with every answer, so that a restart goes on where it was. The [`Eraser`] takes orders and shows receipts; its
//! background task ([`run()`]) asks, waits, and asks again until every step has ended. What is asked and how an answer is
//! read is the vendor crate's (`causeway_algolia::erasure`).
//!
//! A token is kept only as long as its step needs it; what stays for good is the [`Receipt`], with hashes.

mod account;
mod eraser;
mod forget;
mod here;
mod job;
mod queue;
mod receipt;
mod run;
mod step;
mod vendor;

pub use account::{Erasure, Here, Progress};
pub use eraser::Eraser;
pub use forget::{Forgetter, leave_out};
pub use job::{Job, Order};
pub use queue::Due;
pub use receipt::{Receipt, ReceiptStep};
pub use run::{Parts, run};
pub use step::{State, Step, Waits};
pub use vendor::Vendor;
