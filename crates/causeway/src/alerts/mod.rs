//! Telling people what is wrong, and that it is well again.
//!
//! [`observe`] gathers figures into a [`figures::Snapshot`]; [`conditions`] says what is wrong in it, as [`Finding`]s; the
//! [`Book`] decides what of it is told and when (it must hold, it must have changed much, it must have been fine for a while);
//! [`Post`] holds back what comes in [`quiet`] hours and keeps what each receiver has not taken yet. All of these are pure
//! and are given the time. [`run`] drives them, keeps book and post as facts of the state, and hands notices to [`receivers`].
//!
//! A [`Finding`] needs nothing but a key and words, so whatever else is to be told can go the same way.

pub mod book;
pub mod conditions;
pub mod figures;
pub mod handle;
pub mod kept;
pub mod keys;
pub mod notice;
pub mod observe;
pub mod post;
pub mod quiet;
pub mod receivers;
pub mod rules;
pub mod run;
mod sending;

pub use book::{Book, Timing};
pub use handle::Alerts;
pub use notice::{Finding, Kind, Notice, Severity};
pub use post::Post;
pub use quiet::QuietHours;
pub use receivers::Receivers;
pub use rules::{Condition, Limits, Rules};
