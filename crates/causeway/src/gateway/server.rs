//! The gateway's routes, and the way of a request through them.

use super::answer::{Observer, Passing};
use super::body::{self, Taken};
use super::refusal::Refusal;
use super::search::{Searches, Treated};
use super::upstream::{Sending, Upstream};
use super::watch::{Observed, Watcher};
use super::{headers, searcher};
use crate::clock::Clock;
use crate::intake::body::Budget;
use crate::telemetry::Metrics;
use crate::telemetry::gateway;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use causeway_algolia::credentials;
use causeway_algolia::region::AppId;
use causeway_algolia::search::{Counts, Route};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::request::Parts;
use http::{Request, StatusCode, Uri};
use hyper::body::Incoming;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// Whether Algolia is told the caller's address.
    pub forwarded_for: bool,
    /// What is added to searches.
    pub searches: Searches,
    /// Who wants to know what was answered, if anybody does.
    pub watcher: Option<Watcher>,
    /// What time it is.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
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
        let (began, at) = (Instant::now(), self.clock.now());
        let (mut head, body) = request.into_parts();
        self.admit(&route, &head)?;
        if self.forwarded_for {
            let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            headers::forwarded_for(&mut head.headers, peer);
        }
        let taken = body::take(body, self.max_body, self.body_timeout, &self.budget).await;
        // The share of the budget is held until the answer begins.
        let (sending, treated, _share) = match taken.map_err(|_| Refusal::Unreadable)? {
            Taken::Whole(body, share) => {
                let (body, treated) = self.treat(&route, &mut head, body).await;
                (Sending::Whole(body), treated, share)
            }
            Taken::Stream(body) => (Sending::Stream(body), Treated::default(), None),
        };
        headers::pass_request(&mut head.headers);
        let answer = self.upstream.send(&head, sending).await?;
        let observer = self.observer(treated, &answer, began, at);
        Ok(self.pass(answer, observer))
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
        let given = given(head, credentials::APPLICATION_ID);
        given.is_some_and(|given| given.eq_ignore_ascii_case(self.app_id.as_str()))
    }

    /// Adds what is to be added to a search, to its body or its address.
    async fn treat(&self, route: &Route, head: &mut Parts, body: Bytes) -> (Bytes, Treated) {
        if !searcher::is_search(route) || self.searches.does_nothing() {
            return (body, Treated::default());
        }
        let key = given(head, credentials::API_KEY).unwrap_or_default().into_owned();
        if let Route::QueryByGet { .. } = route {
            let query = head.uri.query().unwrap_or_default().to_owned();
            let mut treated = self.searches.treat(route, head, &key, &query).await;
            let text = treated.text.take();
            self.count(text.and_then(|query| replace_query(head, &query)).map(|()| treated.counts));
            return (body, treated);
        }
        let Some(plain) = body::plain(&head.headers, &body, self.max_body) else {
            return (body, Treated::default());
        };
        let Ok(text) = std::str::from_utf8(&plain) else { return (body, Treated::default()) };
        let mut treated = self.searches.treat(route, head, &key, text).await;
        let Some(text) = treated.text.take() else { return (body, treated) };
        self.count(Some(treated.counts));
        // The length is another now, and the text is plain even if it came packed.
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(CONTENT_ENCODING);
        (text.into(), treated)
    }

    fn count(&self, counts: Option<Counts>) {
        let Some(Counts { click_analytics, user_token, search_context }) = counts else { return };
        let added = [
            ("click_analytics", click_analytics),
            ("user_token", user_token),
            ("search_context", search_context),
        ];
        for (what, count) in added.into_iter().filter(|(_, count)| *count > 0) {
            self.metrics.gateway.additions.get_or_create(&gateway::Added { what }).inc_by(count);
        }
    }

    /// Who keeps the answer for the watcher: only of searches that were answered well.
    fn observer(
        &self,
        treated: Treated,
        answer: &http::Response<Incoming>,
        began: Instant,
        at: i64,
    ) -> Option<Observer> {
        let Treated { asked, held_out, .. } = treated;
        let watcher = self.watcher.as_ref().filter(|watcher| watcher.wants())?;
        if asked.is_empty() || answer.status() != StatusCode::OK {
            return None;
        }
        let encoding = answer.headers().get(CONTENT_ENCODING).cloned();
        let observed = Observed { asked, held_out, at, took: Duration::ZERO, encoding, body: Vec::new() };
        Some(Observer::new(watcher.clone(), observed, began, self.budget.clone()))
    }

    fn pass(&self, answer: http::Response<Incoming>, observer: Option<Observer>) -> Response {
        let (mut head, body) = answer.into_parts();
        headers::pass(&mut head.headers);
        head.version = http::Version::HTTP_11;
        Response::from_parts(head, Body::new(Passing::new(body, self.read_timeout, observer)))
    }
}

/// A credential, from the headers or the query string.
fn given<'h>(head: &'h Parts, name: &'static str) -> Option<Cow<'h, str>> {
    let header = |name: &str| head.headers.get(name)?.to_str().ok();
    credentials::one(header, head.uri.query().unwrap_or_default(), name)
}

fn replace_query(head: &mut Parts, query: &str) -> Option<()> {
    let path = format!("{}?{query}", head.uri.path());
    let mut parts = std::mem::take(&mut head.uri).into_parts();
    let before = parts.path_and_query.clone();
    let replaced = path.parse().ok();
    let done = replaced.is_some();
    parts.path_and_query = replaced.or(before);
    head.uri = Uri::from_parts(parts).ok()?;
    done.then_some(())
}
