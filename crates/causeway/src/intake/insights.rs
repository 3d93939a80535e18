//! `POST /1/events`: Algolia's own rules, then the journal, then the answer.

use super::body::{self, Problem};
use super::cors;
use super::room::{Busy, Judged, told, with_detail, with_quarantined};
use super::server::Intake;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_algolia::insights::{self, Refusal};
use causeway_engine::Source;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, StatusCode};
use std::sync::Arc;

/// The intake's name in metrics.
pub const NAME: &str = "insights";

const JSON: &str = "application/json";

/// What is answered.
enum Answer {
    Accepted { quarantined: usize },
    Refused(Refusal),
    UnknownEncoding,
    Busy(Busy),
}

impl From<Busy> for Answer {
    fn from(busy: Busy) -> Self {
        Self::Busy(busy)
    }
}

/// The handler.
pub async fn post(State(intake): State<Arc<Intake>>, request: Request<Body>) -> Response {
    let response = accept(&intake, request).await.into_response();
    intake.count_refused(NAME, response.status());
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
    if !intake.knows(parts) {
        return Err(Answer::Refused(Refusal::Credentials));
    }
    Ok(intake.room()?)
}

/// Checks the events and makes the request durable.
async fn journal(intake: &Intake, held: body::Held) -> Answer {
    let received_at = intake.clock.now();
    let judged = match check(intake, &held.bytes, received_at) {
        Ok(judged) => judged,
        Err(refused) => return refused,
    };
    match intake.keep(Source::Insights, Bytes::new(), received_at, held).await {
        Ok(()) => {
            intake.count_events(NAME, judged);
            Answer::Accepted { quarantined: judged.invalid }
        }
        Err(busy) => busy.into(),
    }
}

/// Without a valid event the request gets the vendor's own answer; with some, the others are quarantined (unless
/// `strict`).
fn check(intake: &Intake, body: &[u8], now: i64) -> Result<Judged, Answer> {
    let batch = insights::parse(body, &intake.rules, now).map_err(Answer::Refused)?;
    if let Some(refusal) = batch.refusal(intake.strict) {
        return Err(Answer::Refused(refusal));
    }
    let valid = batch.events.iter().filter(|event| event.is_ok()).count();
    Ok(Judged { valid, invalid: batch.events.len() - valid })
}

fn unreadable(problem: Problem) -> Answer {
    match problem {
        Problem::TooLarge => Answer::Refused(Refusal::TooLarge { size: insights::limits::MAX_BODY_READ + 1 }),
        Problem::Malformed | Problem::TooSlow => Answer::Refused(Refusal::Malformed(problem.to_string())),
        Problem::UnknownEncoding => Answer::UnknownEncoding,
        Problem::Overloaded => Busy::Bodies.into(),
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
            Self::Busy(busy) => busy.into_response(),
        }
    }
}

fn accepted(quarantined: usize) -> Response {
    with_quarantined(([(CONTENT_TYPE, JSON)], insights::request::OK_BODY).into_response(), quarantined)
}

/// The vendor's own words; ours, which say more, go into a header.
fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let response = (status, [(CONTENT_TYPE, refusal.content_type())], refusal.body().into_owned());
    with_detail(response.into_response(), &refusal.to_string())
}
