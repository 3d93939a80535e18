//! The wall clock, as numbers and as text.

use jiff::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Milliseconds since the Unix epoch in the form of `Date.toISOString()`, as both vendors print times. What no calendar
/// has room for becomes the epoch.
pub(crate) fn iso(ms: i64) -> String {
    print(Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// The form of `Date.toISOString()`: milliseconds and `Z`.
pub(crate) fn print(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
