//! `GET /api/events/{id}`

use super::Admin;
use super::extract::Path;
use super::problem::{Problem, blocking};
use axum::Json;
use axum::extract::State;
use causeway_engine::trace::{Question, Traced, trace};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(super) struct Answer {
    events: Vec<Traced>,
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Answer>, Problem> {
    blocking(move || {
        let events = trace(&Question::parse(&id), &*admin.journal, &*admin.state, &admin.rules)?;
        if events.is_empty() {
            Err(Problem::not_found("event with the id", &id))
        } else {
            Ok(Json(Answer { events }))
        }
    })
    .await
}
