//! A small client over plain HTTP, for webhooks and shoppers.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::HeaderMap;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;

/// How much of an answer is read.
const LARGEST_ANSWER: usize = 1 << 20;

/// A pool of connections; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client(Pool<HttpConnector, Full<Bytes>>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreachable {
    #[error("the request can't be made: {0}")]
    BadRequest(hyper::http::Error),
    #[error("no connection, or it broke: {0}")]
    Broken(String),
    #[error("no answer in time")]
    TooSlow,
}

impl Client {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self(Pool::builder(TokioExecutor::new()).build(connector))
    }

    /// Posts a body and reads the answer.
    pub(crate) async fn post(
        &self,
        url: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Unreachable> {
        let request = Request::builder().method(Method::POST).uri(url).body(Full::new(body));
        let mut request = request.map_err(Unreachable::BadRequest)?;
        *request.headers_mut() = headers;
        let answer = self.0.request(request).await.map_err(|error| broken(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|error| broken(&*error))?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

fn broken(error: &(dyn Error + 'static)) -> Unreachable {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    Unreachable::Broken(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}
