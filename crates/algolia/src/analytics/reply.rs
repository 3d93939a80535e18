//! What an answer means, and what it says of the quota.

use super::no_results::{self, Searched};
use crate::answer::{message, rate_limit_reset, retry_after};
use std::time::Duration;

/// The header that says how many requests are left until the limit is reset. Source: `headers` of the spec.
pub const RATE_LIMIT_REMAINING: &str = "x-ratelimit-remaining";

/// What of an answer counts.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The `Retry-After` header.
    pub retry_after: Option<&'a str>,
    /// The header [`RATE_LIMIT_REMAINING`].
    pub rate_limit_remaining: Option<&'a str>,
    /// The header [`RATE_LIMIT_RESET`](crate::erasure::RATE_LIMIT_RESET).
    pub rate_limit_reset: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The report.
    Report(Vec<Searched>),
    /// This can't be reported: there is no such index, or the question is bad.
    Refused {
        /// The vendor's words.
        message: String,
    },
    /// The key, its rights or the application's plan do not allow it.
    Denied {
        /// The vendor's words.
        message: String,
    },
    /// Too much at once: ask again after the [`wait`].
    Busy,
    /// Something is broken over there: ask again.
    Failed {
        /// The vendor's words.
        message: String,
    },
}

/// Reads an answer.
pub fn read(answer: Answer<'_>) -> Reply {
    let said = || message(answer.status, answer.body);
    match answer.status {
        200..=299 => match no_results::parse(answer.body) {
            Ok(searches) => Reply::Report(searches),
            Err(message) => Reply::Failed { message },
        },
        425 | 429 => Reply::Busy,
        503 if answer.retry_after.is_some() => Reply::Busy,
        400 | 404 | 422 => Reply::Refused { message: said() },
        408 => Reply::Failed { message: said() },
        401..=499 => Reply::Denied { message: said() },
        _ => Reply::Failed { message: said() },
    }
}

/// How long the next request has to wait, as far as the answer says so, given the time now in milliseconds since the Unix
/// epoch: a quota that is not used up is no reason to wait.
pub fn wait(answer: Answer<'_>, now_ms: i64) -> Option<Duration> {
    let used_up = answer.rate_limit_remaining.is_some_and(|left| left.trim() == "0");
    if !used_up && read(answer) != Reply::Busy {
        return None;
    }
    let asked = answer.retry_after.and_then(|text| retry_after(text, now_ms));
    asked.or_else(|| answer.rate_limit_reset.and_then(|text| rate_limit_reset(text, now_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Answer<'_> = Answer {
        status: 200,
        retry_after: None,
        rate_limit_remaining: None,
        rate_limit_reset: None,
        body: br#"{"searches":[]}"#,
    };

    #[test]
    fn each_answer_has_its_meaning() {
        let of = |status, body: &'static str| read(Answer { status, body: body.as_bytes(), ..NOTHING });
        assert_eq!(of(200, r#"{"searches":[]}"#), Reply::Report(Vec::new()));
        assert!(matches!(of(200, "<html>"), Reply::Failed { .. }));
        let message = "status 404: Index does not exist".to_owned();
        assert_eq!(of(404, r#"{"message":"Index does not exist"}"#), Reply::Refused { message });
        for status in [401, 402, 403] {
            assert!(matches!(of(status, ""), Reply::Denied { .. }), "{status}");
        }
        for status in [302, 408, 500, 503] {
            assert!(matches!(of(status, ""), Reply::Failed { .. }), "{status}");
        }
        assert_eq!(of(429, ""), Reply::Busy);
    }

    #[test]
    fn a_quota_that_is_used_up_is_waited_for_and_one_that_is_not_is_not() {
        let of = |answer| wait(answer, 10_000);
        let reset = Answer { rate_limit_reset: Some("12"), ..NOTHING };
        assert_eq!(of(Answer { rate_limit_remaining: Some("99"), ..reset }), None);
        assert_eq!(of(Answer { rate_limit_remaining: Some("0"), ..reset }), Some(Duration::from_secs(2)));
        assert_eq!(of(Answer { status: 429, retry_after: Some("7"), ..reset }), Some(Duration::from_secs(7)));
    }
}
