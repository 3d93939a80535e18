//! Erasing a person at Algolia: what is asked for, step by step, and how each answer is read.
//!
//! A [`Subject`] is one thing that Algolia may keep of a person. Each is deleted by a [`Call`] of its own, at
//! [`Stage::Delete`]; later stages find out whether it is gone. [`read`] says what an answer comes to: the next stage, the
//! end, or why not. A deletion may be asked for as often as one likes.
//!
//! Sources: Insights spec, `deleteUserToken`; Personalization spec, `deleteUserProfile` and `getUserTokenProfile`; Advanced
//! Personalization spec, `deleteUser` and `getUser`; Search spec, `deleteObject`, `getTask` and `getObject`.

mod call;
mod reply;
mod subject;

pub use call::{Call, Host, Stage, call};
pub use reply::{Answer, End, Reply, read};
pub use subject::{Subject, Token, TokenError};

/// The header that says when the rate limit is over, in seconds since the Unix epoch. Source: `headers` of the Insights and
/// Personalization specs.
pub const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";
