//! `causeway audit`, and what other commands note when they change the store themselves.

use super::arguments;
use super::outcome::{Failure, Outcome};
use super::streams::print;
use crate::audit::{self, Entry, Who};
use crate::clock::Clock;
use crate::{config, moment};
use causeway_store::sqlite;
use std::path::Path;

pub(super) fn run(path: &Path, arguments: &arguments::Audit, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    let since = arguments.since.as_deref().map(|text| moment::parse(text, Clock::system().now())).transpose();
    let since = since.map_err(|message| Failure::usage(format!("--since: {message}")))?.unwrap_or(i64::MIN);
    let entries =
        audit::read(&sqlite::open_read_only(&config.store)?.state, since, arguments.limit as usize)?;
    for entry in &entries {
        print(&if json { serde_json::to_string(entry).map_err(Failure::usage)? } else { entry.to_string() })?;
    }
    if entries.is_empty() && !json {
        print("nothing was changed")?;
    }
    Ok(Outcome::Fine)
}

/// Who runs this command, as the system says.
pub(super) fn user() -> String {
    let name = ["USER", "LOGNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "command line".to_owned())
}

/// The entry of a change that a command makes without a bridge.
pub(super) fn entry(action: &str, target: &str, before: Option<String>, after: Option<String>) -> Entry {
    Entry {
        who: Who::new("command line", Some(&user())),
        action: action.to_owned(),
        target: target.to_owned(),
        before,
        after,
        summary: None,
    }
}
