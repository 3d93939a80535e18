//! `GET /api/dead-letters`, and what can be done about one.

use super::Admin;
use super::audit::Details;
use super::extract::{Bytes, Path, Query};
use super::problem::{Problem, blocking};
use super::requeue::{self, Plan};
use crate::pipeline::worker::Request;
use crate::problems;
use axum::extract::State;
use axum::{Extension, Json};
use causeway_engine::flow::texts::Texts;
use causeway_store::state::{DeadLetter, DeadLetterQuery, DeadLetterStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many are listed when the caller does not say.
const DEFAULT_LIMIT: u32 = 100;

/// At most so many are listed at once.
const MAX_LIMIT: u32 = 10_000;

#[derive(Deserialize)]
pub(super) struct Asked {
    flow: Option<String>,
    error: Option<String>,
    status: Option<String>,
    limit: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// Sent instead of what died.
    payload: Option<Box<serde_json::value::RawValue>>,
    /// Why.
    note: Option<String>,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let status = asked.status.as_deref().map(requeue::status).transpose().map_err(Problem::bad)?;
    let query = DeadLetterQuery {
        flow: asked.flow,
        reason: asked.error,
        status: status.unwrap_or(Some(DeadLetterStatus::Dead)),
        limit: asked.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        ..DeadLetterQuery::default()
    };
    let letters = blocking(move || {
        let (letters, mut texts) = (admin.state.dead_letters(&query)?, Texts::default());
        let shown = letters.iter().map(|letter| requeue::shown(letter, &mut texts, &*admin.state));
        Ok(shown.collect::<Result<Vec<Value>, _>>()?)
    });
    Ok(Json(json!({ "dead_letters": letters.await? })))
}

pub(super) async fn problems(State(admin): State<Arc<Admin>>) -> Result<Json<Value>, Problem> {
    let problems = blocking(move || Ok(problems::read(&*admin.state)?)).await?;
    Ok(Json(json!({ "problems": problems })))
}

pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let letter = find(&admin, id).await?;
    let shown = blocking(move || Ok(requeue::shown(&letter, &mut Texts::default(), &*admin.state)?));
    Ok(Json(shown.await?))
}

pub(super) async fn retry(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let order = order(&body)?;
    let _turn = admin.decisions.lock().await;
    let mut letter = dead(&admin, id).await?;
    if let Some(payload) = order.payload {
        letter.payload = requeue::edited(&letter, payload.get()).map_err(Problem::bad)?;
    }
    details.change(Some("dead".to_owned()), Some("retried".to_owned()));
    let note = order.note.unwrap_or_else(|| "retried by an operator".to_owned());
    let id = letter.id.clone();
    let now = admin.clock.now();
    match requeue::plan(letter, &note, now) {
        Plan::Resend(letter) => {
            ask(&admin, |answer| Request::Requeue(vec![*letter], note, now, answer)).await?;
        }
        Plan::Reenter(record, change) => {
            let entered = admin.committer.commit(record, None).await;
            entered.map_err(|error| unavailable(error.to_string()))?;
            ask(&admin, |answer| Request::Resolve(*change, answer)).await?;
        }
    }
    Ok(Json(json!({"id": id, "status": "retried"})))
}

pub(super) async fn discard(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    details.change(Some("dead".to_owned()), Some("discarded".to_owned()));
    let note = order(&body)?.note.unwrap_or_else(|| "discarded by an operator".to_owned());
    let _turn = admin.decisions.lock().await;
    let letter = dead(&admin, id).await?;
    let change = requeue::discard(&letter, &note);
    ask(&admin, |answer| Request::Resolve(change, answer)).await?;
    Ok(Json(json!({"id": letter.id, "status": "discarded"})))
}

fn order(body: &[u8]) -> Result<Order, Problem> {
    if body.is_empty() {
        return Ok(Order::default());
    }
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad(format!("the body: {error}; send {{\"payload\": …, \"note\": \"…\"}} or nothing"))
    })
}

pub(super) async fn ask(
    admin: &Admin,
    request: impl FnOnce(tokio::sync::oneshot::Sender<()>) -> Request,
) -> Result<(), Problem> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    admin.worker.ask(request(answer));
    answered.await.map_err(|_| unavailable("the engine stopped; nothing was changed".to_owned()))
}

pub(super) fn unavailable(message: String) -> Problem {
    Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, message)
}

async fn find(admin: &Arc<Admin>, id: String) -> Result<DeadLetter, Problem> {
    let admin = Arc::clone(admin);
    blocking(move || admin.state.dead_letter(&id)?.ok_or_else(|| Problem::not_found("dead letter", &id)))
        .await
}

async fn dead(admin: &Arc<Admin>, id: String) -> Result<DeadLetter, Problem> {
    let letter = find(admin, id).await?;
    if letter.status == DeadLetterStatus::Dead {
        return Ok(letter);
    }
    let status = requeue::word(letter.status);
    Err(Problem::new(http::StatusCode::CONFLICT, format!("dead letter {:?} is {status} already", letter.id)))
}
