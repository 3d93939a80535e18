//! `POST /v1/…`: Segment's Tracking API, as its libraries speak it.

use super::calls::{self, Answer};
use super::server::Intake;
use super::{body, cors};
use crate::secret::Secret;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use causeway_segment::batch;
use causeway_segment::call::Route;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};
use std::sync::Arc;

/// The intake's name in metrics.
pub const NAME: &str = "tracking";

const DENIED: &str = "the write key is missing or unknown; send one that segment.write_key or segment.intake_keys \
                      has, as the user of Basic authentication or as writeKey in the body";

/// The handler of a route.
pub(super) async fn post(intake: Arc<Intake>, route: Route, request: Request<Body>) -> Response {
    let answer = accept(&intake, route, request).await.unwrap_or_else(|refused| refused);
    let response = answer.into_response();
    intake.count_refused(NAME, response.status());
    cors::allow(response)
}

async fn accept(intake: &Intake, route: Route, request: Request<Body>) -> Result<Answer, Answer> {
    let (parts, mut body) = request.into_parts();
    let key = in_header(&parts.headers);
    if let Err(refused) = admit(intake, key.as_deref()) {
        body::discard(&mut body, intake.body_timeout).await;
        return Err(refused);
    }
    let held = calls::read(intake, route, &parts.headers, body).await?;
    let may = |calls: &causeway_segment::call::Calls<'_>| {
        known(&intake.write_keys, key.as_deref().or(calls.write_key.as_deref()).unwrap_or_default())
    };
    calls::keep(intake, NAME, route, held, may).await
}

/// Whether the request may send a body. Without a key in the header, the body has to have one.
fn admit(intake: &Intake, key: Option<&str>) -> Result<(), Answer> {
    if let Some(key) = key {
        known(&intake.write_keys, key)?;
    }
    intake.room().map_err(Answer::Busy)
}

fn in_header(headers: &HeaderMap) -> Option<String> {
    headers.get(AUTHORIZATION).and_then(|value| batch::write_key(value.to_str().ok()?))
}

/// Looks at every key, so that the time taken does not tell which one is nearly right.
fn known(keys: &[Secret], given: &str) -> Result<(), Answer> {
    let found = keys.iter().fold(false, |found, key| found | key.matches(given));
    if found { Ok(()) } else { Err(Answer::Denied(DENIED)) }
}
