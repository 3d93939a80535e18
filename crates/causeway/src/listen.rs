//! Serving HTTP/1.1 and HTTP/2 on a socket, within bounds: so many connections at once, headers within seconds, and a graceful end.

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service as _;

/// How long a client may take for a request's head; also closes idle connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that takes nothing of its answer for so long, in milliseconds, is gone.
const WRITE_TIMEOUT_MS: u32 = 60_000;

/// How long a stop waits for requests under way.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more sockets.
const PAUSE: Duration = Duration::from_millis(50);

/// Requests at once on one connection of HTTP/2.
const STREAMS: u32 = 256;

/// How a connection of HTTP/2 begins, as far as it takes to know.
const PREFACE: &[u8; 3] = b"PRI";

/// A request's head may have so many bytes, the buffer that it is read into included.
const HEAD_BYTES: usize = 64 * 1024;

/// What is served on a socket. It can be replaced at any time: requests under way end as they began, the next ones take the
/// new way, also on connections that are open.
#[derive(Debug, Clone, Default)]
pub struct Routes(Arc<RwLock<Router>>);

impl Routes {
    /// Serves this from now on.
    pub fn replace(&self, router: Router) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    fn current(&self) -> Router {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl From<Router> for Routes {
    fn from(router: Router) -> Self {
        Self(Arc::new(RwLock::new(router)))
    }
}

/// Serves until `stop` says so, then lets requests under way end. When this returns, no connection is left.
pub async fn serve(
    listener: TcpListener,
    routes: impl Into<Routes>,
    connections: usize,
    mut stop: watch::Receiver<bool>,
) {
    let routes = routes.into();
    let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            Some(_) = open.join_next() => continue,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok(client) => {
                _ = open.spawn(connection(client, routes.clone(), graceful.watcher(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time; their connections are closed");
    }
    open.shutdown().await;
}

/// Somebody who has connected.
struct Client {
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
}

async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> std::io::Result<Client> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok(Client { stream, peer, permit })
}

/// Serves one connection. HTTP/2 is known by its preface: without TLS nothing else could tell.
async fn connection(client: Client, routes: Routes, graceful: Watcher, mut stop: watch::Receiver<bool>) {
    let Client { stream, peer, permit: _permit } = client;
    // Answers are small and complete; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, WRITE_TIMEOUT_MS);
    let speaks_http2 = tokio::select! {
        spoken = tokio::time::timeout(HEAD_TIMEOUT, speaks_http2(&stream)) => spoken,
        _ = stop.changed() => return,
    };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.current().call(request)
    });
    // A client that breaks off is its own business.
    match speaks_http2 {
        Ok(true) => _ = graceful.watch(http2().serve_connection(TokioIo::new(stream), service)).await,
        Ok(false) => _ = graceful.watch(http1().serve_connection(TokioIo::new(stream), service)).await,
        Err(_silent) => {}
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32);
    builder
}

/// Whether a connection begins with HTTP/2's preface. Its first three letters begin no request of HTTP/1.1.
async fn speaks_http2(stream: &TcpStream) -> bool {
    let mut start = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut start).await {
            Ok(count) if count == PREFACE.len() => return start == *PREFACE,
            Ok(count @ 1..) if PREFACE.starts_with(&start[..count]) => tokio::time::sleep(PAUSE).await,
            _ => return false,
        }
    }
}
