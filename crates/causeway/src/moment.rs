//! Instants as people write them: RFC 3339, a date, or so long ago (`2h`, `7d`).

use crate::config::units::Span;
use causeway_segment::time;

/// Reads an instant in milliseconds since the Unix epoch; `2h` means two hours before `now`.
pub fn parse(text: &str, now: i64) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(span) = text.parse::<Span>() {
        return Ok(now - span.as_ms());
    }
    let instant = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond);
    let midnight = || time::parse(&format!("{text}T00:00:00Z"));
    instant.ok().or_else(midnight).ok_or_else(|| {
        format!(
            "{text:?} is no instant; write one like 2026-11-23T10:00:00Z, 2026-11-23, or 2h for two hours ago"
        )
    })
}

/// Writes an instant as RFC 3339 with milliseconds, UTC.
pub fn print(at: i64) -> String {
    time::to_string(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_form_that_people_use() {
        let now = 1_795_000_000_000;
        assert_eq!(parse("2h", now), Ok(now - 7_200_000));
        assert_eq!(parse("2026-11-23T10:00:00Z", now).map(print), Ok("2026-11-23T10:00:00.000Z".to_owned()));
        assert_eq!(parse("2026-11-23", now).map(print), Ok("2026-11-23T00:00:00.000Z".to_owned()));
        assert!(parse("yesterday", now).unwrap_err().contains("2h"));
    }
}
