//! `causeway person`
//!
//! Reading goes to the store. A repair goes through the running bridge if there is one, since it owns the store; else its
//! records enter the journal here, and the bridge finds them at its next start.

mod shown;

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::remote;
use super::streams::print;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::moment;
use crate::people::{Answer, People};
use causeway_algolia::insights::Rules;
use causeway_store::sqlite::{self, Options};
use causeway_store::{Error, Journal, State};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Person, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    match arguments {
        arguments::Person { id, repair: false, .. } => show(&config, id, json),
        arguments::Person { id, .. } if !is_known(&config, id)? => unknown(id, json),
        arguments::Person { id, dry_run: true, .. } => plan(&config, id, json),
        arguments::Person { id, .. } => repair(&config, id, json),
    }
}

fn people<'s>(
    config: &'s Config,
    rules: &'s Rules,
    (journal, state): (&'s dyn Journal, &'s dyn State),
) -> People<'s> {
    People { journal, state, rules, search: &config.search_rules, token_secret: config.token_secret() }
}

fn show(config: &Config, id: &str, json: bool) -> Result<Outcome, Failure> {
    let store = sqlite::open_read_only(&config.store)?;
    let rules = config.rules();
    let known = people(config, &rules, (&store.journal, &store.state)).describe(id, Clock::system().now())?;
    match &known {
        Some(known) if json => print(&serde_json::to_string(known).map_err(Failure::usage)?)?,
        Some(known) => shown::lines(known).iter().try_for_each(|line| print(line))?,
        None => return unknown(id, json),
    }
    Ok(Outcome::Fine)
}

fn is_known(config: &Config, id: &str) -> Result<bool, Failure> {
    let store = sqlite::open_read_only(&config.store)?;
    let rules = config.rules();
    let known = people(config, &rules, (&store.journal, &store.state)).describe(id, Clock::system().now())?;
    Ok(known.is_some())
}

fn unknown(id: &str, json: bool) -> Result<Outcome, Failure> {
    let told = format!("nothing is known of {id:?}");
    print(&if json { json!({ "error": told }).to_string() } else { told })?;
    Ok(Outcome::Findings)
}

fn plan(config: &Config, id: &str, json: bool) -> Result<Outcome, Failure> {
    let store = sqlite::open_read_only(&config.store)?;
    let rules = config.rules();
    let plan = people(config, &rules, (&store.journal, &store.state)).plan(id, Clock::system().now())?;
    let nothing = plan.events.is_empty();
    tell(&json!(Answer::planned(plan.events)), json)?;
    Ok(Outcome::fine_if(nothing))
}

fn repair(config: &Config, id: &str, json: bool) -> Result<Outcome, Failure> {
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => {
            let rules = config.rules();
            let plan =
                people(config, &rules, (&store.journal, &store.state)).plan(id, Clock::system().now())?;
            if !plan.records.is_empty() {
                store.journal.append(&plan.records)?;
            }
            tell(&json!(Answer::done(plan.events)), json)?;
        }
        Err(Error::Locked { .. }) => {
            let id = utf8_percent_encode(id, NON_ALPHANUMERIC);
            tell(&remote::post(config, &format!("/api/persons/{id}/repair"), &json!({}))?, json)?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Outcome::Fine)
}

/// Prints an [`Answer`], the bridge's or our own.
fn tell(answer: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return print(&answer.to_string());
    }
    let events = answer["events"].as_array().map_or(&[][..], Vec::as_slice);
    if events.is_empty() {
        return print("nothing to repair: every event was told of as the person's that it is today");
    }
    for event in events {
        print(&misattributed(event))?;
    }
    if answer["dry_run"] == true {
        print(&format!("{} to repair; without --dry-run they go to Segment again", events.len()))?;
    } else {
        print(&format!("{} go to Segment again, under ids of their own", answer["resent"]))?;
    }
    print(answer["algolia"].as_str().unwrap_or_default())
}

fn misattributed(event: &Value) -> String {
    let text = |key: &str| event[key].as_str().unwrap_or("nobody").to_owned();
    let time = moment::print(event["time"].as_i64().unwrap_or_default());
    let (id, name) = (text("event"), text("name"));
    format!("{time}  {id}  {name}\n    was {}, now {}", text("was"), text("now"))
}
