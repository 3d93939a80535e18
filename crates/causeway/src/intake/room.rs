//! What every intake does whatever it speaks: see whether there is room, make a request durable, count it.

use super::body::{Held, Problem};
use super::server::Intake;
use crate::pipeline::commit::Refused;
use crate::telemetry::metrics as labels;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_algolia::credentials::{self, Credentials};
use causeway_engine::Source;
use causeway_store::Record;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use std::sync::atomic::Ordering;

/// Says how many events of an accepted request were kept aside as invalid.
const QUARANTINED: &str = "causeway-quarantined";

/// Says in our own words what is wrong with a request, or with something in it.
pub(crate) const DETAIL: &str = "causeway-detail";

/// Seconds that a client is asked to wait when something of ours is full.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The name under which Segment's browser library looks for the same.
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Why a request that may be fine is not taken now. Its sender may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    /// More waits for the engine than the operator allows.
    Backlog,
    /// Too many bodies are in memory.
    Bodies,
    /// The disk is full.
    Disk,
    /// The journal refuses writes.
    Journal,
    /// Something of the above took longer than the sender waits.
    Late,
}

impl Busy {
    fn status(self) -> StatusCode {
        if self == Busy::Backlog { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE }
    }

    fn message(self) -> &'static str {
        match self {
            Busy::Backlog => "the backlog is full",
            Busy::Bodies => "too many requests are under way",
            Busy::Disk => "the disk is full",
            Busy::Journal => "the journal can't be written",
            Busy::Late => "the request could not be kept in time",
        }
    }
}

impl IntoResponse for Busy {
    fn into_response(self) -> Response {
        let mut response = told(self.status(), self.message());
        response.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
        response.headers_mut().insert(RATE_LIMIT_RESET, RETRY_SECONDS);
        response
    }
}

/// The events of an accepted request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    pub(super) valid: usize,
    pub(super) invalid: usize,
}

impl Intake {
    /// Whether a request may come in.
    pub(super) fn room(&self) -> Result<(), Busy> {
        if self.health.backlog_is_full() { Err(Busy::Backlog) } else { Ok(()) }
    }

    /// Makes a request durable.
    pub(super) async fn keep(
        &self,
        source: Source,
        meta: Bytes,
        received_at: i64,
        held: Held,
    ) -> Result<(), Busy> {
        let record = Record { source: source.into(), received_at, meta, body: held.bytes };
        self.committer.commit(record, Some(held.share)).await.map_err(|refused| match refused {
            Refused::Full => Busy::Disk,
            Refused::Failed(_) | Refused::Stopping => Busy::Journal,
        })
    }

    /// Whether a request carries an accepted key of Algolia's, or a secured key made from one, in headers or in the query.
    pub(super) fn knows(&self, parts: &Parts) -> bool {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let given = Credentials::read(header, parts.uri.query().unwrap_or_default());
        given.is_some_and(|given| credentials::verify(&self.accounts, &given, self.clock.now()).is_ok())
    }

    /// Counts an accepted request of events.
    pub(super) fn count_events(&self, intake: &'static str, judged: Judged) {
        self.count(intake, judged);
        self.live.events_in.fetch_add(judged.valid as u64, Ordering::Relaxed);
    }

    /// Counts an accepted request.
    pub(super) fn count(&self, intake: &'static str, judged: Judged) {
        let label = labels::Intake { intake };
        self.metrics.requests.get_or_create(&label).inc();
        self.metrics.events.get_or_create(&label).inc_by(judged.valid as u64);
        if judged.invalid > 0 {
            self.metrics.quarantined.get_or_create(&label).inc_by(judged.invalid as u64);
        }
    }

    /// Counts an answer, if it is a refusal.
    pub(super) fn count_refused(&self, intake: &'static str, status: StatusCode) {
        if !status.is_success() {
            let label = labels::Refused { intake, status: status.as_u16() };
            self.metrics.refused.get_or_create(&label).inc();
        }
    }
}

/// An answer of our own.
pub(super) fn told(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({"status": status.as_u16(), "message": message}).to_string();
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The answer to an accepted request, with what was kept aside.
pub(super) fn with_quarantined(mut response: Response, count: usize) -> Response {
    if count > 0 {
        response.headers_mut().insert(QUARANTINED, HeaderValue::from(count));
    }
    response
}

/// The answer with our own words about what is wrong: the field, the value and what to do.
pub(super) fn with_detail(mut response: Response, words: &str) -> Response {
    if let Ok(detail) = HeaderValue::from_str(&words.escape_default().to_string()) {
        response.headers_mut().insert(DETAIL, detail);
    }
    response
}

/// An answer to a body that could not be had.
pub(super) fn unreadable(problem: Problem) -> Response {
    let status = match problem {
        Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Problem::Malformed | Problem::TooSlow => StatusCode::BAD_REQUEST,
        Problem::UnknownEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Problem::Overloaded => return Busy::Bodies.into_response(),
    };
    told(status, &problem.to_string())
}
