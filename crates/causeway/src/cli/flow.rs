//! `causeway flow …`

mod exchange;
mod learn;
mod versions;

pub(super) use learn::read_plan;

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::{each_line, print};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::flows::{self, Catalogue, Known, Origin};
use crate::moment;
use causeway_engine::flow::{Document, Flow};
use causeway_engine::recipes::SYNCS;
use causeway_engine::trial;
use causeway_store::sqlite::{self, Store};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(path: &Path, command: &arguments::Flow, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    match command {
        arguments::Flow::List => list(&catalogue(&config)?, json),
        arguments::Flow::Show { name } => show(&document(&config, name)?, json),
        arguments::Flow::Test { name, now } => test(&config, name, now.as_deref()),
        arguments::Flow::Export { names, to } => exchange::export(&catalogue(&config)?, names, to, json),
        arguments::Flow::Import { files, dry_run, yes } => {
            exchange::import(&config, files, exchange::Mode { dry_run: *dry_run, yes: *yes }, json)
        }
        arguments::Flow::Lint { name, events } => learn::lint(&config, name, events, json),
        arguments::Flow::Suggest { plan, event, events } => {
            learn::suggest(&config, plan, event.as_deref(), events)
        }
        arguments::Flow::History { name } => versions::history(&config, name, json),
        arguments::Flow::Rollback { name, to } => versions::roll_back(&config, name, to, json),
    }
}

/// The store, if there is one yet.
fn stored(config: &Config) -> Result<Option<Store>, Failure> {
    match sqlite::open_read_only(&config.store) {
        Ok(store) => Ok(Some(store)),
        Err(_) if !config.store.join("state.db").exists() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All flows, with what the store says of them.
pub(super) fn catalogue(config: &Config) -> Result<Catalogue, Failure> {
    match stored(config)? {
        Some(store) => Ok(Catalogue::load(config.configured.known(), &store.state)?),
        None => Ok(config.configured.clone()),
    }
}

fn list(catalogue: &Catalogue, json: bool) -> Result<Outcome, Failure> {
    for known in catalogue.known() {
        print(&if json { described(known).to_string() } else { line(known) })?;
    }
    if catalogue.known().is_empty() && !json {
        print("no flow is on; write `search-events = true` under [recipes]")?;
    }
    Ok(Outcome::Fine)
}

fn described(known: &Known) -> serde_json::Value {
    let flow = known.document.definition();
    let mut line = json!({
        "name": flow.name,
        "description": flow.description,
        "enabled": flow.enabled,
        "source": flow.source,
        "destination": flow.destination,
    });
    match &known.origin {
        Origin::Recipe => line["origin"] = "recipe".into(),
        Origin::File(path) => {
            line["origin"] = "file".into();
            line["file"] = path.display().to_string().into();
        }
        Origin::Version(number) => {
            line["origin"] = "version".into();
            line["version"] = (*number).into();
        }
    }
    line
}

fn line(known: &Known) -> String {
    let flow = known.document.definition();
    let off = if flow.enabled { "" } else { "  (off)" };
    let Known { origin, .. } = known;
    format!("{}  {} -> {}  {origin}{off}  {}", flow.name, flow.source, flow.destination, flow.description)
}

fn show(document: &Document, json: bool) -> Result<Outcome, Failure> {
    let text = if json {
        serde_json::to_string(document.definition()).map_err(Failure::usage)?
    } else {
        document.text().to_owned()
    };
    print(text.trim_end())?;
    Ok(Outcome::Fine)
}

fn test(config: &Config, name: &str, now: Option<&str>) -> Result<Outcome, Failure> {
    let flow = compiled(config, name)?;
    let conditions = config.conditions(now_or(now)?);
    each_line(|line| trial::run(&flow, line, &conditions))?;
    Ok(Outcome::Fine)
}

/// The instant that `--now` names, or now.
pub(super) fn now_or(given: Option<&str>) -> Result<i64, Failure> {
    let clock = Clock::system().now();
    let now = given.map(|text| moment::parse(text, clock)).transpose();
    Ok(now.map_err(|message| Failure::usage(format!("--now: {message}")))?.unwrap_or(clock))
}

/// The flow of this name as it runs, or the one in this file.
pub(super) fn compiled(config: &Config, name: &str) -> Result<Arc<Flow>, Failure> {
    if is_file(name) {
        let document = flows::read_file(Path::new(name))?;
        let flow = Flow::compile(document.definition(), &|_| Err("it was not read".to_owned()));
        return Ok(Arc::new(flow.map_err(flows::Problem::from)?));
    }
    let catalogue = catalogue(config)?;
    find(&catalogue, name)?;
    let flow = catalogue.flow(name).cloned();
    flow.ok_or_else(|| Failure::usage(format!("flow {name:?} is switched off (enabled = false)")))
}

/// The flow of this name, on or off, or the one in this file.
pub(super) fn document(config: &Config, name: &str) -> Result<Document, Failure> {
    if is_file(name) {
        return Ok(flows::read_file(Path::new(name))?);
    }
    Ok(find(&catalogue(config)?, name)?.document.clone())
}

/// No flow's name holds a dot or a slash.
fn is_file(name: &str) -> bool {
    name.contains(['.', '/'])
}

fn find<'c>(catalogue: &'c Catalogue, name: &str) -> Result<&'c Known, Failure> {
    catalogue.find(name).ok_or_else(|| {
        if SYNCS.contains(&name) {
            return Failure::usage(format!(
                "{name} is a recipe but no flow: it keeps records of people; see the handbook's chapter on people"
            ));
        }
        let hint = config::source::closest(name, catalogue.known().iter().map(Known::name))
            .map(|right| format!("; did you mean {right:?}?"));
        Failure::usage(format!(
            "there is no flow {name:?}{}",
            hint.unwrap_or_else(|| "; `causeway flow list` shows all".to_owned())
        ))
    })
}
