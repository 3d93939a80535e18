//! Every limit of Segment's APIs, each written once.
//!
//! Sources are pages of the public repository `segmentio/segment-docs`, under `src/`. Segment says "KB" without saying
//! which; its own libraries count 1,024 bytes, and so do we.

use std::time::Duration;

/// Bytes of one message's JSON. Source: `connections/sources/catalog/libraries/server/http-api`.
pub const MAX_MESSAGE: usize = 32 * 1_024;

/// Bytes of a batch request's body. Source: the same page.
pub const MAX_BATCH: usize = 500 * 1_024;

/// Bytes of a batch that we fill: below both readings of 500 KB, with room for the envelope, as in Segment's own
/// libraries.
pub const MAX_BATCH_SENT: usize = 475_000;

/// Messages of a batch. With more, Segment answers 200 **and drops them**. Source: the same page, "Errors".
pub const MAX_BATCH_MESSAGES: usize = 2_500;

/// Characters of `messageId`. One page says "limited to 100", another "fewer than 100": the smaller one.
/// Source: `_includes/content/spec-field-message-id.md` and the page above.
pub const MAX_MESSAGE_ID: usize = 99;

/// Properties of one event; Segment drops the rest. Nothing checks it: that many don't fit into
/// [`MAX_MESSAGE`]. Source: `connections/rate-limits.md`.
pub const MAX_PROPERTIES: usize = 10_000;

/// Traits of one identify: "300 or more" are rejected, so 299 are the most. Source: `unify/product-limits.md`.
pub const MAX_TRAITS: usize = 299;

/// Requests and events a second and workspace that are safe. Source: `connections/rate-limits.md`.
pub const MAX_RATE_PER_SECOND: u32 = 1_000;

/// The longest wait that is taken from a `Retry-After` header: what Segment's own Node library takes at most.
/// Source: `segmentio/analytics-next`, the segmentio publisher.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Bytes of one message that is taken by webhook. Segment took at most [`MAX_MESSAGE`] and has added to it since (times,
/// `context.protocols`, `context.personas`); four times as much is our own bound.
pub const MAX_WEBHOOK_MESSAGE: usize = 4 * MAX_MESSAGE;

/// Messages of one webhook request: the most that Webhooks (Actions) can be set to.
/// Source: `connections/destinations/catalog/actions-webhook`.
pub const MAX_WEBHOOK_MESSAGES: usize = 4_000;

/// Bytes of a webhook's body. Segment names no limit; this bound of our own is [`MAX_WEBHOOK_MESSAGES`] messages of 4 KB,
/// more than twice the usual size.
pub const MAX_WEBHOOK: usize = 16 * 1_024 * 1_024;
