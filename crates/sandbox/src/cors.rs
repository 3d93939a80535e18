//! What browsers on another origin need to hear.

use crate::reply::{self, Reply};
use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap, HeaderValue,
};

/// A day: preflights are asked once. The vendor's own value isn't published.
const PREFLIGHT_AGE_S: u32 = 86_400;

/// What a browser on another origin asks before it sends JSON or credentials in headers.
pub(crate) fn preflight(headers: &HeaderMap, methods: &'static str) -> Reply {
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let allowed = asked.unwrap_or(HeaderValue::from_static("*"));
    let reply = from_anywhere(reply::empty(StatusCode::NO_CONTENT));
    let reply = reply::with(reply, ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    let reply = reply::with(reply, ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    reply::with(reply, ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S)
}

/// The answer, readable by pages of every origin.
pub(crate) fn from_anywhere(reply: Reply) -> Reply {
    reply::with(reply, ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))
}
