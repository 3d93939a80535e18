//! The listener, its connections, and the handle for tests.
//!
//! There are no time-outs on purpose: a sandbox lives in tests with a paused clock, where they would strike at once.

mod connection;
mod exchange;
mod handle;

pub use handle::Sandbox;

use crate::options::Options;
use crate::world::World;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long requests under way may take after the shutdown.
const GRACE: Duration = Duration::from_secs(1);
/// The pause after an accept that failed, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves both vendors and the control endpoints on one listener until `shutdown` resolves, then lets requests under way
/// finish for a second. `options.listen` is not looked at: the listener is already bound.
///
/// # Errors
/// None today: a connection that fails ends alone, and a failed accept is tried again.
pub async fn serve(listener: TcpListener, options: Options, shutdown: impl Future) -> io::Result<()> {
    run(listener, Arc::new(World::new(options)), shutdown).await;
    Ok(())
}

async fn run(listener: TcpListener, world: Arc<World>, shutdown: impl Future) {
    let mut shutdown = pin!(shutdown);
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            stream = accept(&listener) => {
                connections.spawn(connection::converse(stream, Arc::clone(&world), stopped.clone()));
            }
        }
    }
    drop(stop);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        connections.shutdown().await;
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
