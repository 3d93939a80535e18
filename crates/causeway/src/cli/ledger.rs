//! `causeway ledger`

use super::arguments::{self, By, Daily, Format};
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::daily::verify::{self, Verdict};
use crate::daily::{self, Signer};
use crate::inspect::{HourlyLedger, Ledger};
use crate::{config, moment};
use causeway_store::sqlite;
use jiff::civil::Date;
use serde::Serialize;
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Ledger, json: bool) -> Result<Outcome, Failure> {
    match &arguments.command {
        None => balance(path, arguments, json),
        Some(Daily::Verify { directory, key }) => verify(path, directory.as_deref(), key.as_deref(), json),
        Some(Daily::Report { day }) => report(path, day, json),
        Some(Daily::Key) => key(path, json),
    }
}

fn balance(path: &Path, arguments: &arguments::Ledger, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let since = arguments.since.as_deref().map(|text| moment::parse(text, Clock::system().now())).transpose();
    let since = since.map_err(|message| Failure::usage(format!("--since: {message}")))?;
    let store = sqlite::open_read_only(&config.store)?;
    let format = if json { Some(Format::Json) } else { arguments.format };
    match (arguments.by, format) {
        (None, None | Some(Format::Table)) => total(&Ledger::read(&store.state, since)?, Ledger::table),
        (None, Some(Format::Json)) => total(&Ledger::read(&store.state, since)?, text),
        (None, Some(Format::Csv)) => total(&Ledger::read(&store.state, since)?, Ledger::csv),
        (Some(By::Hour), Some(Format::Json)) => hourly(&HourlyLedger::read(&store.state, since)?, text),
        (Some(By::Hour), None | Some(Format::Csv)) => {
            hourly(&HourlyLedger::read(&store.state, since)?, HourlyLedger::csv)
        }
        (Some(By::Hour), Some(Format::Table)) => {
            Err(Failure::usage("--format table: with --by hour there are csv and json"))
        }
    }
}

fn total(ledger: &Ledger, write: impl FnOnce(&Ledger) -> String) -> Result<Outcome, Failure> {
    print(&write(ledger))?;
    Ok(Outcome::fine_if(ledger.balances()))
}

fn hourly(ledger: &HourlyLedger, write: impl FnOnce(&HourlyLedger) -> String) -> Result<Outcome, Failure> {
    print(&write(ledger))?;
    Ok(Outcome::fine_if(ledger.balances()))
}

/// Figures and names of flows; they can't fail to be written.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An auditor may have the files only, and no configuration.
fn verify(path: &Path, directory: Option<&Path>, key: Option<&str>, json: bool) -> Result<Outcome, Failure> {
    let reports = match directory {
        Some(directory) => verify::read(directory).map_err(|error| {
            Failure::unreachable(format!("failed to read {}: {error}", directory.display()))
        })?,
        None => daily::all(&sqlite::open_read_only(&config::load(path)?.store)?.state)?,
    };
    let own = || Some(signer(&config::load(path).ok()?)?.public_key().to_owned());
    let key = key.map(str::to_lowercase).or_else(own);
    let verdict = verify::chain(&reports, key.as_deref());
    print(&if json { text(&verdict) } else { spoken(&verdict) })?;
    Ok(Outcome::fine_if(verdict.faults.is_empty()))
}

fn spoken(verdict: &Verdict) -> String {
    let Verdict { reports, first, last, key, faults } = verdict;
    let (Some(first), Some(last), Some(key)) = (first, last, key) else {
        return "there is no report yet".to_owned();
    };
    if !faults.is_empty() {
        return faults.join("\n");
    }
    format!(
        "{reports} reports, {first} to {last}: none is missing, none was changed\nsigned with the key {key}"
    )
}

fn report(path: &Path, day: &str, json: bool) -> Result<Outcome, Failure> {
    let is_day = day.parse::<Date>().is_ok_and(|date| date.to_string() == day);
    if !is_day {
        return Err(Failure::usage(format!("{day:?} is no day; write one like 2026-11-24")));
    }
    let store = sqlite::open_read_only(&config::load(path)?.store)?;
    let Some(found) = daily::find(&store.state, day)? else {
        let told = format!("there is no report of {day}; one is written when the day is over");
        print(&if json { serde_json::json!({ "error": told }).to_string() } else { told })?;
        return Ok(Outcome::Findings);
    };
    print(&found.text)?;
    Ok(Outcome::Fine)
}

fn key(path: &Path, json: bool) -> Result<Outcome, Failure> {
    let missing = "there is no key that may be read here; the first `causeway run` makes one";
    let signer = signer(&config::load(path)?).ok_or_else(|| Failure::unreachable(missing))?;
    let key = signer.public_key();
    print(&if json { serde_json::json!({ "key": key }).to_string() } else { key.to_owned() })?;
    Ok(Outcome::Fine)
}

fn signer(config: &Config) -> Option<Signer> {
    Signer::existing(config.daily.key.as_ref(), &config.store)
}
