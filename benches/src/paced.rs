//! Load at a steady rate: each request has its time, whether or not those before it are answered. What is late counts from
//! when it was due, so that no wait is left out of the figures ("coordinated omission").

use crate::traffic::Template;
use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// Connections; each has a thread, since a runtime's timers are too coarse for what is measured.
const CONNECTIONS: u32 = 16;

/// A steady load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paced {
    /// Where to.
    pub(crate) server: SocketAddr,
    /// Requests a second.
    pub(crate) rate: u32,
    /// How long.
    pub(crate) time: Duration,
    /// The number of the first request.
    pub(crate) first: u64,
}

/// Whoever writes requests.
pub(crate) trait Requests: Clone + Send {
    /// The whole HTTP request of this number.
    fn write(&mut self, number: u64) -> &[u8];
}

impl Requests for Template {
    fn write(&mut self, mut number: u64) -> &[u8] {
        self.renumbered(&mut number)
    }
}

/// The times to the answer, the shortest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// This share of them is at least as short.
    pub(crate) fn at(&self, share: f64) -> Duration {
        self.0.get((self.0.len() as f64 * share) as usize).copied().unwrap_or_default()
    }

    /// The longest.
    pub(crate) fn longest(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }
}

/// Runs a load to its end.
pub(crate) fn run(load: Paced, requests: &impl Requests) -> anyhow::Result<Latencies> {
    // Time to start the threads and to connect.
    let start = Instant::now() + Duration::from_millis(20);
    let mut all = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let own = requests.clone();
                scope.spawn(move || send(load, connection, start, own))
            })
            .collect();
        let sent = senders.into_iter().map(|sender| sender.join().expect("a sender ended well"));
        sent.collect::<anyhow::Result<Vec<_>>>()
    })?
    .concat();
    all.sort_unstable();
    Ok(Latencies(all))
}

fn send(
    load: Paced,
    connection: u32,
    start: Instant,
    mut requests: impl Requests,
) -> anyhow::Result<Vec<Duration>> {
    // A thread is woken up when it wants to be, not up to 50 µs later.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
    let mut stream = TcpStream::connect(load.server)?;
    stream.set_nodelay(true)?;
    let (mut answer, mut latencies) = (Vec::new(), Vec::new());
    let all = (load.time.as_secs_f64() * f64::from(load.rate)) as u64;
    for place in (u64::from(connection)..all).step_by(CONNECTIONS as usize) {
        let due = start + Duration::from_secs_f64(place as f64 / f64::from(load.rate));
        let request = requests.write(load.first + place);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        stream.write_all(request)?;
        read_answer(&mut stream, &mut answer)?;
        latencies.push(due.elapsed());
    }
    Ok(latencies)
}

fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> anyhow::Result<()> {
    answer.clear();
    let mut piece = [0; 16 << 10];
    while length(answer)?.is_none_or(|length| answer.len() < length) {
        match stream.read(&mut piece)? {
            0 => bail!("the server closed the connection"),
            read => answer.extend_from_slice(&piece[..read]),
        }
    }
    if !answer.starts_with(b"HTTP/1.1 200") {
        bail!("the server did not answer 200: {}", String::from_utf8_lossy(answer));
    }
    Ok(())
}

/// How long the whole answer is, once its head is there.
fn length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return Ok(None) };
    let lines = std::str::from_utf8(&answer[..head])?.lines();
    let said =
        lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case(LENGTH));
    let (_, body) = said.context("the answer does not say how long it is")?;
    Ok(Some(head + 4 + body.parse::<usize>()?))
}

const LENGTH: &str = "content-length";
