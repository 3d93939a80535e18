//! What an answer of the Insights API means for the batch that was sent.

use crate::answer::{message, retry_after as wait};
use std::time::Duration;

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

#[cfg(test)]
mod tests {
    use super::*;

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
