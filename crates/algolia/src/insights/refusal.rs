//! Requests that are refused as a whole, and the vendor's words for it.

use super::{Violation, limits};
use std::borrow::Cow;

/// Why a whole request is refused. Status, body and content type are the vendor's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is no JSON, or was cut short. The vendor answers this one in HTML.
    #[error("the body is no complete JSON text: {0}")]
    Malformed(String),
    /// The body is larger than [`limits::MAX_BODY_READ`].
    #[error("the body has {size} bytes; send at most {}", limits::MAX_BODY_READ)]
    TooLarge {
        /// Bytes that came, as far as they were counted.
        size: usize,
    },
    /// The body is no object.
    #[error("the body is of type {got}; wrap the events: {{\"events\":[...]}}")]
    NotABatch {
        /// The JSON type that came.
        got: &'static str,
    },
    /// `events` is no array.
    #[error("events is of type {got}; send an array of events")]
    NotAList {
        /// The JSON type that came.
        got: &'static str,
    },
    /// `events` is empty or missing, as with an event that isn't wrapped.
    #[error("events is empty or missing; wrap the events: {{\"events\":[...]}}")]
    NoEvents,
    /// More than [`limits::MAX_EVENTS`].
    #[error("events holds {count} events; send at most {} a request", limits::MAX_EVENTS)]
    TooManyEvents {
        /// How many came.
        count: usize,
    },
    /// An event breaks a rule, and nothing else in the request is taken.
    #[error("event {index}: {violation}")]
    Event {
        /// Its place in `events`, from 0.
        index: usize,
        /// The rule.
        violation: Violation,
    },
    /// Application id or key are missing or not accepted.
    #[error("application id or api key are missing or not accepted; check them and the intake keys")]
    Credentials,
    /// No such path.
    #[error("there is no such path; post to /1/events")]
    Path,
    /// Not a POST.
    #[error("the method is not supported; use POST")]
    Method,
}

/// The vendor's page for a malformed request. Source: spec, response 400.
const BAD_REQUEST: &str = "Error: Bad Request. Your client has issued a malformed or illegal request.";

impl Refusal {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::Credentials => 401,
            Refusal::Path => 404,
            Refusal::Method => 405,
            Refusal::TooLarge { .. } => 413,
            _ => 422,
        }
    }

    /// The content type of [`Refusal::body`].
    pub fn content_type(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "text/html",
            _ => "application/json",
        }
    }

    /// The body: `{"status":…,"message":…}`, or the vendor's 400 text.
    pub fn body(&self) -> Cow<'static, str> {
        match self {
            Refusal::Malformed(_) => Cow::Borrowed(BAD_REQUEST),
            other => {
                serde_json::json!({"status": other.status(), "message": other.message()}).to_string().into()
            }
        }
    }

    /// The vendor's message.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Refusal::NotABatch { got } => {
                format!("Invalid type for field : expected insights.PublicEventsBatch, got {got}").into()
            }
            Refusal::NotAList { got } => {
                format!("Invalid type for field events: expected array, got {got}").into()
            }
            Refusal::Event { violation, .. } => violation.message().into(),
            other => other.fixed_message().into(),
        }
    }

    fn fixed_message(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => BAD_REQUEST,
            Refusal::Credentials => "Invalid credentials",
            Refusal::Path => {
                "Path not supported by Insights REST API. Please have a look at \
                 [https://www.algolia.com/doc/rest-api/insights/](https://www.algolia.com/doc/rest-api/insights) \
                 for the list of valid commands."
            }
            Refusal::Method => "Method Not Allowed",
            Refusal::TooLarge { .. } => "Request Entity Too Large",
            Refusal::NoEvents => "No events to process",
            Refusal::TooManyEvents { .. } => "Cannot process more than 1000 events in a batch",
            _ => "Invalid payload",
        }
    }

    /// Our own sentence for logs and headers: what was wrong, where, and the fix.
    pub fn detail(&self) -> String {
        self.to_string()
    }
}
