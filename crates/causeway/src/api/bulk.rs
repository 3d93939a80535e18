//! `POST /api/dead-letters/retry` and `…/discard`: many at once.

use super::Admin;
use super::audit::Details;
use super::dead_letters::{ask, unavailable};
use super::extract::Bytes;
use super::lines::{self, Sender};
use super::problem::{Problem, blocking};
use super::requeue::{self, Plan};
use crate::bulk::{CHUNK, Estimate, Filter, estimate};
use crate::pipeline::worker::Request;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use causeway_store::Record;
use causeway_store::state::{Change, DeadLetter, DeadLetterStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Which, why, and whether it is only asked what it would come to.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    flow: Option<String>,
    error: Option<String>,
    problem: Option<String>,
    all: bool,
    dry_run: bool,
    note: Option<String>,
}

/// What is done with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Retry,
    Discard,
}

impl Decision {
    fn word(self) -> &'static str {
        match self {
            Self::Retry => "retried",
            Self::Discard => "discarded",
        }
    }

    fn would(self, estimate: &Estimate) -> Value {
        match self {
            Self::Retry => json!({
                "would_retry": estimate.letters, "messages": estimate.messages, "calls": estimate.calls,
                "bytes": estimate.bytes,
            }),
            Self::Discard => json!({ "would_discard": estimate.letters }),
        }
    }
}

pub(super) async fn retry(
    admin: State<Arc<Admin>>,
    Extension(details): Extension<Details>,
    body: Bytes,
) -> Result<Response, Problem> {
    decide(admin, details, body, Decision::Retry).await
}

pub(super) async fn discard(
    admin: State<Arc<Admin>>,
    Extension(details): Extension<Details>,
    body: Bytes,
) -> Result<Response, Problem> {
    decide(admin, details, body, Decision::Discard).await
}

/// Answers a line after each chunk, `{"done": …, "of": …}`, and at the end what was done. Who hangs up stops it after the
/// chunk that is under way; the same again goes on with what is left.
async fn decide(
    State(admin): State<Arc<Admin>>,
    details: Details,
    Bytes(body): Bytes,
    decision: Decision,
) -> Result<Response, Problem> {
    let Asked { flow, error, problem, all, dry_run, note } = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad(format!("the body: {error}; send {{\"flow\": …, \"error\": …}}")))?;
    let filter = Filter { flow, error, problem, all };
    filter.check().map_err(Problem::bad)?;
    details.target(filter.noted());
    let state = Arc::clone(&admin.state);
    let letters = blocking(move || Ok(filter.find(&*state)?)).await?;
    if dry_run {
        details.nothing();
        return Ok(Json(decision.would(&estimate(&letters))).into_response());
    }
    details.change(Some(format!("{} dead", letters.len())), Some(decision.word().to_owned()));
    let note = note.unwrap_or_else(|| format!("{} by an operator, with others", decision.word()));
    Ok(lines::answer(|to| run(admin, ids(&letters), decision, note, to)))
}

fn ids(letters: &[DeadLetter]) -> Vec<String> {
    letters.iter().map(|letter| letter.id.clone()).collect()
}

async fn run(admin: Arc<Admin>, ids: Vec<String>, decision: Decision, note: String, to: Sender) {
    let mut done = 0;
    for chunk in ids.chunks(CHUNK) {
        if to.is_gone() {
            return;
        }
        match decide_chunk(&admin, chunk.to_vec(), decision, &note).await {
            Ok(decided) => done += decided,
            Err(problem) => {
                return to.line(&json!({"error": problem.to_string(), decision.word(): done})).await;
            }
        }
        to.line(&json!({"done": done, "of": ids.len()})).await;
    }
    to.line(&json!({ decision.word(): done })).await;
}

/// Decides on those of the chunk that nobody has decided on meanwhile; answers how many that were.
async fn decide_chunk(
    admin: &Arc<Admin>,
    ids: Vec<String>,
    decision: Decision,
    note: &str,
) -> Result<usize, Problem> {
    let _turn = admin.decisions.lock().await;
    let state = Arc::clone(&admin.state);
    let letters = blocking(move || Ok(still_dead(&*state, &ids)?)).await?;
    let count = letters.len();
    match decision {
        Decision::Discard => {
            let resolutions = letters.iter().flat_map(|letter| requeue::discard(letter, note).resolutions);
            let change = Change { resolutions: resolutions.collect(), ..Change::default() };
            ask(admin, |answer| Request::Resolve(change, answer)).await?;
        }
        Decision::Retry => send_again(admin, letters, note).await?,
    }
    Ok(count)
}

fn still_dead(
    state: &dyn causeway_store::State,
    ids: &[String],
) -> Result<Vec<DeadLetter>, causeway_store::Error> {
    let found: Result<Vec<_>, _> = ids.iter().map(|id| state.dead_letter(id)).collect();
    Ok(found?.into_iter().flatten().filter(|letter| letter.status == DeadLetterStatus::Dead).collect())
}

async fn send_again(admin: &Admin, letters: Vec<DeadLetter>, note: &str) -> Result<(), Problem> {
    let now = admin.clock.now();
    let (mut resent, mut records, mut change) = (Vec::new(), Vec::new(), Change::default());
    for letter in letters {
        match requeue::plan(letter, note, now) {
            Plan::Resend(letter) => resent.push(*letter),
            Plan::Reenter(record, taken_out) => {
                records.push(record);
                change.resolutions.extend(taken_out.resolutions);
                change.ledger.extend(taken_out.ledger);
            }
        }
    }
    enter(admin, records).await?;
    ask(admin, |answer| Request::Resolve(change, answer)).await?;
    ask(admin, |answer| Request::Requeue(resent, note.to_owned(), now, answer)).await
}

async fn enter(admin: &Admin, records: Vec<Record>) -> Result<(), Problem> {
    let mut entering = JoinSet::new();
    for record in records {
        let committer = admin.committer.clone();
        entering.spawn(async move { committer.commit(record, None).await });
    }
    for entered in entering.join_all().await {
        entered.map_err(|error| unavailable(error.to_string()))?;
    }
    Ok(())
}
