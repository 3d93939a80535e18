//! `causeway dead-letters patterns`: what refusals have taught.

use crate::cli::outcome::{Failure, Outcome};
use crate::cli::remote;
use crate::cli::streams::print;
use crate::config::Config;
use crate::delivery::refused::{self, Pattern};
use crate::moment;
use causeway_store::sqlite::{self, Options};
use causeway_store::{Change, Error, State};
use http::Method;
use serde_json::json;

pub(super) fn run(config: &Config, forget: Option<&str>, json: bool) -> Result<Outcome, Failure> {
    if let Some(id) = forget {
        return drop_one(config, id, json);
    }
    let patterns = refused::stored(&sqlite::open_read_only(&config.store)?.state)?;
    patterns
        .iter()
        .try_for_each(|pattern| print(&if json { json!(pattern).to_string() } else { told(pattern) }))?;
    if patterns.is_empty() && !json {
        print("nothing was learned; no vendor has refused an event alone lately")?;
    }
    Ok(Outcome::Fine)
}

fn told(pattern: &Pattern) -> String {
    let Pattern { id, flow, destination, words, features, refused, taken, last, .. } = pattern;
    let features = features.iter().map(|feature| format!("\n  {}: {}", feature.place, feature.kind));
    format!(
        "{id}  {flow} to {destination}: {refused} refused, {taken} taken after all, last {}\n  {words}{}",
        moment::print(*last),
        features.collect::<String>()
    )
}

fn drop_one(config: &Config, id: &str, json: bool) -> Result<Outcome, Failure> {
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => {
            let known = refused::stored(&store.state)?.into_iter().find(|pattern| pattern.id == id);
            let known = known.ok_or_else(|| Failure::usage(format!("there is no pattern {id:?}")))?;
            let facts = vec![(refused::key(&known.destination, id), None)];
            store.state.commit(&Change { facts, ..Change::default() })?;
        }
        Err(Error::Locked { .. }) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            let path = format!("/api/dead-letters/patterns/{id}");
            remote::send(config, Method::DELETE, &path, &json!({}))?;
        }
        Err(Error::Locked { .. }) => return Err(Failure::usage(format!("there is no pattern {id:?}"))),
        Err(error) => return Err(error.into()),
    }
    print(&if json { json!({ "forgotten": id }).to_string() } else { format!("{id} is forgotten") })?;
    Ok(Outcome::Fine)
}
