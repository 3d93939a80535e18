//! What the gateway itself answers, in Algolia's form.

use crate::intake::DETAIL;
use crate::intake::cors;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// Why a request gets no answer of Algolia's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another application's, or nobody's.
    Application,
    /// It changes something.
    Write,
    /// The body did not come.
    Unreadable,
    /// No host answered.
    Silence,
    /// No host answered in time.
    Late,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::Application => StatusCode::FORBIDDEN,
            Self::Write => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Silence => StatusCode::BAD_GATEWAY,
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// To the caller. Of the application these are Algolia's own words.
    fn message(self) -> &'static str {
        match self {
            Self::Application => "Invalid Application-ID or API key",
            Self::Write => "the search gateway forwards reads only; send writes to Algolia",
            Self::Unreadable => "the request's body broke off or did not arrive in time",
            Self::Silence => "none of Algolia's hosts could be reached",
            Self::Late => "none of Algolia's hosts answered in time",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Application => "the search gateway serves the application of algolia.app_id only",
            other => other.message(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = Json(json!({"message": self.message(), "status": status.as_u16()}));
        let mut response = (status, body).into_response();
        response.headers_mut().insert(DETAIL, HeaderValue::from_static(self.detail()));
        cors::allow(response)
    }
}
