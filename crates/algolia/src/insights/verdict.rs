//! What an answer of the Insights API means for the batch that was sent.

use super::limits::MAX_RETRY_AFTER;
use std::time::{Duration, UNIX_EPOCH};

/// How many characters of an answer are kept as its message.
const MAX_MESSAGE: usize = 300;

/// What to do with a batch after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Accepted; done.
    Delivered,
    /// The batch holds at least one bad event, and the vendor took none: halve it until the bad ones stand alone.
    Refused {
        /// The vendor's words.
        message: String,
    },
    /// The body is too large: split it.
    TooLarge,
    /// Not the events' fault (key, plan, address): keep them and tell the operator.
    Denied {
        /// The vendor's words.
        message: String,
    },
    /// Asked to slow down: try again later.
    Busy {
        /// How long to wait at least, if the vendor said so; at most [`super::limits::MAX_RETRY_AFTER`].
        after: Option<Duration>,
    },
    /// Something is broken over there: try again.
    Failed {
        /// The vendor's words.
        message: String,
    },
}

/// Reads an answer: its status, its `Retry-After` header (seconds or HTTP date), its body, and the time now in
/// milliseconds since the Unix epoch.
pub fn verdict(status: u16, retry_after: Option<&str>, body: &[u8], now_ms: i64) -> Verdict {
    match status {
        200..=299 => Verdict::Delivered,
        400 | 422 => Verdict::Refused { message: message(status, body) },
        413 => Verdict::TooLarge,
        425 | 429 | 503 => Verdict::Busy { after: retry_after.and_then(|text| wait(text, now_ms)) },
        408 => Verdict::Failed { message: message(status, body) },
        401..=499 => Verdict::Denied { message: message(status, body) },
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

    fn busy(retry_after: &str) -> Option<Duration> {
        match verdict(429, Some(retry_after), b"", 784_111_777_000) {
            Verdict::Busy { after } => after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        assert_eq!(busy("7"), Some(Duration::from_secs(7)));
        assert_eq!(busy("999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(busy("Sun, 06 Nov 1994 08:49:40 GMT"), Some(Duration::from_secs(3)));
        assert_eq!(busy("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        assert_eq!(busy("-3"), None);
        assert_eq!(busy("soon"), None);
    }

    #[test]
    fn only_400_and_422_are_the_events_fault() {
        let refused = |status| matches!(verdict(status, None, b"", 0), Verdict::Refused { .. });
        let found: Vec<u16> = (100..600).filter(|status| refused(*status)).collect();
        assert_eq!(found, [400, 422]);
        let body = br#"{"status":403,"message":"Invalid Application-Id or API-Key"}"#;
        let message = "status 403: Invalid Application-Id or API-Key".to_owned();
        assert_eq!(verdict(403, None, body, 0), Verdict::Denied { message });
        assert_eq!(verdict(502, None, b"", 0), Verdict::Failed { message: "status 502".to_owned() });
    }
}
