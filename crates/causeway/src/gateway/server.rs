//! The gateway's routes, and the way of a request through them.

use super::answer::{Observer, Passing};
use super::body::{self, Taken};
use super::headers;
use super::refusal::Refusal;
use super::upstream::{Sending, Upstream};
use super::watch::Watcher;
use crate::intake::body::Budget;
use crate::telemetry::Metrics;
use crate::telemetry::gateway;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use causeway_algolia::credentials;
use causeway_algolia::region::AppId;
use causeway_algolia::search::Route;
use http::Request;
use http::request::Parts;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;

/// What the handlers share.
pub struct Gateway {
    /// The only application that requests are forwarded for.
    pub app_id: AppId,
    /// Where they are forwarded.
    pub upstream: Upstream,
    /// Memory for bodies.
    pub budget: Budget,
    /// Larger bodies pass as they come.
    pub max_body: usize,
    /// How long a caller may take for the next piece of its body.
    pub body_timeout: Duration,
    /// How long a host may take for the next piece of its answer.
    pub read_timeout: Duration,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Takes the searches that pass.
    pub watcher: Watcher,
}

/// The routes.
pub fn router(gateway: Arc<Gateway>) -> Router {
    ["/1/indexes", "/1/indexes/{*rest}", "/1/keys/{key}"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, any(forward)))
        .with_state(gateway)
}

async fn forward(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response {
    let route = Route::of(request.method().as_str(), request.uri().path());
    let operation = route.name();
    let response = gateway.answer(route, request).await.unwrap_or_else(IntoResponse::into_response);
    let label = gateway::Request { operation, status: response.status().as_u16() };
    gateway.metrics.gateway.requests.get_or_create(&label).inc();
    response
}

impl Gateway {
    async fn answer(&self, route: Route, request: Request<Body>) -> Result<Response, Refusal> {
        let (mut head, body) = request.into_parts();
        self.admit(&route, &head)?;
        headers::pass_request(&mut head.headers);
        let taken = body::take(body, self.max_body, self.body_timeout, &self.budget).await;
        // The share of the budget is held until the answer begins.
        let (sending, _share) = match taken.map_err(|_| Refusal::Unreadable)? {
            Taken::Whole(bytes, share) => (Sending::Whole(bytes), share),
            Taken::Stream(body) => (Sending::Stream(body), None),
        };
        let answer = self.upstream.send(&head, sending).await?;
        Ok(self.pass(answer, None))
    }

    /// Only reads, and only of the one application: all else would make an open relay. Browsers ask beforehand without
    /// saying whose; what they ask reaches the one application's hosts all the same.
    fn admit(&self, route: &Route, head: &Parts) -> Result<(), Refusal> {
        match route {
            Route::Preflight => Ok(()),
            _ if !self.is_ours(head) => Err(Refusal::Application),
            Route::Write => Err(Refusal::Write),
            _ => Ok(()),
        }
    }

    fn is_ours(&self, head: &Parts) -> bool {
        let header = |name: &str| head.headers.get(name)?.to_str().ok();
        let given = credentials::application(header, head.uri.query().unwrap_or_default());
        given.is_some_and(|given| given.eq_ignore_ascii_case(self.app_id.as_str()))
    }

    fn pass(&self, answer: http::Response<Incoming>, observer: Option<Observer>) -> Response {
        let (mut head, body) = answer.into_parts();
        headers::pass(&mut head.headers);
        head.version = http::Version::HTTP_11;
        Response::from_parts(head, Body::new(Passing::new(body, self.read_timeout, observer)))
    }
}
