//! `POST /1/events`: Algolia's own rules, then the journal, then the answer.

use super::body::{self, Problem};
use super::cors;
use super::server::Intake;
use crate::pipeline::commit::Refused;
use crate::telemetry::metrics as labels;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_algolia::credentials::{self, Credentials};
use causeway_algolia::insights::{self, Refusal};
use causeway_engine::Source;
use causeway_store::Record;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The intake's name in metrics.
pub const NAME: &str = "insights";

/// Says how many events of an accepted request were kept aside as invalid.
pub const QUARANTINED: &str = "causeway-quarantined";

/// Says in our own words why a request was refused: the field, the value and what to do.
pub const DETAIL: &str = "causeway-detail";

const JSON: &str = "application/json";

/// Seconds that a client is asked to wait when something of ours is full.
const RETRY_SECONDS: &str = "1";

/// What is answered.
enum Answer {
    Accepted { quarantined: usize },
    Refused(Refusal),
    UnknownEncoding,
    Busy { status: StatusCode, message: &'static str },
}

/// The handler.
pub async fn post(State(intake): State<Arc<Intake>>, request: Request<Body>) -> Response {
    let response = accept(&intake, request).await.into_response();
    if !response.status().is_success() {
        let label = labels::Refused { intake: NAME, status: response.status().as_u16() };
        intake.metrics.refused.get_or_create(&label).inc();
    }
    cors::allow(response)
}

/// Any other method on the path.
pub async fn wrong_method() -> Response {
    cors::allow(Answer::Refused(Refusal::Method).into_response())
}

/// Any other path.
pub async fn wrong_path() -> Response {
    cors::allow(Answer::Refused(Refusal::Path).into_response())
}

async fn accept(intake: &Intake, request: Request<Body>) -> Answer {
    let (parts, mut body) = request.into_parts();
    if let Err(refused) = admit(intake, &parts) {
        body::discard(&mut body, intake.body_timeout).await;
        return refused;
    }
    let limit = insights::limits::MAX_BODY_READ;
    match body::read(&parts.headers, body, limit, intake.body_timeout, &intake.budget).await {
        Ok(held) => journal(intake, held).await,
        Err(problem) => unreadable(problem),
    }
}

/// Whether the request may send a body.
fn admit(intake: &Intake, parts: &Parts) -> Result<(), Answer> {
    if !authorised(intake, &parts.headers, parts.uri.query().unwrap_or_default()) {
        return Err(Answer::Refused(Refusal::Credentials));
    }
    if intake.backlog_is_full() {
        return Err(Answer::Busy { status: StatusCode::TOO_MANY_REQUESTS, message: "the backlog is full" });
    }
    Ok(())
}

fn authorised(intake: &Intake, headers: &HeaderMap, query: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = Credentials::read(header, query);
    given.is_some_and(|given| credentials::verify(&intake.accounts, &given, intake.clock.now()).is_ok())
}

/// Checks the events and makes the request durable.
async fn journal(intake: &Intake, held: body::Held) -> Answer {
    let received_at = intake.clock.now();
    let checked = match check(intake, &held.bytes, received_at) {
        Ok(checked) => checked,
        Err(refused) => return refused,
    };
    let record =
        Record { source: Source::Insights.into(), received_at, meta: Bytes::new(), body: held.bytes };
    match intake.committer.commit(record, Some(held.share)).await {
        Ok(()) => {
            count(intake, &checked);
            Answer::Accepted { quarantined: checked.invalid }
        }
        Err(Refused::Full) => {
            Answer::Busy { status: StatusCode::SERVICE_UNAVAILABLE, message: "the disk is full" }
        }
        Err(_) => {
            Answer::Busy { status: StatusCode::SERVICE_UNAVAILABLE, message: "the journal can't be written" }
        }
    }
}

struct Checked {
    valid: usize,
    invalid: usize,
}

/// Without a valid event the request gets the vendor's own answer; with some, the others are quarantined (unless
/// `strict`).
fn check(intake: &Intake, body: &[u8], now: i64) -> Result<Checked, Answer> {
    let batch = insights::parse(body, &intake.rules, now).map_err(Answer::Refused)?;
    if let Some(refusal) = batch.refusal(intake.strict) {
        return Err(Answer::Refused(refusal));
    }
    let valid = batch.events.iter().filter(|event| event.is_ok()).count();
    Ok(Checked { valid, invalid: batch.events.len() - valid })
}

fn count(intake: &Intake, checked: &Checked) {
    let label = labels::Intake { intake: NAME };
    intake.metrics.requests.get_or_create(&label).inc();
    intake.metrics.events.get_or_create(&label).inc_by(checked.valid as u64);
    intake.live.events_in.fetch_add(checked.valid as u64, Ordering::Relaxed);
    if checked.invalid > 0 {
        intake.metrics.quarantined.get_or_create(&label).inc_by(checked.invalid as u64);
    }
}

fn unreadable(problem: Problem) -> Answer {
    match problem {
        Problem::TooLarge => Answer::Refused(Refusal::TooLarge { size: insights::limits::MAX_BODY_READ + 1 }),
        Problem::Malformed | Problem::TooSlow => Answer::Refused(Refusal::Malformed(problem.to_string())),
        Problem::UnknownEncoding => Answer::UnknownEncoding,
        Problem::Overloaded => Answer::Busy {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "too many requests are under way",
        },
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Accepted { quarantined } => accepted(quarantined),
            Self::Refused(refusal) => refused(&refusal),
            Self::UnknownEncoding => {
                told(StatusCode::UNSUPPORTED_MEDIA_TYPE, &Problem::UnknownEncoding.to_string())
            }
            Self::Busy { status, message } => {
                let mut response = told(status, message);
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
                response
            }
        }
    }
}

fn accepted(quarantined: usize) -> Response {
    let mut response = ([(CONTENT_TYPE, JSON)], insights::request::OK_BODY).into_response();
    if quarantined > 0 {
        response.headers_mut().insert(QUARANTINED, HeaderValue::from(quarantined));
    }
    response
}

/// The vendor's own words; ours, which say more, go into a header.
fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut response =
        (status, [(CONTENT_TYPE, refusal.content_type())], refusal.body().into_owned()).into_response();
    if let Ok(detail) = HeaderValue::from_str(&refusal.to_string().escape_default().to_string()) {
        response.headers_mut().insert(DETAIL, detail);
    }
    response
}

fn told(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({"status": status.as_u16(), "message": message}).to_string();
    (status, [(CONTENT_TYPE, JSON)], body).into_response()
}
