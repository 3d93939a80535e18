//! Who sends: Basic authentication with the write key as the user, or `writeKey` in the body (alone or beside a bearer
//! token, which isn't looked at).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, HeaderMap};

/// "Very short" keys alone are refused, says a Segment engineer (segmentio/analytics-go#205), without a number. Real keys
/// have 32 characters.
const SHORTEST: usize = 4;

/// The write key; nothing when it is missing or too short to be one. The header goes before the body.
pub(super) fn of(headers: &HeaderMap, in_body: Option<&str>) -> Option<String> {
    let key = basic(headers).or_else(|| in_body.map(str::to_owned))?;
    (key.chars().count() >= SHORTEST).then_some(key)
}

fn basic(headers: &HeaderMap) -> Option<String> {
    let (scheme, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded =
        STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned())
}
