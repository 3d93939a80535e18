//! What all of the vendor's answers have in common: words, and for how long to wait.

use std::time::{Duration, UNIX_EPOCH};

/// The longest wait that is taken from a header of an answer. Our own figure: a longer one is a mistake or an outage, and
/// is tried again after this.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);

/// How many characters of an answer are kept as its message.
const MAX_MESSAGE: usize = 300;

/// `message` of a JSON answer, else the answer's text, else the bare status; led by the status and bounded.
pub(crate) fn message(status: u16, body: &[u8]) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let words = json.as_ref().and_then(|json| json.get("message")?.as_str());
    let text = words.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let text: String = text.trim().chars().take(MAX_MESSAGE).collect();
    if text.is_empty() { format!("status {status}") } else { format!("status {status}: {text}") }
}

/// Reads a `Retry-After` header: seconds or an HTTP date, one in the past meaning "now".
pub(crate) fn retry_after(text: &str, now_ms: i64) -> Option<Duration> {
    let text = text.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| until_date(text, now_ms)).map(|wait| wait.min(MAX_RETRY_AFTER))
}

/// Reads an `x-ratelimit-reset` header: seconds since the Unix epoch, one in the past meaning "now".
pub(crate) fn rate_limit_reset(text: &str, now_ms: i64) -> Option<Duration> {
    let at: u64 = text.trim().parse().ok()?;
    Some(until(Duration::from_secs(at), now_ms).min(MAX_RETRY_AFTER))
}

fn until_date(date: &str, now_ms: i64) -> Option<Duration> {
    let since_epoch = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(until(since_epoch, now_ms))
}

fn until(since_epoch: Duration, now_ms: i64) -> Duration {
    since_epoch.saturating_sub(Duration::from_millis(now_ms.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_in_every_form_and_bounded() {
        let now = 784_111_777_000;
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("999999999", now), Some(MAX_RETRY_AFTER));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!((retry_after("-3", now), retry_after("soon", now)), (None, None));
        assert_eq!(rate_limit_reset("784111780", now), Some(Duration::from_secs(3)));
        assert_eq!(rate_limit_reset("784111700", now), Some(Duration::ZERO));
        assert_eq!(rate_limit_reset("99999999999999", now), Some(MAX_RETRY_AFTER));
        assert_eq!(rate_limit_reset("soon", now), None);
    }
}
