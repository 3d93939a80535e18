//! A message's four stamps (spec/common).

use crate::clock::print;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// Sets `originalTimestamp`, `timestamp` and `receivedAt`. With `sentAt`, the client's clock is corrected:
/// `timestamp = receivedAt − (sentAt − originalTimestamp)`.
pub(super) fn stamp(message: &mut Map<String, Value>, received_at: Timestamp) {
    let original = ["originalTimestamp", "timestamp"].iter().find_map(|key| message.get(*key)).cloned();
    let happened = original.as_ref().and_then(parse);
    let sent = message.get("sentAt").and_then(parse);
    let timestamp = match (happened, sent) {
        (Some(happened), Some(sent)) => corrected(happened, sent, received_at),
        (Some(happened), None) => happened,
        (None, _) => received_at,
    };
    message.insert("originalTimestamp".into(), original.unwrap_or_else(|| print(received_at).into()));
    message.insert("timestamp".into(), print(timestamp).into());
    message.insert("receivedAt".into(), print(received_at).into());
}

/// An absurd clock, off by more than time has room for, is not corrected but replaced.
fn corrected(happened: Timestamp, sent: Timestamp, received_at: Timestamp) -> Timestamp {
    let delay = sent.as_millisecond().saturating_sub(happened.as_millisecond());
    Timestamp::from_millisecond(received_at.as_millisecond().saturating_sub(delay)).unwrap_or(received_at)
}

/// ISO 8601; without an offset it is UTC.
fn parse(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    let local = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stamped(mut message: Value) -> [Value; 3] {
        let received_at = "2026-03-01T12:00:00.5Z".parse().unwrap();
        stamp(message.as_object_mut().unwrap(), received_at);
        ["originalTimestamp", "timestamp", "receivedAt"].map(|key| message[key].clone())
    }

    #[test]
    fn a_clock_that_is_an_hour_slow_is_corrected() {
        let message = json!({"timestamp": "2026-03-01T10:59:50Z", "sentAt": "2026-03-01T11:00:00Z"});
        assert_eq!(
            stamped(message),
            ["2026-03-01T10:59:50Z", "2026-03-01T11:59:50.500Z", "2026-03-01T12:00:00.500Z"]
        );
    }

    #[test]
    fn without_sent_at_the_time_given_stands_and_without_any_the_arrival_does() {
        assert_eq!(stamped(json!({"timestamp": "2020-01-01T00:00:00"}))[1], "2020-01-01T00:00:00.000Z");
        assert_eq!(stamped(json!({"originalTimestamp": "2020-01-01"}))[1], "2020-01-01T00:00:00.000Z");
        assert_eq!(stamped(json!({}))[1], "2026-03-01T12:00:00.500Z");
        assert_eq!(stamped(json!({"timestamp": "soon", "sentAt": 5}))[1], "2026-03-01T12:00:00.500Z");
    }

    #[test]
    fn a_clock_ten_thousand_years_off_does_no_harm() {
        let message = json!({"timestamp": "-009999-01-02T00:00:00Z", "sentAt": "9999-12-30T00:00:00Z"});
        assert_eq!(stamped(message)[1], "2026-03-01T12:00:00.500Z");
    }
}
