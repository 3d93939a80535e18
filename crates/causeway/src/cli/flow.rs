//! `causeway flow …`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::{each_line, print};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::moment;
use causeway_engine::flow::{Definition, Flow};
use causeway_engine::trial;
use serde_json::json;
use std::path::Path;

pub(super) fn run(path: &Path, command: &arguments::Flow, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    match command {
        arguments::Flow::List => list(&config, json),
        arguments::Flow::Show { name } => show(definition(&config, name)?, json),
        arguments::Flow::Test { name, now } => test(&config, name, now.as_deref()),
    }
}

fn list(config: &Config, json: bool) -> Result<Outcome, Failure> {
    for flow in &config.definitions {
        let line = if json {
            json!({"name": flow.name, "description": flow.description, "enabled": flow.enabled, "source": flow.source, "destination": flow.destination}).to_string()
        } else {
            format!(
                "{}  {} -> {}{}  {}",
                flow.name,
                flow.source,
                flow.destination,
                if flow.enabled { "" } else { "  (off)" },
                flow.description
            )
        };
        print(&line)?;
    }
    if config.definitions.is_empty() && !json {
        print("no flow is on; write `search-events = true` under [recipes]")?;
    }
    Ok(Outcome::Fine)
}

fn show(definition: &Definition, json: bool) -> Result<Outcome, Failure> {
    let text =
        if json { serde_json::to_string(definition).map_err(Failure::usage)? } else { definition.to_toml() };
    print(text.trim_end())?;
    Ok(Outcome::Fine)
}

fn test(config: &Config, name: &str, now: Option<&str>) -> Result<Outcome, Failure> {
    definition(config, name)?;
    let clock = Clock::system().now();
    let now = now.map(|text| moment::parse(text, clock)).transpose();
    let now = now.map_err(|message| Failure::usage(format!("--now: {message}")))?.unwrap_or(clock);
    let flow = config.flows.iter().find(|flow| flow.name() == name);
    let flow: &Flow =
        flow.ok_or_else(|| Failure::usage(format!("flow {name:?} is switched off (enabled = false)")))?;
    let rules = config.rules();
    each_line(|line| trial::run(flow, line, &rules, now))?;
    Ok(Outcome::Fine)
}

fn definition<'c>(config: &'c Config, name: &str) -> Result<&'c Definition, Failure> {
    let names = config.definitions.iter().map(|definition| definition.name.as_str());
    let found = config.definitions.iter().find(|definition| definition.name == name);
    found.ok_or_else(|| {
        let hint = config::source::closest(name, names).map(|right| format!("; did you mean {right:?}?"));
        Failure::usage(format!(
            "there is no flow {name:?}{}",
            hint.unwrap_or_else(|| "; `causeway flow list` shows all".to_owned())
        ))
    })
}
