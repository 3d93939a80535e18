//! Ways to the vendors, in memory, below the bridge's HTTP client.

use crate::plan::{Fault, Vendor};
use crate::sim::Sim;
use crate::vendor;
use causeway::delivery::body::Pieces;
use causeway::delivery::client::Transport;
use http::{Request, Uri};
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::task::{JoinError, JoinHandle};

/// The header that tells when a request was begun.
pub(crate) const BEGUN: &str = "x-begun";

/// Bytes that are under way on a connection.
const PIPE: usize = 16 << 10;

/// The network as one process has it: gone when that dies.
pub(crate) struct Network {
    client: Client<Connector, Pieces>,
    sim: Arc<Sim>,
}

/// The tasks of a process.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Tasks {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap().push(tokio::spawn(task));
    }

    /// Ends them where they stand; answers the panics of those that had ended by themselves.
    pub(crate) async fn end(&self) -> Vec<String> {
        let mut panics = Vec::new();
        loop {
            let tasks = std::mem::take(&mut *self.0.lock().unwrap());
            if tasks.is_empty() {
                return panics;
            }
            tasks.iter().for_each(JoinHandle::abort);
            for task in tasks {
                let panicked = task.await.err().filter(JoinError::is_panic);
                panics.extend(panicked.map(|error| error.to_string()));
            }
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.spawn(task);
    }
}

impl Network {
    pub(crate) fn new(sim: &Arc<Sim>, tasks: &Tasks) -> Self {
        let connector = Connector { sim: Arc::clone(sim) };
        let client = Client::builder(tasks.clone())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_timer(TokioTimer::new())
            .build(connector);
        Self { client, sim: Arc::clone(sim) }
    }
}

impl Transport for Network {
    fn request(&self, mut request: Request<Pieces>) -> ResponseFuture {
        let begun = self.sim.begin_request();
        let text = format!("{} {} {}", begun.generation, begun.number, begun.at);
        request.headers_mut().insert(BEGUN, text.try_into().unwrap());
        Transport::request(&self.client, request)
    }
}

#[derive(Clone)]
struct Connector {
    sim: Arc<Sim>,
}

impl tower::Service<Uri> for Connector {
    type Response = Line;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Line, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let vendor = if uri.host() == Some("segment.test") { Vendor::Segment } else { Vendor::Insights };
        Box::pin(connect(Arc::clone(&self.sim), vendor))
    }
}

async fn connect(sim: Arc<Sim>, vendor: Vendor) -> Result<Line, io::Error> {
    let number = sim.next_connection();
    let mut dice = sim.dice(1000 + number);
    let fault = if sim.is_calm() { None } else { sim.plan.fault(vendor, sim.elapsed(), &mut dice) };
    match fault {
        Some(Fault::NoName) => return Err(io::Error::other("failed to lookup address information")),
        Some(Fault::NoConnection) => return Err(io::ErrorKind::ConnectionRefused.into()),
        Some(Fault::SlowConnection(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    let (here, there) = tokio::io::duplex(PIPE);
    tokio::spawn(vendor::serve(sim, vendor, there, dice));
    Ok(Line(TokioIo::new(here)))
}

/// A connection to a vendor.
struct Line(TokioIo<DuplexStream>);

impl Connection for Line {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl Write for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
