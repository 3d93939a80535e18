//! Durable intake alone: every request is on disk before its answer.

use crate::bridge::{Bridge, Work};
use crate::figures::{cpu_per_million, heading, line, ms, rate};
use crate::load::{self, Load, Until};
use crate::machine;
use crate::traffic::Traffic;
use std::time::Duration;

/// Measures and prints 1-event requests beside the bare server, and 100-event requests.
pub(crate) fn measure(time: Duration) -> anyhow::Result<()> {
    heading("Durable intake (nothing else switched on)");
    one(time, 16, 1, "goal: 28 k/s, p99 at most 2 ms")?;
    one(time, 256, 1, "goal: 0.7 of the bare server")?;
    one(time, 8, 100, "goal: 450 k/s, p99 at most 5 ms")
}

fn one(time: Duration, connections: usize, events: usize, goal: &str) -> anyhow::Result<()> {
    let (bare, _) = machine::bare(connections, events, time)?;
    let bridge = Bridge::start(Work::Nothing)?;
    let before = bridge.process.cpu()?;
    let until = Until::Time(time);
    let outcome =
        load::run(Load { server: bridge.server, traffic: Traffic::Insights, connections, events, until })?;
    let cpu = bridge.process.cpu()?.saturating_sub(before);
    bridge.wait_until_processed(outcome.events)?;
    let ratio = outcome.requests_per_second() / bare.requests_per_second();
    let remark = format!(
        "{ratio:.2} of bare, p50 {}, p99 {}, {}   ({goal})",
        ms(outcome.p50),
        ms(outcome.p99),
        cpu_per_million(cpu, outcome.events)
    );
    let what = format!("{events}-event requests, {connections} connections: events");
    line(&what, &rate(outcome.events_per_second()), &remark);
    Ok(())
}
