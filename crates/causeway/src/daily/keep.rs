//! The background: writes a report when a day has ended.

use super::book::{self, Days, Told};
use super::{Kept, Report, Signed, Signer, shelf};
use crate::clock::Clock;
use crate::inspect;
use crate::pipeline::worker::{Handle, Request};
use causeway_store::state::Change;
use causeway_store::{Error, State};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// How often the clock is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// How long nothing is tried after a failure.
const PAUSE: Duration = Duration::from_secs(60);

/// What the background needs.
pub struct Parts {
    /// The ledger.
    pub state: Arc<dyn State>,
    /// Keeps reports.
    pub worker: Handle,
    /// Signs them.
    pub signer: Signer,
    /// Where they are also written as files.
    pub directory: Option<PathBuf>,
    /// The zone of their days.
    pub zone: TimeZone,
    /// What time it is.
    pub clock: Clock,
}

/// Runs until `stop` says so.
pub async fn run(parts: Parts, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = keep(Arc::new(parts)) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn keep(parts: Arc<Parts>) {
    // Once a day has begun there is nothing more to do until the next.
    let (mut told, mut looked_on) = (None, None);
    loop {
        let today = book::today(parts.clock.now(), &parts.zone);
        if looked_on == Some(today) {
            tokio::time::sleep(EVERY).await;
            continue;
        }
        let (own, before) = (Arc::clone(&parts), told.take());
        let looked = tokio::task::spawn_blocking(move || look(&own, before)).await;
        let wait = match looked {
            Ok(Ok(now_told)) => {
                (told, looked_on) = (Some(now_told), Some(today));
                EVERY
            }
            Ok(Err(words)) => {
                tracing::error!(words, "the ledger's report could not be written; it is tried again");
                PAUSE
            }
            Err(error) => {
                tracing::error!(%error, "writing the ledger's report ended abnormally");
                PAUSE
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Writes what is due. What was told is read from the store first, if it is not known.
fn look(parts: &Parts, told: Option<Told>) -> Result<Told, String> {
    let mut told = match told {
        Some(told) => told,
        None => take_up(parts)?,
    };
    let days =
        Days::of(inspect::hourly(&*parts.state, i64::MIN).map_err(|error| words(&error))?, &parts.zone);
    while let Some(report) = book::next(&told, &days, parts.clock.now(), &parts.zone) {
        let signed = write(parts, &report)?;
        told.take(&report, &signed.sha256);
        tracing::info!(day = %report.day, number = report.number, sha256 = signed.sha256, "the ledger's report was written");
    }
    Ok(told)
}

/// What the reports of the store say. Those that are not in the directory yet are written there.
fn take_up(parts: &Parts) -> Result<Told, String> {
    let mut told = Told::default();
    for kept in shelf::all(&*parts.state).map_err(|error| words(&error))? {
        let signed: Signed = serde_json::from_str(&kept.text).map_err(|error| error.to_string())?;
        let report: Report = serde_json::from_str(signed.report.get()).map_err(|error| error.to_string())?;
        told.take(&report, &signed.sha256);
        lay_out(parts.directory.as_deref(), &kept)?;
    }
    Ok(told)
}

fn write(parts: &Parts, report: &Report) -> Result<Signed, String> {
    let signed = Signed::new(report, &parts.signer).map_err(|error| error.to_string())?;
    let kept = Kept::new(report.day, &signed).map_err(|error| error.to_string())?;
    let (answer, answered) = oneshot::channel();
    let change = Change { facts: vec![kept.fact()], ..Change::default() };
    parts.worker.ask(Request::Resolve(change, answer));
    answered.blocking_recv().map_err(|_| "the engine stopped".to_owned())?;
    lay_out(parts.directory.as_deref(), &kept)?;
    Ok(signed)
}

/// A file that is there stays as it is.
fn lay_out(directory: Option<&Path>, kept: &Kept) -> Result<(), String> {
    let Some(directory) = directory else { return Ok(()) };
    let path = directory.join(kept.file_name());
    if path.exists() {
        return Ok(());
    }
    let unfinished = path.with_extension("new");
    let written = std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&unfinished, format!("{}\n", kept.text)))
        .and_then(|()| std::fs::rename(&unfinished, &path));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn words(error: &Error) -> String {
    error.to_string()
}
