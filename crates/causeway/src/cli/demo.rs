//! `causeway demo`: everything on free ports, no account, no configuration.

mod configuration;
mod describe;
mod figures;
mod in_vain;
mod screen;
mod spotlight;
mod width;

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::run::{asked_to_stop, runtime};
use super::streams::print;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::inspect::Ledger;
use crate::telemetry::{Live, logs};
use causeway_engine::SEARCHES;
use causeway_sandbox::shoppers::{Shoppers, Totals};
use causeway_sandbox::{Counts, Options, Sandbox};
use figures::Gauges;
use screen::Screen;
use spotlight::Shop;
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

    let gauges = Gauges::of(&bridge);
    let (stop, stopping) = watch::channel(false);
    let (seen, customers) = watch::channel(String::new());
    let (show, spotlight) = watch::channel(Vec::new());
    let (vain, in_vain) = watch::channel(Vec::new());
    let looking = tokio::spawn(Shop::new(bridge.public, &options)?.run(customers, show));
    let crowd = configuration::crowd(arguments, queries, &options, secret.as_ref(), bridge.public);
    let shopping = tokio::spawn(shop(crowd, stopping.clone(), seen, Arc::clone(&bridge.live)));
    let drawing = tokio::spawn(Screen::new(gauges.clone(), urls, spotlight, in_vain).run(stopping));
    tokio::select! {
        () = asked => {}
        () = lasting(arguments.seconds) => {}
        never = in_vain::run(&sandbox, vain) => match never {},
    }
    let _ = stop.send(true);
    let _ = drawing.await;
    looking.abort();
    let totals = shopping.await.map_err(Failure::unreachable)?.map_err(Failure::usage)?;
    settle(&bridge, &gauges).await?;
    close(bridge, sandbox, &totals).await
}

/// Lets the crowd shop until the demo stops; what each of them does is told to the spotlight and the screen.
async fn shop(
    crowd: Shoppers,
    mut stopping: watch::Receiver<bool>,
    seen: watch::Sender<String>,
    live: Arc<Live>,
) -> Result<Totals, causeway_sandbox::shoppers::Error> {
    let told = move |action| {
        spotlight::notice(&seen, &action);
        live.line(describe::describe(&action));
    };
    crowd.run(async move { drop(stopping.changed().await) }, told).await
}

/// Adds up.
async fn close(bridge: Bridge, sandbox: Sandbox, totals: &Totals) -> Result<Outcome, Failure> {
    let ledger = read(&bridge).await?;
    bridge.stop().await?;
    let (stats, people) = (sandbox.stats(), sandbox.records("people"));
    sandbox.stop().await;
    print(&summary(totals, &stats, people.len()))?;
    print(&ledger.table())?;
    let fine = ledger.balances() && ledger.pending() == 0;
    print(if fine { "\nthe ledger balances: nothing was lost" } else { "\nTHE LEDGER DOES NOT BALANCE" })?;
    Ok(Outcome::fine_if(fine))
}

fn introduction(bridge: &Bridge, sandbox: &str) -> String {
    let beside = "vendors  ".len() + sandbox.len() + "  ".len();
    format!(
        "Causeway demo: shoppers -> bridge -> stand-ins of both vendors  (Ctrl-C ends it)\n\
         bridge   http://{}  /1/indexes /1/events /v1 /webhooks/segment\n\
         admin    http://{}  /api/ledger /api/dead-letters /metrics\n\
         vendors  {sandbox}  /_sandbox/segment/messages\n\
         {:beside$}/_sandbox/algolia/events …/searches …/records",
        bridge.public, bridge.admin, ""
    )
}

/// What was done, and what the stand-ins have of it.
fn summary(totals: &Totals, kept: &Counts, people: usize) -> String {
    let Totals { actions, requests, searches, events, calls, duplicates, invalid, .. } = totals;
    let (messages, insights, writes) = (kept.segment.kept, kept.algolia.kept, kept.search.kept);
    format!(
        "\nshoppers did {actions} things: {searches} searches letter by letter, {events} events,\n  \
         {calls} calls of Segment's in {requests} requests, {duplicates} sent twice, {invalid} invalid on purpose\n\
         the stand-ins kept {messages} Segment messages and {insights} Algolia events,\n  \
         {writes} writes to records of {people} people\n"
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

/// Waits until nothing is pending, and every search that was seen is in the ledger: some are still being typed when the
/// shoppers leave, and settle a moment later.
async fn settle(bridge: &Bridge, gauges: &Gauges) -> Result<(), Failure> {
    let deadline = tokio::time::Instant::now() + SETTLE;
    while tokio::time::Instant::now() < deadline {
        let seen = i64::try_from(gauges.searches()).unwrap_or(i64::MAX);
        if bridge.is_idle().await? && read(bridge).await?.accepted(SEARCHES) >= seen {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
