//! `POST /api/flows/{name}/replay`, and `/api/replays`: what a flow makes of past events, sent again.

use super::Admin;
use super::audit::Details;
use super::extract::{Bytes, Path};
use super::lines::{self, Sender};
use super::problem::{Problem, blocking};
use crate::moment;
use crate::replay::{self, Job, Progress};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use causeway_engine::flow::{Destination, Flow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How often a line tells how far it is.
const EVERY: Duration = Duration::from_millis(200);

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/flows/{name}/replay", post(order))
        .route("/api/replays", get(list))
        .route("/api/replays/{id}", get(show).delete(stop))
}

/// Of which time, and whether it is only asked what it would come to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    since: String,
    until: Option<String>,
    #[serde(default)]
    dry_run: bool,
    /// Algolia may count again what it has.
    #[serde(default)]
    count_again: bool,
}

/// Why a flow to Algolia is not replayed unasked.
pub const COUNTS_AGAIN: &str = "Algolia does not know repeated events and would count what it has once more; say so with \
                                count_again (--count-again) if that is what you want";

async fn order(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Response, Problem> {
    let asked: Asked = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad(format!("the body: {error}; send {{\"since\": \"2h\"}}")))?;
    let now = admin.clock.now();
    let job = Job::new(&name, stretch(&asked.since, asked.until.as_deref(), now)?, now);
    let flow = running(&admin, &name)?;
    if asked.dry_run {
        details.nothing();
        return planned(admin, job, flow, now).await;
    }
    if flow.destination() == Destination::Insights && !asked.count_again {
        return Err(Problem::bad(COUNTS_AGAIN));
    }
    details.change(None, Some(job.id.clone()));
    admin.replayer.order(&job).await?;
    Ok(lines::answer(|to| follow(admin, job.id, to)))
}

/// The instants from and to.
pub(super) fn stretch(since: &str, until: Option<&str>, now: i64) -> Result<(i64, i64), Problem> {
    let read = |key: &str, text: &str| {
        moment::parse(text, now).map_err(|message| Problem::bad(format!("{key}: {message}")))
    };
    let (since, until) = (read("since", since)?, until.map_or(Ok(now), |text| read("until", text))?);
    if since >= until {
        return Err(Problem::bad("until: it is not after since"));
    }
    Ok((since, until))
}

fn running(admin: &Admin, name: &str) -> Result<Arc<Flow>, Problem> {
    let current = admin.flows.current();
    if current.find(name).is_none() {
        return Err(Problem::not_found("flow", name));
    }
    let off = || Problem::bad(format!("flow {name:?} is switched off, so nothing can be sent by it"));
    current.flow(name).cloned().ok_or_else(off)
}

async fn planned(admin: Arc<Admin>, job: Job, flow: Arc<Flow>, now: i64) -> Result<Response, Problem> {
    let planned = blocking(move || {
        Ok(replay::plan(&job, (&*admin.journal, &*admin.state), &admin.engine, &flow, now)?)
    });
    Ok(Json(planned.await?).into_response())
}

/// Tells how far it is until it is over or nobody listens; the replay goes on either way.
async fn follow(admin: Arc<Admin>, id: String, to: Sender) {
    let mut told = None;
    while !to.is_gone() {
        let Ok(Some(job)) = read(&admin, &id).await else { return };
        if told.as_ref() != Some(&job) {
            to.line(&json!(job)).await;
        }
        if job.progress != Progress::Running {
            return;
        }
        told = Some(job);
        tokio::time::sleep(EVERY).await;
    }
}

async fn read(admin: &Arc<Admin>, id: &str) -> Result<Option<Job>, Problem> {
    let (admin, id) = (Arc::clone(admin), id.to_owned());
    blocking(move || Ok(replay::find(&*admin.state, &id)?)).await
}

async fn list(State(admin): State<Arc<Admin>>) -> Result<Json<Value>, Problem> {
    let jobs = blocking(move || Ok(replay::all(&*admin.state)?)).await?;
    Ok(Json(json!({ "replays": jobs })))
}

async fn show(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Result<Json<Job>, Problem> {
    read(&admin, &id).await?.map(Json).ok_or_else(|| Problem::not_found("replay", &id))
}

async fn stop(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let job = read(&admin, &id).await?.ok_or_else(|| Problem::not_found("replay", &id))?;
    admin.replayer.stop(&job.id);
    Ok(Json(json!({"id": job.id, "status": "stopping"})))
}
