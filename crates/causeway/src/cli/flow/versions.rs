//! `causeway flow history` and `causeway flow rollback`: what was, and going back to it.
//!
//! A change goes through the running bridge if there is one, since it owns the store and runs the flows; else the store
//! is opened for it.

use super::{catalogue, find, stored};
use crate::audit::{self, digest};
use crate::cli::audit::{entry, user};
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::remote;
use crate::cli::streams::print;
use crate::clock::Clock;
use crate::config::Config;
use crate::flows::{self, Catalogue, Desk, Past, Shelf, Target};
use crate::moment;
use causeway_store::sqlite::{self, Options};
use causeway_store::state::Change;
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
    here: impl FnOnce(&Desk, &dyn State) -> Result<T, Failure>,
    there: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => {
            let state: Arc<dyn State> = Arc::new(store.state);
            here(&desk(config, Some(Arc::clone(&state)))?, &*state)
        }
        Err(Error::Locked { .. }) => there(),
        Err(error) => Err(error.into()),
    }
}

/// The hash of a flow's text as it is now.
fn text_hash(desk: &Desk, name: &str) -> Option<String> {
    desk.current().find(name).map(|known| digest(known.document.text()))
}

/// Does something to flows in the store, and notes for each of them who did it.
pub(super) fn noted<T>(
    desk: &Desk,
    state: &dyn State,
    (action, names): (&str, &[&str]),
    act: impl FnOnce() -> Result<T, flows::Problem>,
) -> Result<T, Failure> {
    let before: Vec<_> = names.iter().map(|name| text_hash(desk, name)).collect();
    let done = act()?;
    let now = Clock::system().now();
    let note = |(name, before)| audit::note(&entry(action, name, before, text_hash(desk, name)), now);
    let notes = names.iter().copied().zip(before).map(note).collect();
    state.commit(&Change { notes, ..Change::default() })?;
    Ok(done)
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
    // To open a store for a change makes one where there is none, and without one nothing was changed.
    sqlite::open_read_only(&config.store)?;
    let here = |desk: &Desk, state: &dyn State| {
        let roll_back = || desk.roll_back(name, target, &user(), Clock::system().now());
        let past = noted(desk, state, ("flow rollback", &[name]), roll_back)?;
        Ok(json!({"version": past.version, "as_configured": past.as_configured}))
    };
    let there = || {
        let version = match target {
            Target::Version(number) => json!(number),
            Target::Configured => json!("configured"),
        };
        let body = json!({"version": version, "author": user()});
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
