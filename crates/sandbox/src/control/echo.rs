//! `POST /_sandbox/segment/echo`: `{"url", "secret"?, "bearer"?, "signature"?, "batch"?, "concurrency"?, "name"?}`; `GET`
//! reads its counts, `DELETE` ends it.

use super::receiver;
use crate::fault::BadFault;
use crate::segment::echo::Destination;
use crate::segment::webhook::WEBHOOKS;
use serde::Deserialize;
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// "Default 1,000, max 4,000" (actions-webhook).
const BATCHES: RangeInclusive<usize> = 1..=4000;
const CONCURRENCY: RangeInclusive<usize> = 1..=1000;

/// What an order says besides the receiver.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    name: String,
    batch: usize,
    concurrency: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { name: WEBHOOKS.into(), batch: 1, concurrency: 8 }
    }
}

/// Reads an order.
pub(crate) fn destination(document: Value) -> Result<Destination, BadFault> {
    let Value::Object(mut fields) = document else {
        return Err(BadFault::new("body", "must be an object with url"));
    };
    let receiver = receiver::require(&mut fields)?;
    let settings = serde_json::from_value::<Settings>(Value::Object(fields));
    let Settings { name, batch, concurrency } =
        settings.map_err(|error| BadFault::new("body", format!("is no order: {error}")))?;
    within("batch", batch, BATCHES)?;
    within("concurrency", concurrency, CONCURRENCY)?;
    Ok(Destination { name, receiver, batch, concurrency })
}

/// What is running, without its secrets, and what it did; `null` when nothing is.
pub(super) fn describe(echo: Option<&crate::segment::echo::Echo>) -> Value {
    let Some(echo) = echo else { return Value::Null };
    let Destination { name, receiver, batch, concurrency } = &echo.destination;
    json!({"url": receiver.url.to_string(), "name": name, "batch": batch, "concurrency": concurrency,
        "counts": echo.counts()})
}

fn within(field: &str, value: usize, range: RangeInclusive<usize>) -> Result<(), BadFault> {
    let fix = format!("is {value}; give {} to {}", range.start(), range.end());
    if range.contains(&value) { Ok(()) } else { Err(BadFault::new(field, fix)) }
}
