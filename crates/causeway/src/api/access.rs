//! Who may use the admin side: holders of the token; without a token, this machine only.

use super::problem::Problem;
use crate::secret::Secret;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, StatusCode};
use std::net::IpAddr;
use std::sync::Arc;

/// The rule. Without a token the server listens on loopback only (the configuration sees to that), and requests must
/// name a loopback host, so that a web page can't reach it under a name of its own (DNS rebinding). What a page of
/// another origin sends on its own is refused too: a browser lets it post, only not read the answer.
#[derive(Debug, Clone)]
pub struct Access {
    token: Option<Secret>,
}

impl Access {
    /// With the configured token, if any.
    pub fn new(token: Option<Secret>) -> Self {
        Self { token: token.filter(|token| !token.is_empty()) }
    }

    /// Whether a token is asked for.
    pub fn asks_for_a_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether a request with these headers may go on.
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match &self.token {
            Some(token) => {
                let given = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
                given.is_some_and(|given| token.matches(given.trim()))
            }
            None => text(HOST).is_some_and(|host| names_loopback(host) && is_same_origin(headers, host)),
        }
    }
}

/// Browsers name the page's origin with whatever may change something; other clients name none.
fn is_same_origin(headers: &HeaderMap, host: &str) -> bool {
    headers.get(ORIGIN).is_none_or(|origin| {
        let page = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        page.is_some_and(|(_, page)| page.eq_ignore_ascii_case(host))
    })
}

fn names_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(super) async fn check(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    if access.allows(request.headers()) {
        return next.run(request).await;
    }
    let message = match access.token {
        Some(_) => "send the admin token: Authorization: Bearer …",
        None => {
            "without admin.token the admin side answers on a loopback address only, and no page of another origin"
        }
    };
    Problem::new(StatusCode::UNAUTHORIZED, message).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(access: &Access, name: http::HeaderName, value: &str) -> bool {
        access.allows(&HeaderMap::from_iter([(name, value.parse().unwrap())]))
    }

    #[test]
    fn a_token_is_asked_for_where_one_is_set() {
        let access = Access::new(Some("t0ken".into()));
        assert!(allowed(&access, AUTHORIZATION, "Bearer t0ken"));
        for wrong in ["Bearer t0ke", "t0ken", "Basic t0ken", ""] {
            assert!(!allowed(&access, AUTHORIZATION, wrong));
        }
        assert!(!allowed(&access, HOST, "localhost"));
    }

    #[test]
    fn without_a_token_only_loopback_names_are_served() {
        let access = Access::new(Some("".into()));
        for right in ["localhost", "127.0.0.1:7071", "[::1]:7071", "127.9.9.9"] {
            assert!(allowed(&access, HOST, right), "{right}");
        }
        for wrong in ["evil.example:7071", "10.0.0.1", "localhost.evil.example"] {
            assert!(!allowed(&access, HOST, wrong), "{wrong}");
        }
    }

    #[test]
    fn without_a_token_a_page_of_another_origin_is_not_served() {
        let access = Access::new(None);
        let from = |origin: &'static str| {
            let headers = [(HOST, "localhost:7071"), (ORIGIN, origin)];
            access.allows(&headers.map(|(name, value)| (name, value.parse().unwrap())).into_iter().collect())
        };
        assert!(from("http://localhost:7071"));
        for other in ["https://evil.example", "http://localhost:3000", "null", "http://localhost:7071.evil"] {
            assert!(!from(other), "{other}");
        }
    }
}
