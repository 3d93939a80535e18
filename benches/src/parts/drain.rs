//! After an outage: how fast the backlog goes out, and what it costs to hold it.

use crate::bridge::{Bridge, Work};
use crate::figures::{heading, line, ms, rate};
use crate::load::{self, Load, Until};
use crate::traffic::Traffic;
use std::time::Instant;

/// Fills a backlog while both vendors are down, and measures how it drains: to vendors that answer at once, and to
/// vendors that take 200 ms.
pub(crate) fn measure(backlog: u64) -> anyhow::Result<()> {
    heading("After an outage of both vendors");
    drained(backlog, "vendors that answer at once", None)?;
    drained(backlog, "vendors that take 200 ms", Some(r#""latency_ms":200"#))
}

fn drained(backlog: u64, vendors: &str, slow: Option<&str>) -> anyhow::Result<()> {
    let bridge = Bridge::start(Work::BothVendors)?;
    bridge.vendors_fault(r#""status":503"#)?;
    let until = Until::Events(backlog);
    let filled = load::run(Load {
        server: bridge.server,
        traffic: Traffic::Insights,
        connections: 8,
        events: 100,
        until,
    })?;
    bridge.wait_until_processed(filled.events)?;
    let (now, highest) = bridge.process.memory()?;
    let pending = format!("memory with {} events pending", filled.events);
    line(
        &pending,
        &format!("{now} MiB"),
        &format!("at most {highest} MiB while filling; intake p99 {}", ms(filled.p99)),
    );
    bridge.vendors_reset()?;
    if let Some(effect) = slow {
        bridge.vendors_fault(effect)?;
    }
    // The clock starts when the first probe finds them well again.
    bridge.wait_until_vendors_have(1)?;
    let began = Instant::now();
    bridge.wait_until_vendors_have(filled.events)?;
    let per_second = filled.events as f64 / began.elapsed().as_secs_f64();
    let (_, highest) = bridge.process.memory()?;
    line(&format!("drain to {vendors}: events"), &rate(per_second), &format!("memory at most {highest} MiB"));
    bridge.wait_until_processed(filled.events)
}
