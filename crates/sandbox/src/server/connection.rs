//! One connection, and how it ends.

use super::exchange;
use crate::reply::Hangup;
use crate::world::World;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Serves one connection until it ends or `stopped` loses its sender; then the request under way is the last.
pub(super) async fn converse(stream: TcpStream, world: Arc<World>, mut stopped: watch::Receiver<()>) {
    // Without it small answers wait for acknowledgements; a failure only costs time.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| Box::pin(exchange::answer(Arc::clone(&world), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut ended = tokio::select! {
        ended = poll_fn(|context| connection.poll_without_shutdown(context)) => Some(ended),
        _ = stopped.changed() => None,
    };
    if ended.is_none() {
        Pin::new(&mut connection).graceful_shutdown();
        ended = Some(poll_fn(|context| connection.poll_without_shutdown(context)).await);
    }
    if ended.is_some_and(|ended| ended.is_err_and(|error| wants_reset(&error))) {
        // Closing with unsent data discarded is what puts a reset on the wire; a failure leaves an ordinary close.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

fn wants_reset(error: &hyper::Error) -> bool {
    error.source().and_then(|cause| cause.downcast_ref()) == Some(&Hangup::Reset)
}
