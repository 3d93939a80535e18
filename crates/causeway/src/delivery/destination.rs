//! The vendors as destinations: limits, requests, and how their answers are read.

use super::body::Pieces;
use super::client::Answer;
use super::hosts::Hosts;
use super::slots::{Item, Room};
use crate::config::{InsightsTarget, ProfilesTarget, SegmentTarget};
use crate::secret::Secret;
use bytes::Bytes;
use causeway_algolia::credentials;
use causeway_algolia::insights::{self, request};
use causeway_algolia::records;
use causeway_engine::flow::{DESTINATION_INSIGHTS, DESTINATION_PROFILES, DESTINATION_SEGMENT};
use causeway_segment::{batch, limits};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use std::io::Write;
use std::time::Duration;

/// A vendor's API that entries are sent to.
#[derive(Debug, Clone)]
pub enum Destination {
    /// Segment's Tracking API.
    Segment(SegmentTarget),
    /// Algolia's Insights API; events older than this many milliseconds are not sent, since one makes Algolia refuse
    /// the whole request.
    Insights(InsightsTarget, i64),
    /// Algolia's Search API, which keeps profile records.
    Profiles(ProfilesTarget),
}

/// What an answer means. Retryable or not is decided here, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken.
    Delivered,
    /// Something in the request is refused for good.
    Refused(String),
    /// The request as a whole is too large.
    TooLarge,
    /// Nothing is wrong with the messages: credentials, plan or address are. Held until the operator mends it.
    Denied(String),
    /// Too much at once; perhaps with the time to wait.
    Busy(Option<Duration>),
    /// The vendor failed; it may work later.
    Failed(String),
}

/// What is left for messages when the envelope is taken off.
const SEGMENT_BYTES: usize = limits::MAX_BATCH_SENT - batch::PREFIX.len() - batch::SUFFIX_LENGTH - 1;

/// What is left for events when the envelope is taken off.
const INSIGHTS_BYTES: usize =
    insights::limits::MAX_BODY_SENT - request::PREFIX.len() - request::SUFFIX.len() - 1;

/// What is left for operations when the envelope is taken off.
const PROFILES_BYTES: usize =
    records::limits::MAX_BODY_SENT - records::request::PREFIX.len() - records::request::SUFFIX.len() - 1;

pub(crate) const AGENT: &str = concat!("causeway/", env!("CARGO_PKG_VERSION"));

impl Destination {
    /// The name in the outbox, in metrics and dead letters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Segment(_) => DESTINATION_SEGMENT,
            Self::Insights(..) => DESTINATION_INSIGHTS,
            Self::Profiles(_) => DESTINATION_PROFILES,
        }
    }

    /// Where requests go, with `shuffle` to arrange hosts that stand in for the first.
    pub fn hosts(&self, shuffle: impl FnOnce(&mut [String])) -> Hosts {
        match self {
            Self::Segment(target) => Hosts::new(&target.url.to_string(), &[]),
            Self::Insights(target, _) => Hosts::new(&target.url.to_string(), &[]),
            Self::Profiles(target) => {
                let (first, others) = target.hosts.for_writes(shuffle);
                Hosts::new(&first, &others)
            }
        }
    }

    /// What fits into one request, with room for the envelope.
    pub fn room(&self) -> Room {
        room(self.name())
    }

    /// Why the vendor would not take this entry now, before it is sent in vain and spoils a batch.
    pub fn objection(&self, item: &Item, messages: &[u8], now: i64) -> Option<(&'static str, String)> {
        match self {
            Self::Insights(_, max_age) if now - item.time > *max_age => Some((
                "expired",
                format!(
                    "the event is {} days old by now; Algolia would refuse it",
                    (now - item.time) / 86_400_000
                ),
            )),
            Self::Segment(_) if item.length as usize > limits::MAX_MESSAGE => oversize(messages),
            Self::Profiles(target) if item.length as usize > target.max_record => {
                oversize_record(messages, target.max_record)
            }
            _ => None,
        }
    }

    /// The request that carries these messages (joined by commas) to one of [`Destination::hosts`], sent at this instant.
    pub fn request(
        &self,
        origin: &str,
        messages: Bytes,
        sent_at: i64,
    ) -> Result<Request<Pieces>, http::Error> {
        match self {
            Self::Segment(target) => {
                let authorization = batch::authorization(target.write_key.expose());
                let builder = post(origin, batch::PATH).header(AUTHORIZATION, authorization);
                let mut suffix = Vec::with_capacity(batch::SUFFIX_LENGTH);
                batch::write_suffix(sent_at, &mut suffix);
                finish(builder, Pieces::new(batch::PREFIX, messages, suffix.into()), target.compress)
            }
            Self::Insights(target, _) => {
                let builder = signed(post(origin, request::PATH), &target.app_id, &target.key);
                let suffix = Bytes::from_static(request::SUFFIX.as_bytes());
                finish(builder, Pieces::new(request::PREFIX, messages, suffix), target.compress)
            }
            Self::Profiles(target) => {
                let builder =
                    signed(post(origin, records::request::PATH), target.app_id.as_str(), &target.key);
                let suffix = Bytes::from_static(records::request::SUFFIX.as_bytes());
                let body = Pieces::new(records::request::PREFIX, messages, suffix);
                finish(builder, body, target.compress)
            }
        }
    }

    /// Reads an answer.
    pub fn verdict(&self, answer: &Answer, now: i64) -> Verdict {
        let (status, retry_after) = (answer.status.as_u16(), answer.retry_after.as_deref());
        match self {
            Self::Segment(_) => segment_verdict(status, retry_after, &answer.body, now),
            Self::Insights(..) => insights_verdict(status, retry_after, &answer.body, now),
            Self::Profiles(_) => records_verdict(status, retry_after, &answer.body, now),
        }
    }
}

