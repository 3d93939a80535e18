//! A start after the process was killed, on a large store.

use crate::bridge::{Bridge, Work};
use crate::figures::{heading, line, ms};
use crate::load::{self, Load, Until};
use crate::traffic::Traffic;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measures and prints with so many events in the journal.
pub(crate) fn measure(events: u64) -> anyhow::Result<()> {
    heading("After a kill");
    let mut bridge = Bridge::start(Work::Segment)?;
    bridge.vendors_fault(r#""status":503"#)?;
    let load = Load {
        server: bridge.server,
        traffic: Traffic::Insights,
        connections: 8,
        events: 100,
        until: Until::Events(events),
    };
    let events = load::run(load)?.events;
    bridge.wait_until_processed(events)?;
    let what = format!("ready with {events} events journaled and pending");
    ready(&mut bridge, &what, |_| Ok(()))?;
    bridge.wait_until_processed(events)?;
    let what = format!("ready with {events} events journaled and the state lost");
    ready(&mut bridge, &what, forget_state)?;
    let began = Instant::now();
    bridge.wait_until_processed(events)?;
    line("then all of them are processed again after", &ms(began.elapsed()), "");
    Ok(())
}

fn ready(
    bridge: &mut Bridge,
    what: &str,
    meanwhile: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<Duration> {
    let took = bridge.killed_and_started(meanwhile)?;
    let (_, highest) = bridge.process.memory()?;
    line(what, &ms(took), &format!("memory at most {highest} MiB   (goal: 2,000 ms)"));
    Ok(took)
}

/// What follows from the journal is gone, so that the engine has all of it before it.
fn forget_state(data: &Path) -> anyhow::Result<()> {
    for file in ["state.db", "state.db-wal", "state.db-shm"] {
        fs::remove_file(data.join(file))?;
    }
    Ok(())
}
