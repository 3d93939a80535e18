//! What an answer of the Search API means for the operations that were sent.

use crate::answer::{message, retry_after as wait};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::Duration;

/// What to do with a batch of operations after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken: the vendor named the tasks that will do it.
    Delivered,
    /// At least one operation is bad, and the vendor took none: halve the batch until the bad ones stand alone.
    Refused {
        /// The vendor's words.
        message: String,
    },
    /// The body is too large: split it.
    TooLarge,
    /// Not the operations' fault (key, right, plan, quota of records): keep them and tell the operator.
    Denied {
        /// The vendor's words.
        message: String,
    },
    /// Too many indexing tasks are waiting: try again later.
    Busy {
        /// How long to wait at least, if the vendor said so.
        after: Option<Duration>,
    },
    /// Something is broken over there: try again, on the next host if [`crate::hosts::is_hosts_fault`].
    Failed {
        /// The vendor's words.
        message: String,
    },
}

/// Reads an answer: its status, its `Retry-After` header (seconds or HTTP date), its body, and the time now in
/// milliseconds since the Unix epoch.
///
/// A 2xx without `taskID` comes from something in between, not from Algolia, and counts as failed. 503 is a host's own
/// failure, not a plea to slow down: that is 429 (support article "Is there a rate limit for indexing on Algolia").
pub fn verdict(status: u16, retry_after: Option<&str>, body: &[u8], now_ms: i64) -> Verdict {
    match status {
        200..=299 if has_task(body) => Verdict::Delivered,
        200..=299 => Verdict::Failed { message: format!("{}, which names no taskID", message(status, body)) },
        400 | 422 => Verdict::Refused { message: message(status, body) },
        413 => Verdict::TooLarge,
        425 | 429 => Verdict::Busy { after: retry_after.and_then(|text| wait(text, now_ms)) },
        408 => Verdict::Failed { message: message(status, body) },
        401..=499 => Verdict::Denied { message: message(status, body) },
        _ => Verdict::Failed { message: message(status, body) },
    }
}

/// Source: Search spec, `multipleBatchResponse.taskID`.
fn has_task(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Tasks {
        #[serde(rename = "taskID")]
        _task: IgnoredAny,
    }
    serde_json::from_slice::<Tasks>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_meaning() {
        let of = |status, body: &str| verdict(status, Some("2"), body.as_bytes(), 0);
        assert_eq!(of(200, r#"{"taskID":{"profiles":7},"objectIDs":["a"]}"#), Verdict::Delivered);
        assert!(matches!(of(200, "<html>sign in</html>"), Verdict::Failed { .. }));
        let message = "status 400: Record is too big".to_owned();
        assert_eq!(of(400, r#"{"message":"Record is too big","status":400}"#), Verdict::Refused { message });
        assert_eq!(of(413, ""), Verdict::TooLarge);
        assert_eq!(of(429, ""), Verdict::Busy { after: Some(Duration::from_secs(2)) });
        for status in [401, 402, 403, 404] {
            assert!(matches!(of(status, ""), Verdict::Denied { .. }), "{status}");
        }
        for status in [302, 408, 500, 502, 503] {
            assert!(matches!(of(status, ""), Verdict::Failed { .. }), "{status}");
        }
    }
}
