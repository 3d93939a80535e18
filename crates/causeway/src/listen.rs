//! Serving HTTP on a socket, within bounds: so many connections at once, headers within seconds, and a graceful end.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// How long a client may take for a request's head; also closes idle connections.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that takes nothing of its answer for so long, in milliseconds, is gone.
const WRITE_TIMEOUT_MS: u32 = 60_000;

/// How long a stop waits for requests under way.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait when the system has no more sockets.
const PAUSE: Duration = Duration::from_millis(50);

/// A request's head may have so many bytes, the buffer that it is read into included.
const HEAD_BYTES: usize = 64 * 1024;

/// Serves until `stop` says so, then lets requests under way end. When this returns, no connection is left.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: usize,
    mut stop: watch::Receiver<bool>,
) {
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
            Ok((stream, permit)) => _ = open.spawn(connection(stream, permit, router.clone(), &graceful)),
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

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

fn connection(
    stream: TcpStream,
    permit: OwnedSemaphorePermit,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Answers are small and complete; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, WRITE_TIMEOUT_MS);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let watched = graceful.watch(connection);
    async move {
        // A client that breaks off is its own business.
        let _ = watched.await;
        drop(permit);
    }
}
