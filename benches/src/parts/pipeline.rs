//! The whole way: intake, journal, engine, `search-events` to Segment and forwarding to Algolia, until everything has
//! arrived at both.

use crate::bridge::{Bridge, Work};
use crate::figures::{cpu_per_million, heading, line, ms, rate};
use crate::load::{self, Load, Until};
use crate::traffic::Traffic;
use std::time::{Duration, Instant};

/// Measures and prints 100-event and 1-event requests.
pub(crate) fn measure(time: Duration) -> anyhow::Result<()> {
    heading("Whole pipeline to both vendors' stand-ins");
    one(time, 8, 100, "goal: at most 5 CPU-s/M, p99 at most 15 ms")?;
    one(time, 16, 1, "goal: at most 18 CPU-s/M")?;
    one(time, 256, 1, "goal: at most 18 CPU-s/M")
}

fn one(time: Duration, connections: usize, events: usize, goal: &str) -> anyhow::Result<()> {
    let bridge = Bridge::start(Work::BothVendors)?;
    let before = bridge.process.cpu()?;
    let began = Instant::now();
    let until = Until::Time(time);
    let outcome =
        load::run(Load { server: bridge.server, traffic: Traffic::Insights, connections, events, until })?;
    bridge.wait_until_vendors_have(outcome.events)?;
    let took = began.elapsed();
    let cpu = bridge.process.cpu()?.saturating_sub(before);
    bridge.wait_until_processed(outcome.events)?;
    let (_, highest) = bridge.process.memory()?;
    let remark = format!(
        "{}, p50 {}, p99 {}, memory at most {highest} MiB   ({goal})",
        cpu_per_million(cpu, outcome.events),
        ms(outcome.p50),
        ms(outcome.p99)
    );
    let what = format!("{events}-event requests, {connections} connections: events");
    line(&what, &rate(outcome.events as f64 / took.as_secs_f64()), &remark);
    Ok(())
}
