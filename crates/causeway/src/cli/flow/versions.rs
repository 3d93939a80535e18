//! `causeway flow history` and `causeway flow rollback`: what was, and going back to it.
//!
//! A change goes through the running bridge if there is one, since it owns the store and runs the flows; else the store
//! is opened for it.

use super::{catalogue, find, stored};
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::remote;
use crate::cli::streams::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::flows::{self, Catalogue, Desk, Past, Shelf, Target};
use crate::moment;
use causeway_store::sqlite::{self, Options};
use causeway_store::{Error, State};
use serde_json::{Value, json};
use std::sync::Arc;

/// A desk for one command: nothing runs here, so there is nothing to tell.
pub(super) fn desk(config: &Config, shelf: Shelf) -> Result<Desk, Failure> {
    let configured = config.configured.known().to_vec();
    let current = match shelf.as_ref().map(|state| Catalogue::load(&configured, &**state)) {
        Some(Ok(current)) => current,
        // A stored flow that can't run is what an import or a rollback is there to mend.
        None | Some(Err(flows::Problem::Faults(_))) => config.configured.clone(),
        Some(Err(problem)) => return Err(problem.into()),
    };
    Ok(Desk::new(configured, config.reach(), shelf, current, Box::new(|_| {})))
}

/// Changes flows in the store, or in the bridge that holds it.
pub(super) fn here_or_there<T>(
    config: &Config,
    here: impl FnOnce(&Desk) -> Result<T, Failure>,
    there: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => here(&desk(config, Some(Arc::new(store.state)))?),
        Err(Error::Locked { .. }) => there(),
        Err(error) => Err(error.into()),
    }
}

/// Who is noted as a version's author.
pub(super) fn author() -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "command line".to_owned())
}

pub(super) fn history(config: &Config, name: &str, json: bool) -> Result<Outcome, Failure> {
    let store = stored(config)?;
    let state = store.as_ref().map(|store| &store.state as &dyn State);
    let past = flows::history(config.configured.known(), state, name)?;
    if past.is_empty() {
        let known = catalogue(config)?;
        let origin = &find(&known, name)?.origin;
        if !json {
            print(&format!("{name} runs as its {origin} says; it was never changed"))?;
        }
    }
    past.iter().try_for_each(|past| print(&if json { json!(past).to_string() } else { line(past) }))?;
    Ok(Outcome::Fine)
}

fn line(past: &Past) -> String {
    let active = if past.active { "  (active)" } else { "" };
    let configured = if past.as_configured { "  as configured" } else { "" };
    let head = format!("version {}  {}  {}", past.version, moment::print(past.at), past.author);
    let differences = past.differences.iter().map(|difference| format!("\n  {difference}"));
    format!("{head}{active}{configured}{}", differences.collect::<String>())
}

pub(super) fn roll_back(config: &Config, name: &str, version: &str, json: bool) -> Result<Outcome, Failure> {
    let target = target(version)?;
    let here = |desk: &Desk| {
        let past = desk.roll_back(name, target, &author(), Clock::system().now())?;
        Ok(json!({"version": past.version, "as_configured": past.as_configured}))
    };
    let there = || {
        let version = match target {
            Target::Version(number) => json!(number),
            Target::Configured => json!("configured"),
        };
        let body = json!({"version": version, "author": author()});
        remote::post(config, &format!("/api/flows/{name}/rollback"), &body)
    };
    let done: Value = here_or_there(config, here, there)?;
    print(&if json { done.to_string() } else { format!("{name} is at version {}", done["version"]) })?;
    Ok(Outcome::Fine)
}

fn target(version: &str) -> Result<Target, Failure> {
    match version.parse() {
        Ok(number) => Ok(Target::Version(number)),
        Err(_) if version == "configured" => Ok(Target::Configured),
        Err(_) => Err(Failure::usage(format!(
            "{version:?} is neither a version's number nor `configured`; `causeway flow history` lists them"
        ))),
    }
}
