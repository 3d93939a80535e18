//! `causeway dead-letters …`
//!
//! Reading goes to the store. Changing goes through the running bridge if there is one, since it owns the store; else
//! the store is opened for it, and the bridge finds the change at its next start.

mod bulk;
mod patterns;

use super::arguments::{Chosen, DeadLetters};
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
use causeway_engine::flow::texts::Versions;
use causeway_store::sqlite::{self, Options, Store};
use causeway_store::state::{DeadLetter, DeadLetterQuery, DeadLetterStatus};
use causeway_store::{Error, Journal, State};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(path: &Path, command: &DeadLetters, json: bool) -> Result<Outcome, Failure> {
    let config = config::load(path)?;
    // To open a store for a change makes one where there is none, and nobody can have meant that.
    sqlite::open_read_only(&config.store)?;
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
        DeadLetters::Retry { ids, chosen, payload, dry_run } => {
            let change = Change::Retry(payload.as_deref());
            decide(&config, &Which { ids, chosen, dry_run: *dry_run }, change, json)
        }
        DeadLetters::Discard { ids, chosen, note, dry_run } => {
            decide(&config, &Which { ids, chosen, dry_run: *dry_run }, Change::Discard(note), json)
        }
        DeadLetters::Patterns { forget } => patterns::run(&config, forget.as_deref(), json),
    }
}

fn list(config: &Config, query: &DeadLetterQuery, json: bool) -> Result<Outcome, Failure> {
    let (state, mut versions) = (sqlite::open_read_only(&config.store)?.state, Versions::default());
    let letters = state.dead_letters(query)?;
    for letter in &letters {
        let line = if json {
            requeue::shown(letter, &mut versions, &state)?.to_string()
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
    let state = sqlite::open_read_only(&config.store)?.state;
    match state.dead_letter(id)? {
        Some(letter) => {
            let shown = requeue::shown(&letter, &mut Versions::default(), &state)?;
            print(&serde_json::to_string_pretty(&shown).map_err(Failure::usage)?)?;
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
    let place = problems::place(flow, destination);
    format!(
        "{id}  {count} {place}, {cause}, {first} to {last}\n  {reason}\n  {advice}\n  \
         for example: causeway dead-letters show {example}"
    )
}

/// What is decided on.
struct Which<'a> {
    ids: &'a [String],
    chosen: &'a Chosen,
    dry_run: bool,
}

#[derive(Clone, Copy)]
enum Change<'a> {
    /// Perhaps with another payload, from this file.
    Retry(Option<&'a Path>),
    Discard(&'a str),
}

impl Change<'_> {
    fn verb(self) -> &'static str {
        match self {
            Self::Retry(_) => "retry",
            Self::Discard(_) => "discard",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Retry(_) => "retried",
            Self::Discard(_) => "discarded",
        }
    }
}

fn decide(config: &Config, which: &Which<'_>, change: Change<'_>, json: bool) -> Result<Outcome, Failure> {
    let Which { ids, chosen, dry_run } = which;
    if chosen.all {
        return bulk::decide(config, &chosen.filter(), (change, *dry_run), json);
    }
    match (ids, dry_run) {
        ([], _) => Err(Failure::usage(format!("name the dead letters to {}, or say --all", change.verb()))),
        (ids, true) => bulk::would(change, &bulk::named(config, ids)?, json),
        (ids, false) => each(config, ids, change, json),
    }
}

fn each(config: &Config, ids: &[String], change: Change<'_>, json: bool) -> Result<Outcome, Failure> {
    if matches!(change, Change::Retry(Some(_))) && ids.len() > 1 {
        return Err(Failure::usage("--payload: it is one dead letter's; name one"));
    }
    match sqlite::open(&config.store, &Options::default()) {
        Ok(store) => ids.iter().try_for_each(|id| in_store(&store, id, change))?,
        Err(Error::Locked { .. }) => ids.iter().try_for_each(|id| in_bridge(config, id, change))?,
        Err(error) => return Err(error.into()),
    }
    told_done(change.done(), ids.len(), json)
}

fn told_done(done: &str, count: usize, json: bool) -> Result<Outcome, Failure> {
    print(&if json { json!({ done: count }).to_string() } else { format!("{count} {done}") })?;
    Ok(Outcome::Fine)
}

/// The payload that somebody edited.
fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::unreachable(format!("failed to read {}: {error}", path.display())))
}

fn in_bridge(config: &Config, id: &str, change: Change<'_>) -> Result<(), Failure> {
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        // such an id is none, and must not become another path
        return Err(Failure::usage(format!("there is no dead letter {id:?}")));
    }
    let body = match change {
        Change::Retry(None) => json!({}),
        Change::Retry(Some(path)) => {
            let payload = serde_json::from_str::<Value>(&read(path)?);
            json!({"payload": payload.map_err(|error| Failure::usage(format!("--payload: {error}")))?})
        }
        Change::Discard(note) => json!({ "note": note }),
    };
    remote::post(config, &format!("/api/dead-letters/{id}/{}", change.verb()), &body).map(drop)
}

fn in_store(store: &Store, id: &str, change: Change<'_>) -> Result<(), Failure> {
    let letter = store.state.dead_letter(id)?;
    let letter = letter.filter(|letter| letter.status == DeadLetterStatus::Dead);
    let mut letter = letter
        .ok_or_else(|| Failure::usage(format!("there is no dead letter {id:?} that waits for a decision")))?;
    let what_follows = match change {
        Change::Discard(note) => requeue::discard(&letter, note),
        Change::Retry(payload) => {
            if let Some(path) = payload {
                letter.payload = requeue::edited(&letter, &read(path)?).map_err(Failure::usage)?;
            }
            retry(store, letter, "retried by an operator")?
        }
    };
    let (action, after) = match change {
        Change::Discard(_) => ("dead-letters discard", "discarded"),
        Change::Retry(_) => ("dead-letters retry", "retried"),
    };
    let entry = entry(action, id, Some("dead".to_owned()), Some(after.to_owned()));
    let note = audit::note(&entry, Clock::system().now());
    Ok(store.state.commit(&causeway_store::Change { notes: vec![note], ..what_follows })?)
}

fn retry(store: &Store, letter: DeadLetter, note: &str) -> Result<causeway_store::Change, Failure> {
    let now = Clock::system().now();
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
