//! A stand-in for Algolia's search hosts: notes what reaches it, answers what it is told.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    /// The request line's target, raw.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Arrived {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

type Reply = dyn Fn(&Parts, &Bytes) -> Response + Send + Sync;

struct Shared {
    arrived: Mutex<Vec<Arrived>>,
    reply: Mutex<Arc<Reply>>,
}

/// A host on a free port.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
    _running: watch::Sender<bool>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Upstream {
    /// A host that answers `{}`.
    pub(crate) async fn start() -> Self {
        let reply: Arc<Reply> = Arc::new(|_, _| Response::new(Body::from("{}")));
        let shared = Arc::new(Shared { arrived: Mutex::default(), reply: Mutex::new(reply) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (running, stop) = watch::channel(false);
        let server = tokio::spawn(async move {
            causeway::listen::serve(listener, router, 1000, stop).await;
        });
        Self { address, shared, server, _running: running }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers so from now on.
    pub(crate) fn replies(&self, reply: impl Fn(&Parts, &Bytes) -> Response + Send + Sync + 'static) {
        *self.shared.reply.lock().unwrap() = Arc::new(reply);
    }

    /// Answers this status from now on.
    pub(crate) fn says(&self, status: u16) {
        self.replies(move |_, _| Response::builder().status(status).body(Body::from("{}")).unwrap());
    }

    /// What has arrived since somebody last asked.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        std::mem::take(&mut *self.shared.arrived.lock().unwrap())
    }

    /// The only request that has arrived.
    pub(crate) fn only(&self) -> Arrived {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    shared.arrived.lock().unwrap().push(Arrived {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers.clone(),
        body: body.clone(),
    });
    let reply = Arc::clone(&shared.reply.lock().unwrap());
    reply(&head, &body)
}
