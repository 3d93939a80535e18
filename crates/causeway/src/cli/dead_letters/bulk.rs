//! `--all`: many at once, with what it comes to beforehand and progress while it works.

use super::{Change, retry, told_done};
use crate::api::requeue;
use crate::audit;
use crate::bulk::{CHUNK, Estimate, Filter, estimate};
use crate::cli::audit::entry;
use crate::cli::outcome::{Failure, Outcome};
use crate::cli::remote;
use crate::cli::streams::{print, tell};
use crate::clock::Clock;
use crate::config::Config;
use causeway_store::sqlite::{self, Options, Store};
use causeway_store::state::DeadLetter;
use causeway_store::{Error, State};
use serde_json::json;

/// Decides on all that the filter finds; or only tells what that would come to.
pub(super) fn decide(
    config: &Config,
    filter: &Filter,
    (change, dry_run): (Change<'_>, bool),
    json: bool,
) -> Result<Outcome, Failure> {
    if dry_run {
        let letters = filter.find(&sqlite::open_read_only(&config.store)?.state)?;
        return would(change, &letters, json);
    }
    let count = match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => in_store(&store, filter, change)?,
        Err(Error::Locked { .. }) => in_bridge(config, filter, change)?,
        Err(error) => return Err(error.into()),
    };
    told_done(change.done(), count, json)
}

/// The dead letters of these ids.
pub(super) fn named(config: &Config, ids: &[String]) -> Result<Vec<DeadLetter>, Failure> {
    let state = sqlite::open_read_only(&config.store)?.state;
    let found = |id: &String| {
        state.dead_letter(id)?.ok_or_else(|| Failure::usage(format!("there is no dead letter {id:?}")))
    };
    ids.iter().map(found).collect()
}

/// Tells what it would come to.
pub(super) fn would(change: Change<'_>, letters: &[DeadLetter], json: bool) -> Result<Outcome, Failure> {
    let Estimate { letters, messages, calls, bytes } = estimate(letters);
    let told = match (change, json) {
        (Change::Retry(_), true) => {
            json!({"would_retry": letters, "messages": messages, "calls": calls, "bytes": bytes}).to_string()
        }
        (Change::Retry(_), false) => {
            format!("{letters} would be retried: {messages} messages in {calls} calls or more, {bytes} bytes")
        }
        (Change::Discard(_), true) => json!({ "would_discard": letters }).to_string(),
        (Change::Discard(_), false) => format!("{letters} would be discarded"),
    };
    print(&told)?;
    Ok(Outcome::Fine)
}

fn in_bridge(config: &Config, filter: &Filter, change: Change<'_>) -> Result<usize, Failure> {
    let mut body = json!(filter);
    if let Change::Discard(note) = change {
        body["note"] = note.into();
    }
    let path = format!("/api/dead-letters/{}", change.verb());
    let last = remote::lines(config, &path, &body, |line| {
        if let (Some(done), Some(of)) = (line["done"].as_u64(), line["of"].as_u64()) {
            progress(done, of);
        }
    })?;
    let count = last[change.done()].as_u64();
    let broken =
        || Failure::unreachable("the running bridge did not say that it came to the end; do it again");
    count.map(|count| count as usize).ok_or_else(broken)
}

fn progress(done: u64, of: u64) {
    if of > CHUNK as u64 {
        tell(&format!("causeway: {done} of {of}"));
    }
}

fn in_store(store: &Store, filter: &Filter, change: Change<'_>) -> Result<usize, Failure> {
    let letters = filter.find(&store.state)?;
    let count = letters.len();
    for (place, letter) in letters.into_iter().enumerate() {
        let follows = match change {
            Change::Discard(note) => requeue::discard(&letter, note),
            Change::Retry(_) => retry(store, letter, "retried by an operator, with others")?,
        };
        store.state.commit(&follows)?;
        if place % CHUNK == 0 {
            progress(place as u64, count as u64);
        }
    }
    let action = format!("dead-letters {}", change.verb());
    let entry =
        entry(&action, &filter.noted(), Some(format!("{count} dead")), Some(change.done().to_owned()));
    let note = audit::note(&entry, Clock::system().now());
    store.state.commit(&causeway_store::Change { notes: vec![note], ..Default::default() })?;
    Ok(count)
}
