//! `POST /webhooks/segment`: what Segment's webhook destinations hand on.
//!
//! A webhook proves where it comes from by all that the operator has set: the signature, a token, or both. Segment signs
//! only the first message of a batch, so a secret alone leaves the others of a batch unproven.

use super::body;
use super::calls::{self, Answer};
use super::room::Busy;
use super::server::Intake;
use crate::config::Webhook;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use causeway_segment::call::Route;
use causeway_segment::webhook::{SIGNATURE, is_signed};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Request};
use std::sync::Arc;
use std::time::Duration;

/// The intake's name in metrics.
pub const NAME: &str = "webhook";

/// Where webhooks are posted.
pub const PATH: &str = "/webhooks/segment";

/// Where they are posted if the token is a part of the address.
pub const PATH_WITH_TOKEN: &str = "/webhooks/segment/{token}";

/// Segment waits five seconds and tries again later: by then it has an answer, whatever waits here.
const PATIENCE: Duration = Duration::from_secs(4);

const UNSET: &str = "webhooks are not set up; set segment.webhook_secret, segment.webhook_token or both";
const WRONG_TOKEN: &str = "the token is missing or wrong; send the one in segment.webhook_token as a bearer token, or \
                           at the end of the address";
const WRONG_SIGNATURE: &str = "the signature is missing or wrong; X-Signature must be made with the secret in \
                               segment.webhook_secret";

/// The handler.
pub(super) async fn post(State(intake): State<Arc<Intake>>, request: Request<Body>) -> Response {
    let accepted = tokio::time::timeout(PATIENCE, accept(&intake, request)).await;
    let answer = accepted.unwrap_or(Err(Answer::Busy(Busy::Late))).unwrap_or_else(|refused| refused);
    let response = answer.into_response();
    intake.count_refused(NAME, response.status());
    response
}

async fn accept(intake: &Intake, request: Request<Body>) -> Result<Answer, Answer> {
    let (parts, mut body) = request.into_parts();
    if let Err(refused) = admit(intake, &parts) {
        body::discard(&mut body, intake.body_timeout).await;
        return Err(refused);
    }
    let held = calls::read(intake, Route::Webhook, &parts.headers, body).await?;
    signed(&intake.webhook, &parts.headers, &held.bytes)?;
    calls::keep(intake, NAME, Route::Webhook, held, |_| Ok(())).await
}

/// Whether the request may send a body.
fn admit(intake: &Intake, parts: &Parts) -> Result<(), Answer> {
    let Webhook { secret, token } = &intake.webhook;
    if secret.is_none() && token.is_none() {
        return Err(Answer::Denied(UNSET));
    }
    let known = |token: &crate::secret::Secret| given(parts).any(|given| token.matches(given));
    if !token.as_ref().is_none_or(known) {
        return Err(Answer::Denied(WRONG_TOKEN));
    }
    intake.room().map_err(Answer::Busy)
}

/// The tokens in the header and in the address.
fn given(parts: &Parts) -> impl Iterator<Item = &str> {
    let bearer = text(&parts.headers, AUTHORIZATION.as_str()).and_then(|value| value.split_once(' '));
    let bearer =
        bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let address = parts.uri.path().strip_prefix(PATH).and_then(|rest| rest.strip_prefix('/'));
    bearer.into_iter().chain(address)
}

fn signed(webhook: &Webhook, headers: &HeaderMap, body: &[u8]) -> Result<(), Answer> {
    let Some(secret) = &webhook.secret else { return Ok(()) };
    let signed = text(headers, SIGNATURE).is_some_and(|given| is_signed(body, given, secret.expose()));
    if signed { Ok(()) } else { Err(Answer::Denied(WRONG_SIGNATURE)) }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
