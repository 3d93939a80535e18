//! `POST /1/searches`: searches that a page's own middleware has seen, for sites whose searches do not go through the gateway.

pub mod sighting;

use super::body::{self, Held, Problem};
use super::cors;
use super::room::{Busy, Judged, told, unreadable, with_detail, with_quarantined};
use super::server::Intake;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_engine::Source;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, StatusCode};
use sighting::{Fault, Refusal, Report};
use std::sync::Arc;

/// The intake's name in metrics.
pub const NAME: &str = "searches";

/// The path.
pub const PATH: &str = "/1/searches";

/// Bytes of a report. A browser's beacon has at most 64 KiB.
pub const MAX_BODY: usize = 256 << 10;

/// What is answered.
enum Answer {
    /// The valid searches are durable; this is wrong with the others.
    Accepted(Vec<Fault>),
    /// The body is no report, or none of its searches is valid.
    Refused(Refusal),
    /// The body could not be had.
    Unreadable(Problem),
    /// Nobody who may send.
    Denied,
    /// Not now.
    Busy(Busy),
}

/// The handler.
pub(super) async fn post(State(intake): State<Arc<Intake>>, request: Request<Body>) -> Response {
    let response = accept(&intake, request).await.unwrap_or_else(|refused| refused).into_response();
    intake.count_refused(NAME, response.status());
    cors::allow(response)
}

async fn accept(intake: &Intake, request: Request<Body>) -> Result<Answer, Answer> {
    let (parts, mut body) = request.into_parts();
    if let Err(refused) = admit(intake, &parts) {
        body::discard(&mut body, intake.body_timeout).await;
        return Err(refused);
    }
    let reading = body::read(&parts.headers, body, MAX_BODY, intake.body_timeout, &intake.budget);
    journal(intake, reading.await.map_err(Answer::Unreadable)?).await
}

/// Whether the request may send a body.
fn admit(intake: &Intake, parts: &Parts) -> Result<(), Answer> {
    if intake.knows(parts) { intake.room().map_err(Answer::Busy) } else { Err(Answer::Denied) }
}

/// Makes the valid searches durable.
async fn journal(intake: &Intake, Held { bytes, share }: Held) -> Result<Answer, Answer> {
    let received_at = intake.clock.now();
    let Report { seen, faults } = sighting::parse(&bytes, received_at).map_err(Answer::Refused)?;
    let judged = Judged { valid: seen.searches.len(), invalid: faults.len() };
    let body = serde_json::to_vec(&seen).expect("texts and numbers can be written");
    let held = Held { bytes: body.into(), share };
    intake.keep(Source::Searches, Bytes::new(), received_at, held).await.map_err(Answer::Busy)?;
    intake.count(NAME, judged);
    Ok(Answer::Accepted(faults))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Accepted(faults) => accepted(&faults),
            Self::Refused(refusal) => refused(&refusal),
            Self::Unreadable(problem) => unreadable(problem),
            Self::Denied => told(StatusCode::UNAUTHORIZED, "Invalid credentials"),
            Self::Busy(busy) => busy.into_response(),
        }
    }
}

fn accepted(faults: &[Fault]) -> Response {
    let ok = ([(CONTENT_TYPE, "application/json")], causeway_algolia::insights::request::OK_BODY);
    let response = with_quarantined(ok.into_response(), faults.len());
    match faults.first() {
        Some(first) => with_detail(response, &first.to_string()),
        None => response,
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    told(status, &refusal.to_string())
}
