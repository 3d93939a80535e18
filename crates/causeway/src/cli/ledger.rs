//! `causeway ledger`

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::clock::Clock;
use crate::inspect::Ledger;
use crate::{config, moment};
use causeway_store::sqlite;
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Ledger, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let since = arguments.since.as_deref().map(|text| moment::parse(text, Clock::system().now())).transpose();
    let since = since.map_err(|message| Failure::usage(format!("--since: {message}")))?;
    let store = sqlite::open_read_only(&config.store)?;
    let ledger = Ledger::read(&store.state, since)?;
    print(&if json { serde_json::to_string(&ledger).map_err(Failure::usage)? } else { ledger.table() })?;
    Ok(Outcome::fine_if(ledger.balances()))
}
