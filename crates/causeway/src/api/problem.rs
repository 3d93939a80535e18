//! Errors of the admin API: a status and a sentence.

use crate::flows;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use std::fmt;

/// What is answered when a request can't be served.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    message: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what} {id:?}"))
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl From<causeway_store::Error> for Problem {
    fn from(error: causeway_store::Error) -> Self {
        tracing::error!(%error, "an admin request failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<flows::Problem> for Problem {
    fn from(problem: flows::Problem) -> Self {
        match problem {
            flows::Problem::Store(error) => error.into(),
            flows::Problem::Unknown(words) => Self::new(StatusCode::NOT_FOUND, words),
            flows::Problem::Faults(_) | flows::Problem::Unreadable { .. } => Self::bad(problem.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"status": self.status.as_u16(), "message": self.message}))).into_response()
    }
}

pub(super) async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such route; see the handbook's chapter on the admin API")
}

pub(super) async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "the route takes another method; see the handbook's chapter on the admin API",
    )
}

/// Runs what blocks on the store off the server's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())))
}
