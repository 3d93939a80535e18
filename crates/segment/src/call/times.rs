//! When it happened: Segment's correction of the sender's clock.

use super::members::{Members, text};
use super::{Problem, Route, Shared};
use crate::time;
use serde_json::value::RawValue;

/// What a message says of its times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times<'a> {
    /// The corrected time in milliseconds since the Unix epoch.
    pub(super) corrected: Option<i64>,
    /// What was said at first.
    pub(super) original: Option<&'a RawValue>,
    /// When it was sent, by the sender's clock, as the message or its batch says.
    pub(super) sent_at: Option<&'a RawValue>,
}

impl<'a> Times<'a> {
    /// Reads them. A webhook's `timestamp` has been corrected by Segment; on the other routes it is the sender's own.
    pub(super) fn read(
        members: &Members<'a>,
        shared: &Shared<'a>,
        route: Route,
        received_at: i64,
    ) -> Result<Self, Problem> {
        let sent_at = members.get("sentAt").or(shared.sent_at);
        let (timestamp, original) = (members.get("timestamp"), members.get("originalTimestamp"));
        if let (Route::Webhook, Some(timestamp)) = (route, timestamp) {
            let corrected = Some(instant(timestamp, "timestamp")?);
            return Ok(Self { corrected, original, sent_at });
        }
        let said = match (timestamp, original) {
            (Some(timestamp), _) => Some((timestamp, "timestamp")),
            (None, Some(original)) => Some((original, "originalTimestamp")),
            (None, None) => None,
        };
        let Some((original, field)) = said else {
            return Ok(Self { corrected: None, original: None, sent_at });
        };
        let received_at = received(members, route).unwrap_or(received_at);
        let corrected = corrected(instant(original, field)?, sent_at.and_then(readable), received_at);
        Ok(Self { corrected: Some(corrected), original: Some(original), sent_at })
    }
}

/// When Segment received what it hands on.
fn received(members: &Members<'_>, route: Route) -> Option<i64> {
    members.get("receivedAt").filter(|_| route == Route::Webhook).and_then(readable)
}

/// `receivedAt − (sentAt − originalTimestamp)`. Without a readable `sentAt` nothing is known of the sender's clock.
fn corrected(original: i64, sent_at: Option<i64>, received_at: i64) -> i64 {
    sent_at.map_or(original, |sent_at| time::clamp(received_at - (sent_at - original)))
}

fn instant(value: &RawValue, field: &'static str) -> Result<i64, Problem> {
    readable(value).ok_or(Problem::NoTime { field })
}

/// RFC 3339, or what else of ISO 8601 senders are known to write: no offset, which is UTC, or no time of day.
fn readable(value: &RawValue) -> Option<i64> {
    let text = text(value)?;
    let completed = |end: &str| time::parse(&format!("{text}{end}"));
    time::parse(&text).or_else(|| completed("Z")).or_else(|| completed("T00:00:00Z"))
}
