//! `causeway demo`: everything on free ports, no account, no configuration.

mod configuration;
mod spotlight;

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::run::{asked_to_stop, runtime};
use super::screen::Screen;
use super::streams::print;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::inspect::Ledger;
use crate::telemetry::logs;
use causeway_sandbox::shoppers::Totals;
use causeway_sandbox::{Counts, Options, Sandbox};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long the demo waits at its end for what is still under way.
const SETTLE: Duration = Duration::from_secs(20);

pub(super) fn run(arguments: &arguments::Demo) -> Result<Outcome, Failure> {
    let store = Scratch::new()?;
    let queries = arguments.queries.as_deref().map(queries).transpose()?.unwrap_or_default();
    runtime()?.block_on(show(arguments, queries, &store.0))
}

/// Reads the queries of a file.
fn queries(path: &Path) -> Result<Vec<String>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))?;
    let heading = text.lines().next().unwrap_or_default();
    let column = heading.split('\t').position(|name| name == "query");
    let lines = text.lines().skip(usize::from(column.is_some()));
    let queries = lines.filter_map(|line| line.split('\t').nth(column.unwrap_or(0)));
    Ok(queries.map(str::trim).filter(|query| !query.is_empty()).map(str::to_owned).collect())
}

/// A directory that is gone after the demo.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let name = format!("causeway-demo-{}-{}", std::process::id(), Clock::system().now());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now, the system's own cleaning takes.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn show(arguments: &arguments::Demo, queries: Vec<String>, store: &Path) -> Result<Outcome, Failure> {
    let asked = asked_to_stop();
    let options = Options::default();
    let sandbox = Sandbox::start(options.clone()).await?;
    let config = configuration::bridge(&sandbox.url(), store, &options)?;
    let secret = config.settings.segment.webhook_secret.clone();
    logs::start(&config.settings.log).map_err(Failure::usage)?;
    let bridge = Box::pin(Bridge::start(config, Clock::system())).await?;
    let urls = introduction(&bridge, &sandbox.url());
    print(&urls)?;

    let (stop, stopping) = watch::channel(false);
    let (seen, customers) = watch::channel(String::new());
    let (show, spotlight) = watch::channel(String::new());
    let looking = tokio::spawn(spotlight::run(bridge.public, customers, show));
    let live = Arc::clone(&bridge.live);
    let crowd =
        configuration::crowd(arguments, queries, &options, secret.as_ref(), bridge.public, &sandbox.url());
    let mut told = stopping.clone();
    let tell = Arc::clone(&live);
    let shopping = tokio::spawn(async move {
        let until = async move { drop(told.changed().await) };
        let told = move |action| {
            spotlight::notice(&seen, &action);
            tell.line(super::screen::describe(&action));
        };
        crowd.run(until, told).await
    });
    let screen = Screen::new(Arc::clone(&live), Arc::clone(&bridge.state), urls, spotlight);
    let drawing = tokio::spawn(screen.run(stopping));
    tokio::select! {
        () = asked => {}
        () = lasting(arguments.seconds) => {}
    }
    let _ = stop.send(true);
    let _ = drawing.await;
    looking.abort();
    let totals = shopping.await.map_err(Failure::unreachable)?.map_err(Failure::usage)?;
    settle(&bridge).await?;
    let ledger = read(&bridge).await?;
    bridge.stop().await?;
    let (stats, people) = (sandbox.stats(), sandbox.records("people"));
    sandbox.stop().await;
    print(&summary(&totals, &stats, people.len()))?;
    print(&ledger.table())?;
    let fine = ledger.balances() && ledger.pending() == 0;
    print(if fine { "\nthe ledger balances: nothing was lost" } else { "\nTHE LEDGER DOES NOT BALANCE" })?;
    Ok(Outcome::fine_if(fine))
}

fn introduction(bridge: &Bridge, sandbox: &str) -> String {
    format!(
        "Causeway demo: shoppers -> bridge -> stand-ins of Segment and Algolia\n\
         bridge   http://{}   (POST /1/events, /v1/track …, /webhooks/segment)\n\
         admin    http://{}   (/api/ledger, /api/dead-letters, /metrics)\n\
         arrived  {sandbox}/_sandbox/segment/messages   {sandbox}/_sandbox/algolia/events\n\
         people   {sandbox}/_sandbox/algolia/records?index=people",
        bridge.public, bridge.admin
    )
}

/// What was done, and what the stand-ins have of it.
fn summary(totals: &Totals, kept: &Counts, people: usize) -> String {
    format!(
        "\nshoppers did {} things in {} searches and {} requests: {} events, {} calls of Segment's, {} sent twice, {} invalid on purpose\n\
         the stand-ins kept {} Segment messages and {} Algolia events; {} writes to records of {people} people\n",
        totals.actions,
        totals.searches,
        totals.requests,
        totals.events,
        totals.calls,
        totals.duplicates,
        totals.invalid,
        kept.segment.kept,
        kept.algolia.kept,
        kept.search.kept
    )
}

async fn lasting(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}

async fn read(bridge: &Bridge) -> Result<Ledger, Failure> {
    let state = Arc::clone(&bridge.state);
    let read = tokio::task::spawn_blocking(move || Ledger::read(&*state, None)).await;
    Ok(read.map_err(Failure::unreachable)??)
}

/// Waits until nothing is pending.
async fn settle(bridge: &Bridge) -> Result<(), Failure> {
    let deadline = tokio::time::Instant::now() + SETTLE;
    while tokio::time::Instant::now() < deadline {
        if bridge.is_idle().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
