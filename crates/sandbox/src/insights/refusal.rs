//! The answers that aren't 200, with the messages of the specification's examples.

use crate::reply::{self, Reply};
use hyper::StatusCode;
use serde_json::json;
use std::borrow::Cow;

const HTML: &str = "Error: Bad Request. Your client has issued a malformed or illegal request.";

/// Why a request is refused as a whole. Insights never says which event it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: Cow<'static, str>,
}

impl Refusal {
    pub(super) const MALFORMED: Self = Self::new(StatusCode::BAD_REQUEST, HTML);
    pub(super) const UNAUTHORIZED: Self = Self::new(StatusCode::UNAUTHORIZED, "Invalid credentials");
    pub(super) const FORBIDDEN: Self =
        Self::new(StatusCode::FORBIDDEN, "Method not allowed with this API key");
    pub(super) const WRONG_PATH: Self = Self::new(
        StatusCode::NOT_FOUND,
        "Path not supported by Insights REST API. Please have a look at \
         [https://www.algolia.com/doc/rest-api/insights/](https://www.algolia.com/doc/rest-api/insights) \
         for the list of valid commands.",
    );
    pub(super) const WRONG_METHOD: Self = Self::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    pub(super) const TOO_LARGE: Self = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    pub(super) const TOO_MANY_REQUESTS: Self = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
    /// Also for rules that the specification states without a message of their own.
    pub(super) const INVALID: Self = Self::invalid("Invalid payload");

    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message) }
    }

    /// 422 with the message of a rule.
    pub(super) const fn invalid(message: &'static str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422 for a JSON type that the receiver can't decode. The published examples name `events` for every field of an
    /// event, and nothing for the document itself.
    pub(super) fn wrong_type(field: &str, expected: &str, got: &str) -> Self {
        let message = format!("Invalid type for field {field}: expected {expected}, got {got}");
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: message.into() }
    }

    pub(super) fn reply(&self) -> Reply {
        refuse(self.status, &self.message)
    }
}

/// A refusal with any status. 400 alone is HTML, as specified; the rest is JSON.
pub(crate) fn refuse(status: StatusCode, message: &str) -> Reply {
    if status == StatusCode::BAD_REQUEST {
        return reply::text(status, "text/html; charset=utf-8", HTML);
    }
    answer(status, message)
}

/// `{"status", "message"}`, the shape of every JSON answer.
pub(super) fn answer(status: StatusCode, message: &str) -> Reply {
    reply::json(status, &json!({"status": status.as_u16(), "message": message}))
}
