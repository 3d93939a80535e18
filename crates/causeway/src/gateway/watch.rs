//! Sees the searches that pass.

use bytes::Bytes;
use causeway_algolia::search::Asked;
use http::HeaderValue;
use std::time::Duration;

/// A search request that was answered.
#[derive(Debug)]
pub struct Observed {
    /// The queries of the request, in the order of the answer's results.
    pub asked: Vec<Asked>,
    /// Whether the person is held out.
    pub held_out: bool,
    /// When the request came, in milliseconds since the Unix epoch.
    pub at: i64,
    /// How long the caller waited for the last byte of the answer.
    pub took: Duration,
    /// `Content-Encoding` of the answer.
    pub encoding: Option<HeaderValue>,
    /// The answer's pieces as they passed.
    pub body: Vec<Bytes>,
}

/// Takes what was seen.
#[derive(Debug, Clone, Default)]
pub struct Watcher;

impl Watcher {
    /// Hands a search on; never blocks.
    pub fn saw(&self, _observed: Observed) {}

    /// Whether anybody is interested.
    pub fn wants(&self) -> bool {
        false
    }
}
