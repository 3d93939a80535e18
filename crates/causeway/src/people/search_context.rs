//! `GET /v1/search-context/{token}`: ready query parameters for a person, for servers that call Algolia themselves.

use super::HotFacts;
use crate::api::Access;
use crate::clock::Clock;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use causeway_algolia::credentials::Secret;
use causeway_algolia::tokens;
use causeway_engine::identity::Kind;
use causeway_engine::people::{self, Known};
use causeway_engine::search_context::{Rules, SearchContext, Searcher};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use std::sync::Arc;

/// Says that the person is held out: the search is to stay as it is but for the tag.
pub const HOLD_OUT: HeaderName = HeaderName::from_static("causeway-hold-out");

/// Ids longer than this are nobody's.
const MAX_ID: usize = 1024;

/// What the handler needs.
pub struct SearchContexts {
    /// What is known.
    pub facts: Arc<HotFacts>,
    /// Who gets what.
    pub rules: Rules,
    /// What encoded tokens are made with.
    pub token_secret: Secret,
    /// Who may ask; nobody without one.
    pub access: Option<Access>,
    /// What time it is.
    pub clock: Clock,
}

impl SearchContexts {
    /// The parameters for whoever is behind a token or id. Blocks on the store where memory has not all of it.
    pub fn of(&self, id: &str) -> Result<SearchContext, causeway_store::Error> {
        let known = people::find(&*self.facts, id, self.clock.now())?;
        Ok(evaluate(&self.rules, &known, self.token_secret.expose().as_bytes()))
    }

    /// The same if memory has all that it takes. Never blocks.
    pub fn recall(&self, id: &str) -> Option<SearchContext> {
        let known = people::find(&self.facts.remembered(), id, self.clock.now()).ok()?;
        Some(evaluate(&self.rules, &known, self.token_secret.expose().as_bytes()))
    }
}

/// The parameters for somebody who was looked up.
pub(super) fn evaluate(rules: &Rules, known: &Known, secret: &[u8]) -> SearchContext {
    let standing = people::standing_for(&known.person).unwrap_or_else(|| known.asked.clone());
    let token = tokens::legal(&known.asked.id, secret);
    let anonymous = Some(known.asked.id.as_str()).filter(|_| known.asked.kind == Kind::Anonymous);
    let searcher =
        Searcher { person: &standing.id, user: known.person.user.as_deref(), anonymous, token: &token };
    rules.evaluate(searcher, &known.view)
}

/// The route.
pub fn router(contexts: Arc<SearchContexts>) -> Router {
    Router::new().route("/v1/search-context/{token}", routing::get(get)).with_state(contexts)
}

async fn get(
    State(contexts): State<Arc<SearchContexts>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !contexts.access.as_ref().is_some_and(|access| access.allows(&headers)) {
        return told(StatusCode::UNAUTHORIZED, UNAUTHORIZED);
    }
    if id.len() > MAX_ID {
        return told(StatusCode::BAD_REQUEST, "the token is too long to be anybody's");
    }
    match tokio::task::spawn_blocking(move || contexts.of(&id)).await {
        Ok(Ok(context)) => answer(&context),
        Ok(Err(error)) => {
            tracing::error!(%error, "a search context can't be made");
            told(StatusCode::SERVICE_UNAVAILABLE, "the store can't be read")
        }
        Err(error) => told(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

const UNAUTHORIZED: &str = "send the token of search_context.token: Authorization: Bearer …; without one configured, \
                            search contexts are served on a loopback address only";

fn answer(context: &SearchContext) -> Response {
    let mut response = Json(context).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if context.held_out {
        headers.insert(HOLD_OUT, HeaderValue::from_static("true"));
    }
    response
}

fn told(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"status": status.as_u16(), "message": message}))).into_response()
}
