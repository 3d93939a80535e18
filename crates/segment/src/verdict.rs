//! What an answer of the Tracking API means for the batch that was sent.

use crate::limits::MAX_RETRY_AFTER;
use std::time::{Duration, UNIX_EPOCH};

/// How many characters of an answer are kept as its message.
const MAX_MESSAGE: usize = 300;

/// What to do with a batch after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken. Segment judges the content later and says nothing, hence [`crate::message::check`].
    Delivered,
    /// Something in the body is too large or malformed: halve the batch until the bad messages stand alone.
    Refused {
        /// Segment's words.
        message: String,
    },
    /// The body is too large: split it.
    TooLarge,
    /// Not the messages' fault (key, address): keep them and tell the operator.
    Denied {
        /// Segment's words.
        message: String,
    },
    /// Asked to slow down: try again later.
    Busy {
        /// How long to wait at least, if Segment said so; at most [`crate::limits::MAX_RETRY_AFTER`].
        after: Option<Duration>,
    },
    /// Something is broken over there: try again.
    Failed {
        /// Segment's words.
        message: String,
    },
}

/// Reads an answer: its status, its `Retry-After` header (seconds or HTTP date), its body, and the time now in
/// milliseconds since the Unix epoch.
///
/// What is tried again follows Segment's own Node library: 408, 410, 429, 460 and all of 5xx but 501, 505 and 511. Where that
/// library would drop messages, they are kept instead.
pub fn verdict(status: u16, retry_after: Option<&str>, body: &[u8], now_ms: i64) -> Verdict {
    match status {
        200..=299 => Verdict::Delivered,
        400 => Verdict::Refused { message: message(status, body) },
        413 => Verdict::TooLarge,
        429 | 503 => Verdict::Busy { after: retry_after.and_then(|text| wait(text, now_ms)) },
        408 | 410 | 460 => Verdict::Failed { message: message(status, body) },
        401..=499 | 501 | 505 | 511 => Verdict::Denied { message: message(status, body) },
        _ => Verdict::Failed { message: message(status, body) },
    }
}

/// `message` of a JSON answer, else the answer's text, else the bare status; led by the status and bounded.
fn message(status: u16, body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let words = json.as_ref().and_then(|json| json.get("message")?.as_str());
    let text = words.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let text: String = text.trim().chars().take(MAX_MESSAGE).collect();
    if text.is_empty() { format!("status {status}") } else { format!("status {status}: {text}") }
}

fn wait(text: &str, now_ms: i64) -> Option<Duration> {
    let text = text.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| until(text, now_ms)).map(|wait| wait.min(MAX_RETRY_AFTER))
}

/// A date in the past means "now".
fn until(date: &str, now_ms: i64) -> Option<Duration> {
    let date = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_millis(u64::try_from(now_ms).ok()?);
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(status: u16) -> &'static str {
        match verdict(status, None, b"", 0) {
            Verdict::Delivered => "delivered",
            Verdict::Refused { .. } => "refused",
            Verdict::TooLarge => "too large",
            Verdict::Denied { .. } => "denied",
            Verdict::Busy { .. } => "busy",
            Verdict::Failed { .. } => "failed",
        }
    }

    #[test]
    fn each_status_has_its_consequence() {
        let statuses =
            |expected: &str| (100..600).filter(|status| word(*status) == expected).collect::<Vec<u16>>();
        assert_eq!(statuses("refused"), [400]);
        assert_eq!(statuses("busy"), [429, 503]);
        assert_eq!(statuses("too large"), [413]);
        assert_eq!(["denied"; 6], [401, 403, 404, 501, 505, 511].map(word));
        assert_eq!(["failed"; 7], [302, 408, 410, 460, 500, 502, 504].map(word));
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let after = |text: &str| match verdict(429, Some(text), b"", 784_111_777_000) {
            Verdict::Busy { after } => after,
            other => panic!("{other:?}"),
        };
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("301"), Some(MAX_RETRY_AFTER));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:40 GMT"), Some(Duration::from_secs(3)));
        assert_eq!(after("later"), None);
    }
}
