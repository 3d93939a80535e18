//! One HTTP exchange with a vendor.

use super::body::Pieces;
use bytes::Bytes;
use causeway_algolia::analytics::RATE_LIMIT_REMAINING;
use causeway_algolia::erasure::RATE_LIMIT_RESET;
use http::header::RETRY_AFTER;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{self, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::Arc;
use std::time::Duration;

/// At most so many bytes of an answer are read: enough for any vendor's words, and for a full batch of records, whose
/// answer lists them all.
const ANSWER_BYTES: usize = 2 << 20;

/// Idle connections are closed after this time, so that names are resolved anew from time to time.
const IDLE: Duration = Duration::from_secs(60);

/// Carries requests: a pool of connections.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request; the answer's body is still to be read.
    fn request(&self, request: Request<Pieces>) -> ResponseFuture;
}

impl<C: Connect + Clone + Send + Sync + 'static> Transport for legacy::Client<C, Pieces> {
    fn request(&self, request: Request<Pieces>) -> ResponseFuture {
        Self::request(self, request)
    }
}

/// Exchanges requests for answers, each within a time.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    timeout: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Client(within {:?})", self.timeout)
    }
}

/// What a vendor answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The header [`RATE_LIMIT_REMAINING`].
    pub rate_limit_remaining: Option<String>,
    /// The header [`RATE_LIMIT_RESET`].
    pub rate_limit_reset: Option<String>,
    /// The body, or its beginning.
    pub body: Bytes,
}

impl Client {
    /// Over the system's network; every exchange may take at most `timeout`.
    pub fn new(timeout: Duration) -> std::io::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeout));
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let transport: legacy::Client<_, Pieces> = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(https);
        Ok(Self::over(Arc::new(transport), timeout))
    }

    /// Over this transport.
    pub fn over(transport: Arc<dyn Transport>, timeout: Duration) -> Self {
        Self { transport, timeout }
    }

    /// Sends a request and reads the answer; the error is a sentence for people.
    pub async fn exchange(&self, request: Request<Pieces>) -> Result<Answer, String> {
        match tokio::time::timeout(self.timeout, self.answer(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.timeout)),
        }
    }

    /// Sends a request and takes the answer's lines as they come, for as long as they come; answers the status, and the body
    /// where the status is no success.
    pub async fn lines(
        &self,
        request: Request<Pieces>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(StatusCode, Bytes), String> {
        let response = self.transport.request(request).await.map_err(|error| chain(&error))?;
        let (status, mut body) = (response.status(), response.into_body());
        let mut held: Vec<u8> = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| format!("the answer broke off: {}", chain(&error)))?;
            held.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
            while let Some(end) = held.iter().position(|byte| *byte == b'\n').filter(|_| status.is_success())
            {
                each(&held[..end]);
                held.drain(..=end);
            }
        }
        Ok((status, held.into()))
    }

    async fn answer(&self, request: Request<Pieces>) -> Result<Answer, String> {
        let response = self.transport.request(request).await.map_err(|error| chain(&error))?;
        let status = response.status();
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let answer = Answer {
            status,
            retry_after: header(RETRY_AFTER.as_str()),
            rate_limit_remaining: header(RATE_LIMIT_REMAINING),
            rate_limit_reset: header(RATE_LIMIT_RESET),
            body: Bytes::new(),
        };
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        match body {
            Ok(body) => Ok(Answer { body: body.to_bytes(), ..answer }),
            // The status is known and decides; a body that breaks off only costs the vendor's words.
            Err(_) if status.is_success() => Err(format!("the answer with status {status} broke off")),
            Err(_) => Ok(answer),
        }
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
