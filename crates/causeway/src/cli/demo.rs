//! `causeway demo`: everything on free ports, no account, no configuration.

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::run::{asked_to_stop, runtime};
use super::screen::Screen;
use super::streams::print;
use crate::bridge::Bridge;
use crate::clock::Clock;
use crate::config::settings::Settings;
use crate::config::{Config, source};
use crate::inspect::Ledger;
use crate::secret::Secret;
use crate::telemetry::logs;
use causeway_sandbox::shoppers::Shoppers;
use causeway_sandbox::{Options, Sandbox};
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
    let (app_id, api_key) = (options.app_id.clone(), options.api_keys[0].clone());
    let write_key = options.write_keys[0].clone();
    let sandbox = Sandbox::start(options).await?;
    let config = configuration(&sandbox.url(), store, &app_id, &api_key, &write_key)?;
    logs::start(&config.settings.log).map_err(Failure::usage)?;
    let bridge = Bridge::start(config, Clock::system()).await?;
    let urls = introduction(&bridge, &sandbox.url());
    print(&urls)?;

    let (stop, stopping) = watch::channel(false);
    let live = Arc::clone(&bridge.live);
    let crowd = Shoppers {
        count: arguments.shoppers,
        queries,
        ..Shoppers::new(format!("http://{}", bridge.public), app_id, api_key)
    };
    let mut told = stopping.clone();
    let tell = Arc::clone(&live);
    let shopping = tokio::spawn(async move {
        let until = async move { drop(told.changed().await) };
        crowd.run(until, move |action| tell.line(super::screen::describe(&action))).await
    });
    let screen = Screen::new(Arc::clone(&live), Arc::clone(&bridge.state), urls);
    let drawing = tokio::spawn(screen.run(stopping));
    tokio::select! {
        () = asked => {}
        () = lasting(arguments.seconds) => {}
    }
    let _ = stop.send(true);
    let _ = drawing.await;
    let totals = shopping.await.map_err(Failure::unreachable)?.map_err(Failure::usage)?;
    settle(&bridge).await?;
    let ledger = read(&bridge).await?;
    bridge.stop().await?;
    let stats = sandbox.stats();
    sandbox.stop().await;
    print(&format!(
        "\nshoppers did {} things in {} requests: {} events, {} sent twice, {} invalid on purpose",
        totals.actions, totals.requests, totals.events, totals.duplicates, totals.invalid
    ))?;
    print(&format!(
        "the stand-ins kept {} Segment messages and {} Algolia events\n",
        stats.segment.kept, stats.algolia.kept
    ))?;
    print(&ledger.table())?;
    let fine = ledger.balances() && ledger.pending() == 0;
    print(if fine { "\nthe ledger balances: nothing was lost" } else { "\nTHE LEDGER DOES NOT BALANCE" })?;
    Ok(Outcome::fine_if(fine))
}

fn configuration(
    url: &str,
    store: &Path,
    app_id: &str,
    api_key: &str,
    write_key: &str,
) -> Result<Config, Failure> {
    let mut settings: Settings = source::parse("", std::iter::empty(), &Nowhere)?;
    "127.0.0.1:0".clone_into(&mut settings.listen);
    "127.0.0.1:0".clone_into(&mut settings.admin.listen);
    store.clone_into(&mut settings.store.path);
    settings.algolia.app_id = Some(app_id.to_owned());
    settings.algolia.api_key = Some(Secret::from(api_key));
    settings.algolia.insights_url = Some(url.to_owned());
    settings.segment.write_key = Some(Secret::from(write_key));
    settings.segment.tracking_url = Some(url.to_owned());
    settings.recipes.insert(causeway_engine::recipes::SEARCH_EVENTS.to_owned(), true.into());
    "error".clone_into(&mut settings.log.level);
    Ok(Config::check(settings, Path::new(""))?)
}

/// The demo takes nothing from its surroundings.
struct Nowhere;

impl source::Lookup for Nowhere {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &str) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn introduction(bridge: &Bridge, sandbox: &str) -> String {
    format!(
        "Causeway demo: shoppers -> bridge -> stand-ins of Segment and Algolia\n\
         bridge   http://{}   (POST /1/events)\n\
         admin    http://{}   (/api/ledger, /api/dead-letters, /metrics)\n\
         arrived  {sandbox}/_sandbox/segment/messages   {sandbox}/_sandbox/algolia/events",
        bridge.public, bridge.admin
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
