//! Events that go wrong in the ways that real ones do.

use rand::{Rng, RngExt};
use serde_json::Value;

/// Ways to spoil any valid event so that no reading of the rules lets it pass.
const WAYS: [fn(&mut Value, i64); 4] = [
    |event, _| event["userToken"] = "jane.doe@example.com".into(),
    |event, _| event["eventName"] = Value::Null,
    |event, _| event["eventType"] = "purchase".into(),
    // Seconds where milliseconds belong: January 1970.
    |event, now_ms| event["timestamp"] = (now_ms / 1000).into(),
];

/// A spoilt copy of the event.
pub(super) fn spoil(event: &Value, now_ms: i64, random: &mut impl Rng) -> Value {
    let mut spoilt = event.clone();
    WAYS[random.random_range(0..WAYS.len())](&mut spoilt, now_ms);
    spoilt
}
