//! Misfortunes that a sandbox can be told to cause: refusals, slowness, broken connections.

mod active;
mod parse;

pub(crate) use active::{Faults, Strike};
pub(crate) use parse::BadFault;

use serde::{Serialize, Serializer};
use std::time::Duration;

/// Which stand-in a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Segment's tracking API: everything below `/v1/`.
    Segment,
    /// Algolia Insights: `/1/events` and `/1/usertokens/…`.
    Insights,
    /// Algolia Search: `/1/indexes/…` and `/1/keys/…`.
    Search,
    /// Algolia Analytics: everything below `/2/` and `/3/` that isn't Personalization's.
    Analytics,
    /// Algolia Personalization: `/1/profiles/…`, `/1/strategies/…` and, for the Advanced one, `/2/users/…`.
    Personalization,
}

impl Target {
    /// Every target, with the word that the control endpoint uses for it.
    pub(crate) const WORDS: [(&str, Self); 5] = [
        ("segment", Self::Segment),
        ("insights", Self::Insights),
        ("search", Self::Search),
        ("analytics", Self::Analytics),
        ("personalization", Self::Personalization),
    ];

    /// The stand-in that answers a path, if any.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
        match () {
            () if starts(&["/v1/"]) => Some(Self::Segment),
            () if starts(&["/1/indexes", "/1/keys/"]) => Some(Self::Search),
            // The vendor tells these apart by the host.
            () if path == "/2/users/count" => Some(Self::Analytics),
            () if starts(&["/1/profiles/", "/1/strategies/", "/2/users/"]) => Some(Self::Personalization),
            () if starts(&["/1/"]) => Some(Self::Insights),
            () if starts(&["/2/", "/3/"]) => Some(Self::Analytics),
            () => None,
        }
    }
}

/// What happens to a struck request besides waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The request is refused with this status and nothing of it is kept.
    Status {
        /// 300 to 599; any other is sent as 503.
        status: u16,
        /// Seconds for the `Retry-After` header (and Segment's `X-RateLimit-Reset`).
        retry_after: Option<u32>,
    },
    /// The connection is reset before anything is kept.
    Reset,
    /// The request is accepted and kept, then the connection closes without an answer.
    Drop,
    /// The request is accepted and kept, then the connection closes in the middle of the answer.
    Truncate,
}

/// One misfortune. Several may be active; each strikes its share of the requests to its target.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub(crate) target: Target,
    pub(crate) effect: Option<Effect>,
    pub(crate) latency: Duration,
    pub(crate) share: f64,
    pub(crate) lasts: Option<Duration>,
}

impl Fault {
    /// A fault with an effect, striking every request until cleared.
    pub const fn new(target: Target, effect: Effect) -> Self {
        Self { target, effect: Some(effect), latency: Duration::ZERO, share: 1.0, lasts: None }
    }

    /// Refusals with a status.
    pub const fn status(target: Target, status: u16) -> Self {
        Self::new(target, Effect::Status { status, retry_after: None })
    }

    /// Slowness alone: struck requests wait this long, then all goes well.
    pub const fn slow(target: Target, latency: Duration) -> Self {
        Self { target, effect: None, latency, share: 1.0, lasts: None }
    }

    /// Adds `Retry-After` (in seconds) to a refusal; without meaning for other effects.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        if let Some(Effect::Status { retry_after, .. }) = &mut self.effect {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Makes struck requests wait before the effect.
    #[must_use]
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Strikes only this share of the requests, 0.0 to 1.0 (values outside are taken as the nearer end, no number as 0).
    #[must_use]
    pub const fn share(mut self, share: f64) -> Self {
        self.share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// Ends by itself after this long.
    #[must_use]
    pub const fn lasting(mut self, lasts: Duration) -> Self {
        self.lasts = Some(lasts);
        self
    }
}

/// The same words that the control endpoint reads.
impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        parse::describe(self).serialize(serializer)
    }
}
