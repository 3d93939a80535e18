//! `causeway alerts …`
//!
//! Listing reads the store. A test is sent from here, by the configuration as it is now, so that it can be tried before the
//! bridge is restarted. Acknowledging goes through the running bridge.

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::remote;
use super::run::runtime;
use super::streams::print;
use crate::alerts::book::{Alert, Past};
use crate::alerts::kept::Kept;
use crate::alerts::{Alerts, Receivers};
use crate::api::alerts::{NOBODY, results, shown, state};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::moment;
use causeway_store::sqlite;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(path: &Path, command: &arguments::Alerts, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    match command {
        arguments::Alerts::List => list(&config, json),
        arguments::Alerts::Test { name } => test(&config, name.as_deref(), json),
        arguments::Alerts::Acknowledge { key, by } => acknowledge(&config, key, by, json),
    }
}

fn list(config: &Config, json: bool) -> Result<Outcome, Failure> {
    let book = Kept::read(&sqlite::open_read_only(&config.store)?.state)?.book;
    if json {
        print(&Value::Object(shown(&book)).to_string())?;
        return Ok(Outcome::fine_if(book.open.is_empty()));
    }
    book.open.values().try_for_each(|alert| print(&line(alert)))?;
    if book.open.is_empty() {
        print("nothing is wrong")?;
    }
    book.recent.iter().rev().try_for_each(|past| print(&past_line(past)))?;
    Ok(Outcome::fine_if(book.open.is_empty()))
}

fn line(alert: &Alert) -> String {
    let finding = &alert.finding;
    let seen_to = alert.acknowledged.as_ref().map(|by| format!(" ({by} sees to it)")).unwrap_or_default();
    format!(
        "{}  {}  since {}  {}{seen_to}\n  {}\n  {}",
        finding.severity.word(),
        state(alert),
        moment::print(alert.since),
        finding.title,
        finding.text,
        finding.key,
    )
}

fn past_line(past: &Past) -> String {
    let (since, until) = (moment::print(past.since), moment::print(past.until));
    format!("over  {since} to {until}  {}  {}", past.finding.title, past.finding.key)
}

fn test(config: &Config, name: Option<&str>, json: bool) -> Result<Outcome, Failure> {
    let own = &config.alerts;
    let receivers = Arc::new(Receivers::new(&own.targets, own.letterhead.clone())?);
    let ids = receivers.named(name);
    match name {
        Some(name) if ids.is_empty() => return Err(Failure::usage(format!("there is no receiver {name:?}"))),
        None if ids.is_empty() => return Err(Failure::usage(NOBODY)),
        _ => {}
    }
    let sent = runtime()?.block_on(Alerts::test(&receivers, ids, Clock::system().now()));
    if json {
        print(&results(&sent).to_string())?;
    } else {
        for (receiver, result) in &sent {
            match result {
                Ok(()) => print(&format!("{receiver}: sent"))?,
                Err(failure) => print(&format!("{receiver}: NOT SENT: {failure}"))?,
            }
        }
    }
    Ok(Outcome::fine_if(sent.values().all(Result::is_ok)))
}

fn acknowledge(config: &Config, key: &str, by: &str, json: bool) -> Result<Outcome, Failure> {
    let answer = remote::post(config, "/api/alerts/acknowledge", &json!({"key": key, "by": by}))?;
    print(&if json { answer.to_string() } else { format!("{key}: {by} sees to it") })?;
    Ok(Outcome::Fine)
}
