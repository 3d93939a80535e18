//! Start to ready, and memory at rest.

use crate::bridge::{Bridge, Work};
use crate::figures::{heading, line, ms};

/// Measures and prints both.
pub(crate) fn measure() -> anyhow::Result<()> {
    heading("At rest");
    let bridge = Bridge::start(Work::BothVendors)?;
    line("start to ready", &ms(bridge.started_in), "goal: under 500 ms");
    let (now, _) = bridge.process.memory()?;
    line("memory, idle", &format!("{now} MiB"), "goal: under 64 MiB");
    Ok(())
}