/// What fits into one request to the destination of this name; of a name that is none, what fits Segment.
pub fn room(destination: &str) -> Room {
    match destination {
        DESTINATION_INSIGHTS => Room { messages: insights::limits::MAX_EVENTS, bytes: INSIGHTS_BYTES },
        DESTINATION_PROFILES => Room { messages: records::limits::MAX_OPERATIONS, bytes: PROFILES_BYTES },
        _ => Room { messages: limits::MAX_BATCH_MESSAGES, bytes: SEGMENT_BYTES },
    }
}

fn segment_verdict(status: u16, retry_after: Option<&str>, body: &[u8], now: i64) -> Verdict {
    use causeway_segment::Verdict as Said;
    match causeway_segment::verdict(status, retry_after, body, now) {
        Said::Delivered => Verdict::Delivered,
        Said::Refused { message } => Verdict::Refused(message),
        Said::TooLarge => Verdict::TooLarge,
        Said::Denied { message } => Verdict::Denied(message),
        Said::Busy { after } => Verdict::Busy(after),
        Said::Failed { message } => Verdict::Failed(message),
    }
}

fn insights_verdict(status: u16, retry_after: Option<&str>, body: &[u8], now: i64) -> Verdict {
    use insights::Verdict as Said;
    match insights::verdict(status, retry_after, body, now) {
        Said::Delivered => Verdict::Delivered,
        Said::Refused { message } => Verdict::Refused(message),
        Said::TooLarge => Verdict::TooLarge,
        Said::Denied { message } => Verdict::Denied(message),
        Said::Busy { after } => Verdict::Busy(after),
        Said::Failed { message } => Verdict::Failed(message),
    }
}

fn records_verdict(status: u16, retry_after: Option<&str>, body: &[u8], now: i64) -> Verdict {
    use records::Verdict as Said;
    match records::verdict(status, retry_after, body, now) {
        Said::Delivered => Verdict::Delivered,
        Said::Refused { message } => Verdict::Refused(message),
        Said::TooLarge => Verdict::TooLarge,
        Said::Denied { message } => Verdict::Denied(message),
        Said::Busy { after } => Verdict::Busy(after),
        Said::Failed { message } => Verdict::Failed(message),
    }
}

/// One entry may hold several messages; only a message has a limit.
fn oversize(messages: &[u8]) -> Option<(&'static str, String)> {
    let largest = super::batch::single_messages(messages).iter().map(Bytes::len).max().unwrap_or(0);
    let limit = limits::MAX_MESSAGE;
    (largest > limit).then(|| {
        (
            "oversize",
            format!("a message has {largest} bytes; Segment drops those over {limit} without an error"),
        )
    })
}

/// A record that the plan does not allow would be refused, and its whole batch with it.
fn oversize_record(operations: &[u8], limit: usize) -> Option<(&'static str, String)> {
    let operations = super::batch::single_messages(operations);
    let largest = operations.iter().map(|one| records::operation::record_bytes(one)).max().unwrap_or(0);
    (largest > limit).then(|| {
        (
            "oversize",
            format!("a record has {largest} bytes; algolia.max_record_size says that Algolia takes {limit}"),
        )
    })
}

fn post(origin: &str, path: &str) -> http::request::Builder {
    Request::post(format!("{origin}{path}"))
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
}

/// With the credentials that every API of Algolia's takes.
pub(crate) fn signed(builder: http::request::Builder, app_id: &str, key: &Secret) -> http::request::Builder {
    builder.header(credentials::APPLICATION_ID, app_id).header(credentials::API_KEY, key.expose())
}

fn finish(
    builder: http::request::Builder,
    body: Pieces,
    compress: bool,
) -> Result<Request<Pieces>, http::Error> {
    // Writing to memory can't fail; should it ever, the plain body is as good.
    match compress.then(|| gzip(&body)) {
        Some(Ok(packed)) => builder.header(CONTENT_ENCODING, "gzip").body(packed.into()),
        _ => builder.body(body),
    }
}

fn gzip(body: &Pieces) -> std::io::Result<Vec<u8>> {
    let length: usize = body.iter().map(Bytes::len).sum();
    let mut encoder = GzEncoder::new(Vec::with_capacity(length / 4), Compression::fast());
    body.iter().try_for_each(|piece| encoder.write_all(piece))?;
    encoder.finish()
}
