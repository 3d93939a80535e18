//! The vendors as destinations: limits, requests, and how their answers are read.

use super::body::Pieces;
use super::client::Answer;
use super::slots::{Item, Room};
use crate::config::{InsightsTarget, SegmentTarget};
use bytes::Bytes;
use causeway_algolia::credentials;
use causeway_algolia::insights::{self, request};
use causeway_engine::flow::{DESTINATION_INSIGHTS, DESTINATION_SEGMENT};
use causeway_segment::{batch, limits};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{Request, Uri};
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

const AGENT: &str = concat!("causeway/", env!("CARGO_PKG_VERSION"));

impl Destination {
    /// The name in the outbox, in metrics and dead letters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Segment(_) => DESTINATION_SEGMENT,
            Self::Insights(..) => DESTINATION_INSIGHTS,
        }
    }

    /// What fits into one request, with room for the envelope.
    pub fn room(&self) -> Room {
        match self {
            Self::Segment(_) => Room { messages: limits::MAX_BATCH_MESSAGES, bytes: SEGMENT_BYTES },
            Self::Insights(..) => Room { messages: insights::limits::MAX_EVENTS, bytes: INSIGHTS_BYTES },
        }
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
            _ => None,
        }
    }

    /// The request that carries these messages (joined by commas), sent at this instant.
    pub fn request(&self, messages: Bytes, sent_at: i64) -> Result<Request<Pieces>, http::Error> {
        match self {
            Self::Segment(target) => {
                let authorization = batch::authorization(target.write_key.expose());
                let builder = post(&target.url, batch::PATH)?.header(AUTHORIZATION, authorization);
                let mut suffix = Vec::with_capacity(batch::SUFFIX_LENGTH);
                batch::write_suffix(sent_at, &mut suffix);
                finish(builder, Pieces::new(batch::PREFIX, messages, suffix.into()), target.compress)
            }
            Self::Insights(target, _) => {
                let builder = post(&target.url, request::PATH)?
                    .header(credentials::APPLICATION_ID, &target.app_id)
                    .header(credentials::API_KEY, target.key.expose());
                let suffix = Bytes::from_static(request::SUFFIX.as_bytes());
                finish(builder, Pieces::new(request::PREFIX, messages, suffix), target.compress)
            }
        }
    }

    /// Reads an answer.
    pub fn verdict(&self, answer: &Answer, now: i64) -> Verdict {
        let (status, retry_after) = (answer.status.as_u16(), answer.retry_after.as_deref());
        match self {
            Self::Segment(_) => segment_verdict(status, retry_after, &answer.body, now),
            Self::Insights(..) => insights_verdict(status, retry_after, &answer.body, now),
        }
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

fn post(origin: &Uri, path: &str) -> Result<http::request::Builder, http::Error> {
    let base = origin.to_string();
    let uri: Uri = format!("{}{path}", base.trim_end_matches('/')).parse()?;
    Ok(Request::post(uri).header(CONTENT_TYPE, "application/json").header(USER_AGENT, AGENT))
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
