//! `causeway dead-letters …`
//!
//! Reading goes to the store. Changing goes through the running bridge if there is one, since it owns the store; else
//! the store is opened for it, and the bridge finds the change at its next start.

use super::arguments::DeadLetters;
use super::audit::entry;
use super::outcome::{Failure, Outcome};
use super::remote;
use super::streams::print;
use crate::api::requeue::{self, Plan};
use crate::audit;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::problems::{self, Problem};
use crate::{moment, pipeline::worker};
use causeway_store::sqlite::{self, Options, Store};
use causeway_store::state::{DeadLetter, DeadLetterQuery, DeadLetterStatus};
use causeway_store::{Error, Journal, State};
use serde_json::json;
use std::path::Path;

/// `retry --all` takes at most so many at once.
const ALL: u32 = 100_000;

pub(super) fn run(path: &Path, command: &DeadLetters, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    match command {
        DeadLetters::List { flow, error, status, limit } => {
            let status = requeue::status(status).map_err(|message| Failure::usage(format!("--{message}")))?;
            let query = DeadLetterQuery {
                flow: flow.clone(),
                reason: error.clone(),
                status,
                limit: *limit,
                ..DeadLetterQuery::default()
            };
            list(&config, &query, json)
        }
        DeadLetters::Show { id } => show(&config, id, json),
        DeadLetters::Problems => problems(&config, json),
        DeadLetters::Retry { ids, all, flow, error, problem, dry_run } => {
            let wanted = [flow, error, problem].map(Option::as_ref);
            let ids = if *all { fitting(&config, wanted)? } else { ids.clone() };
            if ids.is_empty() && !all {
                return Err(Failure::usage("name the dead letters to retry, or say --all"));
            }
            if *dry_run { would_retry(ids.len(), json) } else { change(&config, &ids, Change::Retry, json) }
        }
        DeadLetters::Discard { ids, note } => change(&config, ids, Change::Discard(note), json),
    }
}

fn list(config: &Config, query: &DeadLetterQuery, json: bool) -> Result<Outcome, Failure> {
    let letters = sqlite::open_read_only(&config.store)?.state.dead_letters(query)?;
    for letter in &letters {
        let line = if json {
            requeue::shown(letter).to_string()
        } else {
            format!(
                "{}  {}  {}  {}  {}",
                letter.id,
                moment::print(letter.died_at),
                letter.flow,
                letter.cause,
                letter.reason
            )
        };
        print(&line)?;
    }
    if letters.is_empty() && !json {
        print("no dead letters")?;
    }
    Ok(Outcome::Fine)
}

fn show(config: &Config, id: &str, json: bool) -> Result<Outcome, Failure> {
    match sqlite::open_read_only(&config.store)?.state.dead_letter(id)? {
        Some(letter) => {
            print(&serde_json::to_string_pretty(&requeue::shown(&letter)).map_err(Failure::usage)?)?;
            Ok(Outcome::Fine)
        }
        None => unknown(id, json),
    }
}

fn unknown(id: &str, json: bool) -> Result<Outcome, Failure> {
    let told = format!("there is no dead letter {id:?}");
    print(&if json { json!({ "error": told }).to_string() } else { told })?;
    Ok(Outcome::Findings)
}

fn would_retry(count: usize, json: bool) -> Result<Outcome, Failure> {
    print(&if json {
        json!({ "would_retry": count }).to_string()
    } else {
        format!("{count} would be retried")
    })?;
    Ok(Outcome::Fine)
}

fn problems(config: &Config, json: bool) -> Result<Outcome, Failure> {
    let problems = problems::read(&sqlite::open_read_only(&config.store)?.state)?;
    for problem in &problems {
        print(&if json { serde_json::to_string(problem).map_err(Failure::usage)? } else { told(problem) })?;
    }
    if problems.is_empty() && !json {
        print("no dead letters")?;
    }
    Ok(Outcome::fine_if(problems.is_empty()))
}

