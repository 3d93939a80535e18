//! `GET /api/events/{id}` and `GET /api/events`

use super::Admin;
use super::extract::{Path, Query};
use super::problem::{Problem, blocking};
use axum::Json;
use axum::extract::State;
use causeway_engine::trace::{self, Question, Traced, Wanted};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How many are listed when the caller does not say, and at most.
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

#[derive(Serialize)]
pub(super) struct Answer {
    events: Vec<Traced>,
}

/// Which are asked for: those of an id, or the newest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    id: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    source: Option<String>,
    before: Option<u64>,
    limit: Option<usize>,
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Answer>, Problem> {
    blocking(move || {
        let events = of_id(&admin, &id)?;
        if events.is_empty() {
            Err(Problem::not_found("event with the id", &id))
        } else {
            Ok(Json(Answer { events }))
        }
    })
    .await
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Answer>, Problem> {
    let Asked { id, kind, name, source, before, limit } = asked;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    blocking(move || {
        let events = if let Some(id) = id {
            of_id(&admin, &id)?
        } else {
            let wanted = Wanted { kind, name, source, before, limit };
            trace::recent(&wanted, &*admin.journal, &*admin.state, &admin.engine)?
        };
        Ok(Json(Answer { events }))
    })
    .await
}

fn of_id(admin: &Admin, id: &str) -> Result<Vec<Traced>, causeway_store::Error> {
    trace::trace(&Question::parse(id), &*admin.journal, &*admin.state, &admin.engine)
}
