//! Algolia's hosts: which one is asked, and what to do if it fails.

use super::breaker::{self, Breaker, Patience};
use super::refusal::Refusal;
use crate::telemetry::Metrics;
use crate::telemetry::gateway::{Attempt, Host};
use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How hosts are asked.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long an answer may take once connected.
    pub read_timeout: Duration,
    /// When a host is passed over.
    pub patience: Patience,
    /// Connections to each host that stay open for the next searches.
    pub idle_connections: usize,
}

/// Idle connections are closed after this time, so that names are resolved anew from time to time.
const IDLE: Duration = Duration::from_secs(60);

/// A caller that goes away after an attempt took so long has most likely lost patience with the host.
const IMPATIENCE: Duration = Duration::from_secs(1);

/// The hosts and connections to them.
pub struct Upstream {
    client: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, Body>,
    hosts: Vec<Origin>,
    breakers: Mutex<Vec<Breaker>>,
    settings: Settings,
    metrics: Arc<Metrics>,
}

/// Where a host is.
struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// What stands before every path; mostly nothing.
    prefix: String,
}

/// What is to be sent.
pub(super) enum Sending {
    /// All of the body is here: every host may be asked.
    Whole(Bytes),
    /// The body is still coming: one host must do.
    Stream(Body),
}

impl Upstream {
    /// Hosts in the order to try them.
    pub fn new(hosts: &[String], settings: Settings, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(settings.connect_timeout));
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(connector);
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(settings.idle_connections)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(https);
        let hosts: Vec<Origin> = hosts.iter().filter_map(|host| Origin::of(&host.parse().ok()?)).collect();
        let breakers = Mutex::new(vec![Breaker::default(); hosts.len()]);
        Ok(Self { client, hosts, breakers, settings, metrics })
    }

    /// Sends a request to one host after the other until one answers without a fault of its own. If none does, the last
    /// one's answer is passed on; without any the refusal says why.
    pub(super) async fn send(&self, head: &Parts, sending: Sending) -> Result<Response<Incoming>, Refusal> {
        match sending {
            Sending::Whole(body) => self.send_around(head, &body).await,
            Sending::Stream(body) => {
                let first = self.order().into_iter().next().ok_or(Refusal::Silence)?;
                self.attempt(first, head, body).await
            }
        }
    }

    async fn send_around(&self, head: &Parts, body: &Bytes) -> Result<Response<Incoming>, Refusal> {
        let mut outcome = Err(Refusal::Silence);
        for (number, place) in self.order().into_iter().enumerate() {
            if number > 0 {
                self.metrics.gateway.retries.inc();
            }
            match self.attempt(place, head, Body::from(body.clone())).await {
                Ok(answer) if !is_fault(answer.status()) => return Ok(answer),
                Ok(answer) => outcome = Ok(answer),
                // An answer, be it a fault's, says more than none.
                Err(refusal) if outcome.is_err() => outcome = Err(refusal),
                Err(_) => {}
            }
        }
        outcome
    }

    fn order(&self) -> Vec<usize> {
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breaker::order(&mut breakers, Instant::now(), self.settings.patience)
    }

    async fn attempt(&self, place: usize, head: &Parts, body: Body) -> Result<Response<Incoming>, Refusal> {
        let mut request = self.hosts[place].request(head, body).ok_or(Refusal::Unreadable)?;
        let mut trial = Trial { upstream: self, place, began: Instant::now(), judged: false };
        let mut connection = capture_connection(&mut request);
        let Settings { connect_timeout, read_timeout, .. } = self.settings;
        let overdue = async {
            let connected = connection.wait_for_connection_metadata();
            if tokio::time::timeout(connect_timeout, connected).await.is_ok() {
                tokio::time::sleep(read_timeout).await;
            }
        };
        let answer = tokio::select! {
            biased;
            answer = self.client.request(request) => answer.map_err(|error| (Refusal::Silence, chain(&error))),
            () = overdue => Err((Refusal::Late, "no answer in time".to_owned())),
        };
        trial.judge(answer.as_ref().ok().map(Response::status));
        answer.map_err(|(refusal, error)| {
            let host = self.hosts[place].authority.as_str();
            tracing::warn!(host, %error, "a search host failed");
            refusal
        })
    }
}

/// Whether the status is the host's fault, so that another one may do better. Never for 4xx, 429 included: every host would
/// say the same.
fn is_fault(status: StatusCode) -> bool {
    status.is_server_error()
}

/// One attempt, whose outcome the host's breaker learns of even if the caller goes away.
struct Trial<'u> {
    upstream: &'u Upstream,
    place: usize,
    began: Instant,
    judged: bool,
}

impl Trial<'_> {
    fn judge(&mut self, status: Option<StatusCode>) {
        self.judged = true;
        let host = &self.upstream.hosts[self.place].authority;
        let code = status.map_or_else(|| "none".to_owned(), |status| status.as_str().to_owned());
        let attempt = Attempt { host: host.to_string(), code };
        self.upstream.metrics.gateway.attempts.get_or_create(&attempt).inc();
        self.tell(status.is_some_and(|status| !is_fault(status)));
    }

    fn tell(&self, well: bool) {
        let mut breakers = self.upstream.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let breaker = &mut breakers[self.place];
        let before = breaker.is_open();
        if well {
            breaker.succeeded();
        } else {
            breaker.failed(Instant::now(), self.upstream.settings.patience);
        }
        let after = breaker.is_open();
        drop(breakers);
        if before != after {
            self.show(after);
        }
    }

    fn show(&self, passed_over: bool) {
        let host = self.upstream.hosts[self.place].authority.to_string();
        if passed_over {
            tracing::warn!(host, "a search host is passed over for a while");
        } else {
            tracing::info!(host, "a search host is back");
        }
        let gauge = self.upstream.metrics.gateway.passed_over.get_or_create_owned(&Host { host });
        gauge.set(i64::from(passed_over));
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if !self.judged && self.began.elapsed() >= IMPATIENCE {
            self.tell(false);
        }
    }
}

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        let prefix = uri.path().trim_end_matches('/').to_owned();
        Some(Self { scheme: uri.scheme()?.clone(), authority: uri.authority()?.clone(), prefix })
    }

    fn request(&self, head: &Parts, body: Body) -> Option<Request<Body>> {
        let mut request = Request::new(body);
        *request.method_mut() = head.method.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = head.headers.clone();
        *request.uri_mut() = self.address(head.uri.path_and_query()?)?;
        Some(request)
    }

    /// The path and query as they came, at this host.
    fn address(&self, path: &PathAndQuery) -> Option<Uri> {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(match self.prefix.as_str() {
            "" => path.clone(),
            prefix => PathAndQuery::try_from(format!("{prefix}{path}")).ok()?,
        });
        Uri::from_parts(parts).ok()
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