fn told(problem: &Problem) -> String {
    let Problem { id, flow, destination, cause, reason, count, first, last, example, advice, .. } = problem;
    let (first, last) = (moment::print(*first), moment::print(*last));
    format!(
        "{id}  {count} of {flow} to {destination}, {cause}, {first} to {last}\n  {reason}\n  {advice}\n  \
         for example: causeway dead-letters show {example}"
    )
}

fn fitting(config: &Config, [flow, error, problem]: [Option<&String>; 3]) -> Result<Vec<String>, Failure> {
    let query = DeadLetterQuery {
        flow: flow.cloned(),
        reason: error.cloned(),
        status: Some(DeadLetterStatus::Dead),
        limit: ALL,
        ..DeadLetterQuery::default()
    };
    let letters = sqlite::open_read_only(&config.store)?.state.dead_letters(&query)?;
    let of_problem = |letter: &DeadLetter| {
        let DeadLetter { flow, destination, cause, reason, .. } = letter;
        problem.is_none_or(|problem| *problem == problems::id_of(flow, destination, cause, reason))
    };
    Ok(letters.into_iter().filter(of_problem).map(|letter| letter.id).collect())
}

#[derive(Clone, Copy)]
enum Change<'a> {
    Retry,
    Discard(&'a str),
}

fn change(config: &Config, ids: &[String], change: Change<'_>, json: bool) -> Result<Outcome, Failure> {
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => ids.iter().try_for_each(|id| in_store(&store, id, change))?,
        Err(Error::Locked { .. }) => ids.iter().try_for_each(|id| in_bridge(config, id, change))?,
        Err(error) => return Err(error.into()),
    }
    let done = match change {
        Change::Retry => "retried",
        Change::Discard(_) => "discarded",
    };
    print(&if json { json!({ done: ids.len() }).to_string() } else { format!("{} {done}", ids.len()) })?;
    Ok(Outcome::Fine)
}

fn in_bridge(config: &Config, id: &str, change: Change<'_>) -> Result<(), Failure> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        // such an id is none, and must not become another path
        return Err(Failure::usage(format!("there is no dead letter {id:?}")));
    }
    let (verb, body) = match change {
        Change::Retry => ("retry", json!({})),
        Change::Discard(note) => ("discard", json!({ "note": note })),
    };
    remote::post(config, &format!("/api/dead-letters/{id}/{verb}"), &body).map(drop)
}

fn in_store(store: &Store, id: &str, change: Change<'_>) -> Result<(), Failure> {
    let letter = store.state.dead_letter(id)?;
    let letter = letter.filter(|letter| letter.status == DeadLetterStatus::Dead);
    let letter = letter
        .ok_or_else(|| Failure::usage(format!("there is no dead letter {id:?} that waits for a decision")))?;
    let what_follows = match change {
        Change::Discard(note) => requeue::discard(&letter, note),
        Change::Retry => retry(store, letter)?,
    };
    let (action, after) = match change {
        Change::Discard(_) => ("dead-letters discard", "discarded"),
        Change::Retry => ("dead-letters retry", "retried"),
    };
    let entry = entry(action, id, Some("dead".to_owned()), Some(after.to_owned()));
    let note = audit::note(&entry, Clock::system().now());
    Ok(store.state.commit(&causeway_store::Change { notes: vec![note], ..what_follows })?)
}

fn retry(store: &Store, letter: DeadLetter) -> Result<causeway_store::Change, Failure> {
    let (note, now) = ("retried by an operator", Clock::system().now());
    match requeue::plan(letter, note, now) {
        Plan::Resend(letter) => {
            let next = causeway_store::BlockId(store.state.last_block()?.0 + 1);
            Ok(worker::requeued(*letter, note, next, now))
        }
        Plan::Reenter(record, change) => {
            store.journal.append(&[record])?;
            Ok(*change)
        }
    }
}
