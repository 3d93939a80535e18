//! Load: so many connections, each sending its next request as soon as the last one is answered.

use crate::traffic::{Template, Traffic};
use anyhow::{Context, bail};
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// What a load is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Where to.
    pub(crate) server: SocketAddr,
    /// What is sent.
    pub(crate) traffic: Traffic,
    /// Connections.
    pub(crate) connections: usize,
    /// Events in a request.
    pub(crate) events: usize,
    /// When it ends.
    pub(crate) until: Until,
}

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// After this time.
    Time(Duration),
    /// After so many events.
    Events(u64),
}

/// What came of a load.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Events that were answered with 200.
    pub(crate) events: u64,
    /// Requests that were.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// The time to the answer: half of the requests were at least as fast.
    pub(crate) p50: Duration,
    /// The same for 99 of 100.
    pub(crate) p99: Duration,
}

impl Outcome {
    /// Requests a second.
    pub(crate) fn requests_per_second(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// Events a second.
    pub(crate) fn events_per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }
}

struct Shared {
    load: Load,
    began: Instant,
    numbers: Cell<u64>,
    sent: Cell<u64>,
}

impl Shared {
    fn is_over(&self) -> bool {
        match self.load.until {
            Until::Time(time) => self.began.elapsed() >= time,
            Until::Events(events) => self.sent.get() >= events,
        }
    }
}

/// Runs a load to its end.
pub(crate) fn run(load: Load) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, send_all(load))
}

async fn send_all(load: Load) -> anyhow::Result<Outcome> {
    // Numbers go on where an earlier load of this process stopped, so that its events are not repeated.
    let first = Instant::now().elapsed().as_nanos() as u64 + START.with(Cell::get);
    let shared =
        Rc::new(Shared { load, began: Instant::now(), numbers: Cell::new(first), sent: Cell::new(0) });
    let senders: Vec<_> =
        (0..load.connections).map(|_| tokio::task::spawn_local(connection(Rc::clone(&shared)))).collect();
    let mut latencies = Vec::new();
    for sender in senders {
        latencies.extend(sender.await??);
    }
    START.with(|start| start.set(shared.numbers.get()));
    let took = shared.began.elapsed();
    latencies.sort_unstable();
    let at =
        |share: f64| latencies.get((latencies.len() as f64 * share) as usize).copied().unwrap_or_default();
    let requests = latencies.len() as u64;
    Ok(Outcome { events: requests * load.events as u64, requests, took, p50: at(0.5), p99: at(0.99) })
}

thread_local! {
    static START: Cell<u64> = const { Cell::new(0) };
}

async fn connection(shared: Rc<Shared>) -> anyhow::Result<Vec<Duration>> {
    let mut template = Template::new(shared.load.server, shared.load.traffic, shared.load.events);
    let mut stream = TcpStream::connect(shared.load.server).await?;
    stream.set_nodelay(true)?;
    let mut answer = vec![0; 4096];
    let mut latencies = Vec::new();
    while !shared.is_over() {
        shared.sent.set(shared.sent.get() + template.events);
        let mut next = shared.numbers.get();
        let request = template.renumbered(&mut next);
        shared.numbers.set(next);
        let began = Instant::now();
        stream.write_all(request).await?;
        read_answer(&mut stream, &mut answer).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// Our answers are short and come in one piece, or nearly so.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<()> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        filled += read;
        if buffer[..filled].ends_with(b"}") {
            break;
        }
    }
    if !buffer.starts_with(b"HTTP/1.1 200") {
        let text = String::from_utf8_lossy(&buffer[..filled]).into_owned();
        return Err(anyhow::anyhow!(text)).context("the server did not answer 200");
    }
    Ok(())
}
