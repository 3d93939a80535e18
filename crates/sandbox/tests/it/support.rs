//! A started sandbox and a client that talks to it.

use bytes::Bytes;
use causeway_sandbox::{Options, Sandbox};
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// What came back; 0 is "no answer, or not a whole one".
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A sandbox with a client.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.sandbox.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = self.client.request(request.body(Full::new(body.into())).unwrap()).await;
        let Ok(response) = sent else { return nothing() };
        collect(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, document: &Value) -> Answer {
        self.send("POST", path, &[], document.to_string()).await
    }

    /// Posts Insights events with the default credentials.
    pub(crate) async fn insights(&self, document: &Value) -> Answer {
        self.send("POST", "/1/events", &CREDENTIALS, document.to_string()).await
    }

    /// Posts to the tracking API with the default write key.
    pub(crate) async fn segment(&self, call: &str, document: &Value) -> Answer {
        self.send("POST", &format!("/v1/{call}"), &[BASIC], document.to_string()).await
    }
}

pub(crate) const CREDENTIALS: [(&str, &str); 2] =
    [("x-algolia-application-id", "SANDBOXAPP"), ("x-algolia-api-key", "sandbox-search-key")];
pub(crate) const ADMIN: [(&str, &str); 2] =
    [("x-algolia-application-id", "SANDBOXAPP"), ("x-algolia-api-key", "sandbox-admin-key")];
/// `sandbox-write-key:` in base64.
pub(crate) const BASIC: (&str, &str) = ("authorization", "Basic c2FuZGJveC13cml0ZS1rZXk6");

fn nothing() -> Answer {
    Answer { status: 0, headers: HeaderMap::new(), body: Bytes::new() }
}

async fn collect(response: Response<hyper::body::Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes() },
        Err(_) => nothing(),
    }
}

/// A receiver of webhooks at an address of its own: it answers with a status for each request by its number, and hands on
/// what it got.
pub(crate) async fn receiver(
    status: impl Fn(usize) -> u16 + Send + Sync + 'static,
) -> (String, mpsc::Receiver<(HeaderMap, String)>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/segment", listener.local_addr().unwrap());
    let (got, gotten) = mpsc::channel(1000);
    let (status, number) = (Arc::new(status), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (got, status, number) = (got.clone(), Arc::clone(&status), Arc::clone(&number));
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let (got, status) = (got.clone(), status(number.fetch_add(1, Ordering::Relaxed)));
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    got.send((parts.headers, String::from_utf8(body.to_vec()).unwrap())).await.unwrap();
                    let answer = Response::builder().status(status).body(Full::<Bytes>::from("taken"));
                    Ok::<_, hyper::Error>(answer.unwrap())
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, gotten)
}

/// A valid click after a search.
pub(crate) fn click() -> Value {
    json!({
        "eventName": "Product Clicked", "eventType": "click", "index": "products", "userToken": "anonymous-1",
        "objectIDs": ["sku-1"], "positions": [3], "queryID": "7dfe2ada7bca48bdd0629649df0bee07",
    })
}

/// The event with fields replaced; `null` takes one away.
pub(crate) fn but(mut event: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}
