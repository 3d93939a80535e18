//! What can be wrong with a message, and with a body.

use super::check::{MAX_DEPTH, MAX_SHARED_DEPTH};
use crate::{limits, message};

/// A message that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid<'a> {
    /// Its place in the batch or array, from 0.
    pub index: usize,
    /// Its JSON as it came.
    pub raw: &'a str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Segment would refuse it, mostly without saying so.
    #[error(transparent)]
    Refused(#[from] message::Problem),
    /// Something else than an object.
    #[error("the message is no JSON object")]
    NotAnObject,
    /// An object whose keys can't be read.
    #[error("the message is not readable: {0}")]
    Malformed(String),
    /// No type, and the path says none.
    #[error("type is missing; add identify, track, page, screen, group or alias")]
    NoType,
    /// A type that is none of Segment's.
    #[error("type {found:?} is unknown; use identify, track, page, screen, group or alias")]
    UnknownType {
        /// The beginning of what stands there.
        found: String,
    },
    /// A deletion that didn't come from Segment.
    #[error("type delete is taken by webhook only; use `causeway forget`, or delete the user in Segment")]
    DeleteByTracking,
    /// A field of the wrong type.
    #[error("{field} is no {expected}; send one or leave it out")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A time that can't be read.
    #[error("{field} is no ISO 8601 time; write one like 2026-08-21T09:30:00.123Z")]
    NoTime {
        /// The field.
        field: &'static str,
    },
    /// Nested too deep.
    #[error("the message is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`limits::MAX_WEBHOOK_MESSAGE`] bytes by webhook.
    #[error("the message has {bytes} bytes; by webhook at most {} are taken", limits::MAX_WEBHOOK_MESSAGE)]
    TooLarge {
        /// Bytes of its JSON.
        bytes: usize,
    },
}

/// Why a body is not taken at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than the route takes.
    #[error("the body has more than {limit} bytes; send smaller batches")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
    /// No JSON.
    #[error("the body is no JSON: {0}")]
    Malformed(String),
    /// JSON, but neither a message nor several.
    #[error("the body is no {expected}")]
    WrongBody {
        /// What it should be.
        expected: &'static str,
    },
    /// Without messages.
    #[error("batch is missing or empty; put at least one message into it")]
    NoMessages,
    /// Something that a batch says for all of its messages is unusable.
    #[error(
        "the batch's {field} is no object of at most {MAX_SHARED_DEPTH} levels; send one or leave it out"
    )]
    WrongShared {
        /// `context` or `integrations`.
        field: &'static str,
    },
    /// More messages than a request may have.
    #[error("the request has {count} messages; send at most {limit}")]
    TooManyMessages {
        /// How many.
        count: usize,
        /// The most that are taken.
        limit: usize,
    },
}

impl Refusal {
    /// The HTTP status that says so.
    pub fn status(&self) -> u16 {
        if matches!(self, Refusal::TooLarge { .. }) { 413 } else { 400 }
    }
}
