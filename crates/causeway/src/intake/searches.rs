//! `POST /1/searches`: searches that a page's own middleware has seen, for sites whose searches do not go through the gateway.

pub mod sighting;

use super::body::{self, Held};
use super::cors;
use super::room::{Busy, Judged, told, unreadable, with_detail, with_quarantined};
use super::server::Intake;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use causeway_engine::Source;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use sighting::{Fault, Refusal, Report};
use std::sync::Arc;

/// The intake's name in metrics.
pub const NAME: &str = "searches";

/// The path.
pub const PATH: &str = "/1/searches";

/// Bytes of a report. A browser's beacon has at most 64 KiB.
pub const MAX_BODY: usize = 256 << 10;

/// The handler.
pub(super) async fn post(State(intake): State<Arc<Intake>>, request: Request<Body>) -> Response {
    let response = accept(&intake, request).await.unwrap_or_else(|refused| refused);
    intake.count_refused(NAME, response.status());
    cors::allow(response)
}

async fn accept(intake: &Intake, request: Request<Body>) -> Result<Response, Response> {
    let (parts, mut body) = request.into_parts();
    if let Err(refused) = admit(intake, &parts) {
        body::discard(&mut body, intake.body_timeout).await;
        return Err(refused);
    }
    let reading = body::read(&parts.headers, body, MAX_BODY, intake.body_timeout, &intake.budget);
    journal(intake, reading.await.map_err(unreadable)?).await
}

/// Whether the request may send a body.
fn admit(intake: &Intake, parts: &http::request::Parts) -> Result<(), Response> {
    if !intake.knows(parts) {
        return Err(told(StatusCode::UNAUTHORIZED, "Invalid credentials"));
    }
    intake.room().map_err(Busy::into_response)
}

/// Makes the valid searches durable.
async fn journal(intake: &Intake, Held { bytes, share }: Held) -> Result<Response, Response> {
    let received_at = intake.clock.now();
    let Report { seen, faults } =
        sighting::parse(&bytes, received_at).map_err(|refusal| refused(&refusal))?;
    let judged = Judged { valid: seen.searches.len(), invalid: faults.len() };
    let body = serde_json::to_vec(&seen).expect("texts and numbers can be written");
    let held = Held { bytes: body.into(), share };
    let kept = intake.keep(Source::Searches, Bytes::new(), received_at, held).await;
    kept.map_err(Busy::into_response)?;
    intake.count(NAME, judged);
    Ok(accepted(&faults))
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
