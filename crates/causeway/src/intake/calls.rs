//! What the intakes of Segment's calls have in common: judging a body, keeping it, and the answers.

use super::body::{self, Held, Problem};
use super::room::{Busy, Judged, told, unreadable, with_quarantined};
use super::server::Intake;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_engine::Source;
use causeway_segment::batch::OK_BODY;
use causeway_segment::call::{self, Calls, Refusal, Route};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;

/// So many invalid messages are named in an answer. All of them are counted.
const NAMED: usize = 100;

/// What is answered.
pub(super) enum Answer {
    /// Durable, at least one message is valid.
    Accepted(Verdict),
    /// No message is valid.
    NoneValid(Verdict),
    /// The body can't be taken apart.
    Refused(Refusal),
    /// The body could not be had.
    Unreadable(Problem),
    /// Nobody who may send.
    Denied(&'static str),
    /// Not now.
    Busy(Busy),
}

/// What became of the messages of a request.
pub(super) struct Verdict {
    judged: Judged,
    faults: Vec<Fault>,
}

/// What is wrong with one.
#[derive(Serialize)]
struct Fault {
    index: usize,
    reason: String,
}

impl Verdict {
    fn of(calls: &Calls<'_>) -> Self {
        let invalid = || calls.calls.iter().filter_map(|call| call.as_ref().err());
        let fault =
            |invalid: &call::Invalid<'_>| Fault { index: invalid.index, reason: invalid.problem.to_string() };
        let count = invalid().count();
        Self {
            judged: Judged { valid: calls.calls.len() - count, invalid: count },
            faults: invalid().take(NAMED).map(fault).collect(),
        }
    }
}

/// Reads the body of a route.
pub(super) async fn read(
    intake: &Intake,
    route: Route,
    headers: &HeaderMap,
    body: Body,
) -> Result<Held, Answer> {
    let reading = body::read(headers, body, route.max_body(), intake.body_timeout, &intake.budget);
    reading.await.map_err(Answer::Unreadable)
}

/// Judges the messages of a body whose sender `may` send it, and makes it durable if one of them is valid.
pub(super) async fn keep(
    intake: &Intake,
    name: &'static str,
    route: Route,
    held: Held,
    may: impl FnOnce(&Calls<'_>) -> Result<(), Answer>,
) -> Result<Answer, Answer> {
    let received_at = intake.clock.now();
    let calls = call::parse(&held.bytes, route, received_at).map_err(Answer::Refused)?;
    may(&calls)?;
    let verdict = Verdict::of(&calls);
    drop(calls);
    if verdict.judged.valid == 0 {
        return Err(Answer::NoneValid(verdict));
    }
    let (source, meta) = origin(route);
    intake.keep(source, meta, received_at, held).await.map_err(Answer::Busy)?;
    intake.count_events(name, verdict.judged);
    Ok(Answer::Accepted(verdict))
}

/// What the journal notes of where a body came from.
fn origin(route: Route) -> (Source, Bytes) {
    match route {
        Route::Webhook => (Source::Webhook, Bytes::new()),
        Route::Tracking(_) | Route::Batch => (Source::Tracking, Bytes::from_static(route.word().as_bytes())),
    }
}

/// Any other method on the paths.
pub(super) async fn wrong_method() -> Response {
    super::cors::allow(told(StatusCode::METHOD_NOT_ALLOWED, "the method is not allowed; use POST"))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Accepted(verdict) => accepted(&verdict),
            Self::NoneValid(verdict) => {
                refused(StatusCode::BAD_REQUEST, &none_valid(&verdict), &verdict.faults)
            }
            Self::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
                refused(status, &refusal.to_string(), &[])
            }
            Self::Denied(message) => refused(StatusCode::UNAUTHORIZED, message, &[]),
            Self::Unreadable(problem) => unreadable(problem),
            Self::Busy(busy) => busy.into_response(),
        }
    }
}

fn none_valid(verdict: &Verdict) -> String {
    let first = verdict.faults.first();
    let first = first.map(|fault| format!("; message {}: {}", fault.index, fault.reason));
    format!("no message is valid{}", first.unwrap_or_default())
}

/// Segment's own answer, with the invalid messages beside it if there are any.
fn accepted(verdict: &Verdict) -> Response {
    let body = match verdict.faults.as_slice() {
        [] => OK_BODY.to_owned(),
        faults => serde_json::json!({"success": true, "quarantined": faults}).to_string(),
    };
    with_quarantined(json(StatusCode::OK, body), verdict.judged.invalid)
}

fn refused(status: StatusCode, message: &str, faults: &[Fault]) -> Response {
    let mut body = serde_json::json!({"success": false, "message": message});
    if !faults.is_empty() {
        body["invalid"] = serde_json::json!(faults);
    }
    json(status, body.to_string())
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
