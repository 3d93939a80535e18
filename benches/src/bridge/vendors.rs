//! The stand-in vendors as a process.

use crate::child::{LOAD_CPU, Process, Role};
use crate::http::{free_address, get, post, wait_for};
use anyhow::bail;
use serde::Deserialize;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long everything may take to arrive.
const PATIENCE: Duration = Duration::from_secs(300);

/// Running stand-ins.
#[derive(Debug)]
pub(crate) struct Vendors {
    /// Where both of them are.
    pub(crate) address: SocketAddr,
    _process: Process,
}

/// Whose counts are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Both vendors'.
    Both,
    /// Segment's alone.
    Segment,
}

/// What the stand-ins count.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Counts {
    segment: Tally,
    algolia: Tally,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Tally {
    kept: u64,
}

impl Vendors {
    /// Lean stand-ins only count; the others keep and understand what comes.
    pub(super) fn start(lean: bool) -> anyhow::Result<Self> {
        let address = free_address()?;
        let listen = address.to_string();
        let arguments: Vec<&OsStr> = ["sandbox", "--listen", &listen]
            .into_iter()
            .chain(lean.then_some("--lean"))
            .map(OsStr::new)
            .collect();
        let process = Process::start(Role::Causeway, LOAD_CPU, &arguments)?;
        wait_for(address, "/_sandbox/stats")?;
        Ok(Self { address, _process: process })
    }

    /// Tells them to misbehave, such as `"status":503`.
    pub(super) fn fault(&self, whose: Whose, effect: &str) -> anyhow::Result<()> {
        let targets: &[&str] = if whose == Whose::Both { &["segment", "insights"] } else { &["segment"] };
        for target in targets {
            let body = format!("{{\"target\":\"{target}\",{effect}}}");
            post(self.address, "/_sandbox/faults", &body)?;
        }
        Ok(())
    }

    /// Waits until they have so many events; of both vendors the one with fewer counts.
    pub(super) fn wait_until_they_have(&self, whose: Whose, events: u64) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.kept(whose)? < events {
            if began.elapsed() > PATIENCE {
                bail!("of {events} events only {} arrived", self.kept(whose)?);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn kept(&self, whose: Whose) -> anyhow::Result<u64> {
        let Counts { segment, algolia } = serde_json::from_str(&get(self.address, "/_sandbox/stats")?)?;
        Ok(if whose == Whose::Both { segment.kept.min(algolia.kept) } else { segment.kept })
    }
}
