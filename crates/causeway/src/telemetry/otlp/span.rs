//! A span.

use super::Context;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a span is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work of our own.
    Internal,
    /// A request that came.
    Server,
    /// A request that was sent.
    Client,
}

/// A value of an attribute: words of ours and numbers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A word.
    Text(String),
    /// A number.
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Something that took its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What.
    pub name: String,
    /// Of which kind.
    pub kind: Kind,
    /// Its own place.
    pub context: Context,
    /// The span that it is part of.
    pub parent: Option<Context>,
    /// Further spans that led to it.
    pub links: Vec<Context>,
    /// When it began, in nanoseconds since the Unix epoch.
    pub start: u64,
    /// When it ended.
    pub end: u64,
    /// More about it.
    pub attributes: Vec<(&'static str, Value)>,
    /// Whether it failed.
    pub failed: bool,
}

impl Span {
    /// A span that began then and ends now.
    pub fn ended(
        name: impl Into<String>,
        kind: Kind,
        context: Context,
        parent: Option<Context>,
        start: u64,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            context,
            parent,
            links: Vec::new(),
            start,
            end: nanos(),
            attributes: Vec::new(),
            failed: false,
        }
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push((key, value.into()));
        self
    }
}

/// Now, in nanoseconds since the Unix epoch.
pub fn nanos() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
