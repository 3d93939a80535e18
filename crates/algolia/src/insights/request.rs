//! The parts of a request to the Insights API, without the sending.

use super::limits;

/// Where events are posted, below the region's base address.
pub const PATH: &str = "/1/events";

/// The content type of a body made with [`PREFIX`] and [`SUFFIX`].
pub const CONTENT_TYPE: &str = "application/json";

/// The answer to an accepted request. Source: spec, response 200.
pub const OK_BODY: &str = r#"{"status":200,"message":"OK"}"#;

/// What stands before the first event of a body; events are separated by [`SEPARATOR`].
pub const PREFIX: &str = r#"{"events":["#;

/// What stands between two events.
pub const SEPARATOR: &str = ",";

/// What stands after the last event.
pub const SUFFIX: &str = "]}";

/// How many of the events, given their sizes in bytes in order, fit into one request; 0 only if there are none. An event
/// that is too large alone is let through alone: the vendor's own answer then explains it.
pub fn fitting(sizes: impl IntoIterator<Item = usize>) -> usize {
    let mut body = PREFIX.len() + SUFFIX.len();
    let fits = |size: usize| {
        body += size + SEPARATOR.len();
        body < limits::MAX_BODY_SENT
    };
    let mut sizes = sizes.into_iter().take(limits::MAX_EVENTS).peekable();
    let any = usize::from(sizes.peek().is_some());
    sizes.map(fits).take_while(|fits| *fits).count().max(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_ends_at_a_thousand_events_or_two_megabytes() {
        assert_eq!(fitting([]), 0);
        assert_eq!(fitting([3_000_000, 1]), 1);
        assert_eq!(fitting(vec![10; 1_001]), 1_000);
        let body = |size: usize, count: usize| PREFIX.len() + SUFFIX.len() + count * (size + 1);
        let count = fitting(vec![30_000; 100]);
        assert!(
            body(30_000, count) < limits::MAX_BODY_SENT && body(30_000, count + 1) >= limits::MAX_BODY_SENT
        );
    }
}
