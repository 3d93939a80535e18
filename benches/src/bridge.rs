//! The real program and its stand-in vendors, as processes.

use crate::child::{LOAD_CPU, Process, Role, SERVER_CPU};
use crate::http::{free_address, get, post, wait_for};
use crate::traffic::WEBHOOK_SECRET;
use anyhow::bail;
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The application that the stand-in Algolia knows.
pub(crate) const APP_ID: &str = "SANDBOXAPP";
/// Its key.
pub(crate) const API_KEY: &str = "sandbox-search-key";
/// The write key of the stand-in Segment.
pub(crate) const WRITE_KEY: &str = "sandbox-write-key";

/// What is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing: events are made durable and go nowhere.
    Nothing,
    /// `search-events` to Segment, and forwarding to Algolia.
    BothVendors,
    /// What Segment knows of people: records at Algolia, and search contexts.
    People,
}

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
    vendors: Option<Vendors>,
    _store: TempDir,
}

#[derive(Debug)]
struct Vendors {
    address: SocketAddr,
    _process: Process,
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
        let store = tempfile::tempdir_in(".")?;
        let vendors = match work {
            Work::Nothing => None,
            Work::BothVendors => Some(Vendors::start(true)?),
            Work::People => Some(Vendors::start(false)?),
        };
        let (server, admin) = (free_address()?, free_address()?);
        let file = store.path().join("causeway.toml");
        fs::write(&file, configuration(work, server, admin, store.path(), vendors.as_ref()))?;
        let began = Instant::now();
        let arguments = [OsStr::new("--config"), file.as_os_str(), OsStr::new("run")];
        let process = Process::start(Role::Causeway, SERVER_CPU, &arguments)?;
        wait_for(server, "/readyz")?;
        Ok(Self { server, process, started_in: began.elapsed(), admin, vendors, _store: store })
    }

    /// Tells the stand-ins to misbehave, such as `"status":503`.
    pub(crate) fn vendors_fault(&self, effect: &str) -> anyhow::Result<()> {
        let Some(vendors) = &self.vendors else { bail!("there are no stand-ins") };
        for target in ["segment", "insights"] {
            let body = format!("{{\"target\":\"{target}\",{effect}}}");
            post(vendors.address, "/_sandbox/faults", &body)?;
        }
        Ok(())
    }

    /// What the stand-ins answer to a question.
    pub(crate) fn vendors_get(&self, path: &str) -> anyhow::Result<String> {
        let Some(vendors) = &self.vendors else { bail!("there are no stand-ins") };
        get(vendors.address, path)
    }

    /// Starts the stand-ins' counting and behaviour anew.
    pub(crate) fn vendors_reset(&self) -> anyhow::Result<()> {
        let Some(vendors) = &self.vendors else { bail!("there are no stand-ins") };
        post(vendors.address, "/_sandbox/reset", "").map(drop)
    }

    /// Waits until both vendors have so many events.
    pub(crate) fn wait_until_vendors_have(&self, events: u64) -> anyhow::Result<()> {
        let Some(vendors) = &self.vendors else { bail!("there are no stand-ins") };
        let began = Instant::now();
        loop {
            let counts: Counts = serde_json::from_str(&get(vendors.address, "/_sandbox/stats")?)?;
            if counts.segment.kept.min(counts.algolia.kept) >= events {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(120) {
                bail!("of {events} events only {} and {} arrived", counts.segment.kept, counts.algolia.kept);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fails unless the ledger balances, so many events were accepted and none died; answers how many are pending.
    pub(crate) fn check_ledger(&self, accepted: u64) -> anyhow::Result<u64> {
        let ledger: Ledger = serde_json::from_str(&get(self.admin, "/api/ledger")?)?;
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
        while let Err(error) = self.check_ledger(accepted) {
            if began.elapsed() > Duration::from_secs(60) {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Vendors {
    /// Lean stand-ins only count; the others keep and understand what comes.
    fn start(lean: bool) -> anyhow::Result<Self> {
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
}

fn configuration(
    work: Work,
    server: SocketAddr,
    admin: SocketAddr,
    store: &std::path::Path,
    vendors: Option<&Vendors>,
) -> String {
    let data = store.join("data");
    let base = format!(
        "listen = \"{server}\"\n[admin]\nlisten = \"{admin}\"\n[store]\npath = \"{}\"\n[log]\nlevel = \"error\"\n\
         [algolia]\napp_id = \"{APP_ID}\"\napi_key = \"{API_KEY}\"\n",
        data.display()
    );
    match vendors {
        None => format!(
            "{base}forward_events = false\n[segment]\nwebhook_secret = \"{WEBHOOK_SECRET}\"\nintake_keys = [\"{WRITE_KEY}\"]\n"
        ),
        Some(Vendors { address, .. }) if work == Work::People => format!(
            "{base}admin_key = \"sandbox-admin-key\"\nforward_events = false\nsearch_hosts = [\"http://{address}\"]\n\
             max_writes_per_second = 1000\n[segment]\nwebhook_secret = \"{WEBHOOK_SECRET}\"\nintake_keys = [\"{WRITE_KEY}\"]\n\
             [recipes]\ntrait-sync = {{ traits = [\"version\"], index = \"people\" }}\n\
             [[search_context.rules]]\nanalytics_tags = [\"v-{{{{traits.version}}}}\"]\n"
        ),
        Some(Vendors { address, .. }) => format!(
            "{base}insights_url = \"http://{address}\"\n[segment]\nwrite_key = \"{WRITE_KEY}\"\n\
             tracking_url = \"http://{address}\"\n[recipes]\nsearch-events = true\n"
        ),
    }
}
