//! What the machine can do at most, so that a reader sees how far from the limit we are.

use crate::child::{Process, Role, SERVER_CPU};
use crate::figures::{cpu_per_million, heading, line, ms, rate};
use crate::http::free_address;
use crate::load::{Load, Outcome, Until};
use crate::traffic::Traffic;
use crate::{load, traffic};
use serde::Deserialize;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

/// How long each of these is measured.
const TIME: Duration = Duration::from_secs(2);

/// Measures and prints all.
pub(crate) fn measure() -> anyhow::Result<()> {
    heading("The machine");
    fsync()?;
    sequential()?;
    parse()?;
    for connections in [16, 256] {
        let (outcome, cpu) = bare(connections, 1, TIME)?;
        let what = format!("bare HTTP server, 1-event bodies, {connections} connections");
        let remark = format!("p99 {}, {}", ms(outcome.p99), cpu_per_million(cpu, outcome.requests));
        line(&what, &rate(outcome.requests_per_second()), &remark);
    }
    Ok(())
}

/// A bare server under load: what came of it, and the processor time that the server used.
pub(crate) fn bare(connections: usize, events: usize, time: Duration) -> anyhow::Result<(Outcome, Duration)> {
    let server = free_address()?;
    let process = Process::start(Role::Bare, SERVER_CPU, &[OsStr::new(&server.to_string())])?;
    while std::net::TcpStream::connect(server).is_err() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let before = process.cpu()?;
    let outcome = load::run(Load {
        server,
        traffic: Traffic::Insights,
        connections,
        events,
        until: Until::Time(time),
    })?;
    Ok((outcome, process.cpu()?.saturating_sub(before)))
}

fn fsync() -> anyhow::Result<()> {
    let mut file = tempfile::tempfile_in(".")?;
    let block = [7; 4096];
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < TIME {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100];
    line("append 4 KiB and fdatasync", &ms(at(50)), &format!("p99 {}", ms(at(99))));
    Ok(())
}

fn sequential() -> anyhow::Result<()> {
    let mut file: File = tempfile::tempfile_in(".")?;
    let block = vec![7; 1 << 20];
    let began = Instant::now();
    for _ in 0..512 {
        file.write_all(&block)?;
    }
    file.sync_data()?;
    let rate = 512.0 / 1024.0 / began.elapsed().as_secs_f64();
    line("write 512 MiB in sequence and fdatasync", &format!("{rate:.2} GiB/s"), "");
    Ok(())
}

/// The fields of an event, borrowed: the least that reading one can cost with the usual library.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only reading them is measured")]
struct Borrowed<'a> {
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    index: Cow<'a, str>,
    #[serde(borrow)]
    user_token: Cow<'a, str>,
    timestamp: i64,
    #[serde(borrow, rename = "objectIDs")]
    object_ids: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow)]
    events: Vec<Borrowed<'a>>,
}

fn parse() -> anyhow::Result<()> {
    let body = traffic::body(100);
    let (began, mut events) = (Instant::now(), 0);
    while began.elapsed() < TIME {
        let read: Events<'_> = serde_json::from_str(black_box(&body))?;
        events += black_box(read).events.len();
    }
    let per_second = events as f64 / began.elapsed().as_secs_f64();
    line("parse 100-event bodies into borrowed types (serde_json)", &rate(per_second), "events, one core");
    Ok(())
}
