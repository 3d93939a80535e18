//! The real program and its stand-in vendors, as processes.

mod configuration;
mod vendors;

pub(crate) use configuration::{Treatment, Work, traits_of};

use crate::child::{Process, Role, SERVER_CPU};
use crate::http::{free_address, get, post, wait_for};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vendors::Vendors;

/// The application that the stand-in Algolia knows.
pub(crate) const APP_ID: &str = "SANDBOXAPP";
/// Its key.
pub(crate) const API_KEY: &str = "sandbox-search-key";
/// The write key of the stand-in Segment.
pub(crate) const WRITE_KEY: &str = "sandbox-write-key";

/// A running bridge.
#[derive(Debug)]
pub(crate) struct Bridge {
    /// The public side.
    pub(crate) server: SocketAddr,
    /// The process.
    pub(crate) process: Process,
    /// How long the start took.
    pub(crate) started_in: Duration,
    admin: SocketAddr,
    work: Work,
    vendors: Option<Vendors>,
    directory: TempDir,
}

#[derive(Debug, Deserialize)]
struct Ledger {
    flows: Vec<Balance>,
}

#[derive(Debug, Deserialize)]
struct Balance {
    flow: String,
    accepted: i64,
    dead_lettered: i64,
    pending: i64,
    imbalance: i64,
}

impl Bridge {
    /// Starts a bridge on an empty store, and the stand-ins if there is work for them.
    pub(crate) fn start(work: Work) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir_in(".")?;
        let vendors = work.vendors()?;
        let (server, admin) = (free_address()?, free_address()?);
        let data = directory.path().join(DATA);
        let text = configuration::write(work, (server, admin), &data, vendors.as_ref());
        fs::write(directory.path().join(CONFIGURATION), text)?;
        let (process, started_in) = started(directory.path(), server)?;
        Ok(Self { server, process, started_in, admin, work, vendors, directory })
    }

    /// Kills the process where it stands, does something to its store, and starts it anew on it; how long until it was ready.
    pub(crate) fn killed_and_started(
        &mut self,
        meanwhile: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Duration> {
        self.process.kill();
        meanwhile(&self.data())?;
        (self.process, self.started_in) = started(self.directory.path(), self.server)?;
        Ok(self.started_in)
    }

    /// The directory of its store.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join(DATA)
    }

    /// What the admin side answers.
    pub(crate) fn admin_get(&self, path: &str) -> anyhow::Result<String> {
        get(self.admin, path)
    }

    /// Tells the vendors that the work is for to misbehave, such as `"status":503`.
    pub(crate) fn vendors_fault(&self, effect: &str) -> anyhow::Result<()> {
        self.vendors()?.fault(self.work.whose(), effect)
    }

    /// What the stand-ins answer to a question.
    pub(crate) fn vendors_get(&self, path: &str) -> anyhow::Result<String> {
        get(self.vendors()?.address, path)
    }

    /// Starts the stand-ins' counting and behaviour anew.
    pub(crate) fn vendors_reset(&self) -> anyhow::Result<()> {
        post(self.vendors()?.address, "/_sandbox/reset", "").map(drop)
    }

    /// Waits until the vendors that the work is for have so many events.
    pub(crate) fn wait_until_vendors_have(&self, events: u64) -> anyhow::Result<()> {
        self.vendors()?.wait_until_they_have(self.work.whose(), events)
    }

    fn vendors(&self) -> anyhow::Result<&Vendors> {
        self.vendors.as_ref().context("there are no stand-ins")
    }

    /// Fails unless the ledger balances, so many events were accepted and none died; answers how many are pending.
    pub(crate) fn check_ledger(&self, accepted: u64) -> anyhow::Result<u64> {
        let ledger: Ledger = serde_json::from_str(&self.admin_get("/api/ledger")?)?;
        let bad = ledger.flows.iter().find(|flow| flow.imbalance != 0 || flow.dead_lettered != 0);
        if let Some(flow) = bad {
            bail!("the ledger is not fine: {flow:?}");
        }
        let intake = ledger.flows.iter().find(|flow| flow.flow == "intake").map_or(0, |flow| flow.accepted);
        if intake != accepted as i64 {
            bail!("{accepted} events were answered with 200, the ledger has {intake}");
        }
        Ok(ledger.flows.iter().map(|flow| flow.pending.max(0) as u64).sum())
    }

    /// Waits until everything accepted is processed.
    pub(crate) fn wait_until_processed(&self, accepted: u64) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let asked = Instant::now();
            let Err(error) = self.check_ledger(accepted) else { return Ok(()) };
            if began.elapsed() > Duration::from_secs(120) {
                return Err(error);
            }
            // Counting what is pending takes the server's time, which is not to be measured.
            std::thread::sleep(Duration::from_millis(50) + asked.elapsed() * 10);
        }
    }
}

/// Where the store and the configuration are in a bridge's directory.
const DATA: &str = "data";
const CONFIGURATION: &str = "causeway.toml";

/// Starts the program in its directory; how long until it was ready.
fn started(directory: &Path, server: SocketAddr) -> anyhow::Result<(Process, Duration)> {
    let file = directory.join(CONFIGURATION);
    let began = Instant::now();
    let arguments = [OsStr::new("--config"), file.as_os_str(), OsStr::new("run")];
    let process = Process::start(Role::Causeway, SERVER_CPU, &arguments)?;
    wait_for(server, "/readyz")?;
    Ok((process, began.elapsed()))
}
