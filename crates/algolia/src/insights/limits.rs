//! Every limit of the Insights API, each written once.
//!
//! Source, unless said otherwise: the API's `OpenAPI` description, `specs/bundled/insights.yml`, in the public
//! repository `algolia/api-clients-automation`.

/// Events in one request; more are refused with 422. Source: spec, `events.maxItems`.
pub const MAX_EVENTS: usize = 1_000;

/// Largest body that is accepted here, in bytes. The spec says "smaller than 2 MB" without saying which MB, so
/// reading takes the larger one.
pub const MAX_BODY_READ: usize = 2 * 1_024 * 1_024;

/// Bodies that are sent stay below this many bytes: the smaller reading of the spec's "smaller than 2 MB".
pub const MAX_BODY_SENT: usize = 2_000_000;

/// Characters of `eventName`, which are printable ASCII, 0x20 to 0x7E. Source: spec, `eventName`.
pub const MAX_EVENT_NAME: usize = 64;

/// Characters of a user token that is accepted. Source: spec, `userToken.maxLength`.
pub const MAX_TOKEN_READ: usize = 129;

/// Characters of a user token that we make ourselves: the spec's error text says 128 where its schema says 129.
pub const MAX_TOKEN_SENT: usize = 128;

/// Items of `objectIDs`, `positions`, `filters` and `objectData`. Source: spec, `maxItems` of each.
pub const MAX_ITEMS: usize = 20;

/// Characters of a `queryID` of the `message_…` form. Source: spec, `queryID.maxLength`.
pub const MAX_QUERY_ID: usize = 128;

/// Characters of a `queryID` of the search form: lower-case hexadecimal. Source: spec, `queryID.pattern`.
pub const SEARCH_QUERY_ID: usize = 32;

/// The prefix of the other `queryID` form. Source: spec, `queryID.pattern`.
pub const MESSAGE_QUERY_ID_PREFIX: &str = "message_";

/// Characters of `value` when it is a string. Source: spec, `value`.
pub const MAX_VALUE_TEXT: usize = 16;

/// Letters of `currency`. Source: spec, `currency`.
pub const CURRENCY: usize = 3;

/// How old a timestamp may be, in milliseconds: 30 days. Source: spec, `timestamp`.
pub const MAX_AGE_MS: i64 = 30 * DAY_MS;

/// The limit before 2026-02, still named by older documents: 4 days, in milliseconds. The cautious setting.
pub const CAUTIOUS_MAX_AGE_MS: i64 = 4 * DAY_MS;

/// How far in the future a timestamp may be, in milliseconds: one day, which forgives a device clock set to the
/// wrong time zone. No figure is published; a maintainer's note of 2018 says that future timestamps are refused.
pub const MAX_FUTURE_MS: i64 = DAY_MS;

pub use crate::answer::MAX_RETRY_AFTER;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
