//! `causeway zero-results`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::clock::Clock;
use crate::config;
use crate::demand::listing::{self, Wanted};
use causeway_engine::searches::demand::{BadDemandId, DemandId};
use causeway_store::{State, sqlite};
use serde_json::json;
use std::path::Path;

pub(super) fn run(path: &Path, asked: &arguments::ZeroResults, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let oldest = Clock::system().now() - config.searches.demand.expire_ms;
    let open = || sqlite::open_read_only(&config.store);
    if let Some(id) = &asked.id {
        let wanted: DemandId = id.parse().map_err(|error: BadDemandId| Failure::usage(error))?;
        return show(&open()?.state, (id, wanted), oldest, json);
    }
    let page = Wanted::page(Some(asked.limit), Some(asked.offset));
    let page = page.map_err(|message| Failure::usage(format!("--{message}")))?;
    let wanted = Wanted { index: asked.index.clone(), has_results: asked.has_results, ..page };
    list(&open()?.state, &wanted, oldest, json)
}

fn list(state: &dyn State, wanted: &Wanted, oldest: i64, json: bool) -> Result<Outcome, Failure> {
    let listing = listing::list(state, wanted, oldest)?;
    if json {
        for failed in &listing.zero_results {
            print(&serde_json::to_string(failed).map_err(Failure::usage)?)?;
        }
    } else if listing.total == 0 {
        print("no query without results")?;
    } else {
        print(&listing.table())?;
        let shown = listing.zero_results.len();
        print(&format!("{shown} of {}, the most wanted first", listing.total))?;
    }
    Ok(Outcome::Fine)
}

fn show(
    state: &dyn State,
    (text, id): (&str, DemandId),
    oldest: i64,
    json: bool,
) -> Result<Outcome, Failure> {
    let Some(detail) = listing::show(state, id, oldest)? else {
        let told = format!("there is no failed query {text:?}");
        print(&if json { json!({ "error": told }).to_string() } else { told })?;
        return Ok(Outcome::Findings);
    };
    print(&if json { serde_json::to_string(&detail).map_err(Failure::usage)? } else { detail.table() })?;
    Ok(Outcome::Fine)
}
