//! The parts of a request. What can't be read is refused in the admin API's own shape.

use super::problem::Problem;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query, as `T` has it.
pub(super) struct Query<T>(pub(super) T);

/// The variable parts of the path, as `T` has them.
pub(super) struct Path<T>(pub(super) T);

/// The body, within the route's limit.
pub(super) struct Bytes(pub(super) bytes::Bytes);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = extract::Query::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|refused| {
            let words = refused.body_text();
            Problem::bad(words.strip_prefix("Failed to deserialize query string: ").unwrap_or(&words))
        })
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = extract::Path::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|refused| Problem::new(refused.status(), refused.body_text()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = bytes::Bytes::from_request(request, state).await;
        body.map(Self).map_err(|refused| Problem::new(refused.status(), refused.body_text()))
    }
}
