//! The parts of a request to the Tracking API's batch route, without the sending.

use crate::{limits, time};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Where batches are posted, below the region's base address.
pub const PATH: &str = "/v1/batch";

/// The content type of a batch.
pub const CONTENT_TYPE: &str = "application/json";

/// The answer to an accepted request.
pub const OK_BODY: &str = r#"{"success":true}"#;

/// What stands before the first message; messages are separated by [`SEPARATOR`].
pub const PREFIX: &str = r#"{"batch":["#;

/// What stands between two messages.
pub const SEPARATOR: &str = ",";

/// Length of what [`write_suffix`] appends.
pub const SUFFIX_LENGTH: usize = SENT_AT.len() + time::LENGTH + END.len();

const SENT_AT: &str = r#"],"sentAt":""#;
const END: &str = r#""}"#;

/// Appends what stands after the last message: the time of sending, in milliseconds since the Unix epoch. Segment
/// corrects the messages' times by it.
pub fn write_suffix(sent_at_ms: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(SENT_AT.as_bytes());
    time::write(sent_at_ms, out);
    out.extend_from_slice(END.as_bytes());
}

/// The value of the `Authorization` header: the write key as the user of Basic authentication, without a password.
pub fn authorization(write_key: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{write_key}:")))
}

/// The write key in an `Authorization` header of Basic authentication; none in one of another scheme.
pub fn write_key(authorization: &str) -> Option<String> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    let decoded = BASE64.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let credentials = String::from_utf8(decoded).ok()?;
    Some(credentials.split(':').next().unwrap_or_default().to_owned())
}

/// How many of the messages, given their sizes in bytes in order, fit into one request; 0 only if there are none. A
/// message that is too large alone is let through alone: [`crate::message::check`] and Segment's answer explain it.
pub fn fitting(sizes: impl IntoIterator<Item = usize>) -> usize {
    let mut body = PREFIX.len() + SUFFIX_LENGTH;
    let fits = |size: usize| {
        body += size + SEPARATOR.len();
        body < limits::MAX_BATCH_SENT
    };
    let mut sizes = sizes.into_iter().take(limits::MAX_BATCH_MESSAGES).peekable();
    let any = usize::from(sizes.peek().is_some());
    sizes.map(fits).take_while(|fits| *fits).count().max(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_one_json_object() {
        let mut body = PREFIX.as_bytes().to_vec();
        body.extend_from_slice(b"{},{}");
        let before = body.len();
        write_suffix(0, &mut body);
        assert_eq!(body, br#"{"batch":[{},{}],"sentAt":"1970-01-01T00:00:00.000Z"}"#);
        assert_eq!(body.len() - before, SUFFIX_LENGTH);
        assert_eq!(authorization("abc"), "Basic YWJjOg==");
        assert_eq!(write_key("basic YWJjOg==").as_deref(), Some("abc"));
        assert_eq!((write_key("Bearer YWJjOg=="), write_key("Basic")), (None, None));
    }

    #[test]
    fn a_batch_ends_at_its_limits() {
        assert_eq!(fitting([]), 0);
        assert_eq!(fitting([1_000_000, 1]), 1);
        assert_eq!(fitting(vec![10; 2_501]), 2_500);
        assert_eq!(fitting(vec![32_000; 100]), 14);
    }
}
