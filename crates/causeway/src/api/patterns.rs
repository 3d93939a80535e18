//! `GET /api/dead-letters/patterns` and `DELETE /api/dead-letters/patterns/{id}`: what refusals have taught.

use super::Admin;
use super::extract::Path;
use super::problem::{Problem, blocking};
use crate::delivery::refused;
use crate::pipeline::worker::Request;
use axum::Json;
use axum::extract::State;
use causeway_store::state::Change;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Result<Json<Value>, Problem> {
    let patterns = blocking(move || Ok(refused::stored(&*admin.state)?)).await?;
    Ok(Json(json!({ "patterns": patterns })))
}

pub(super) async fn forget(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let known = admin.refused.values().filter(|refused| refused.forget(&id)).count();
    if known == 0 {
        return Err(Problem::not_found("pattern", &id));
    }
    let facts = admin.refused.values().flat_map(refused::Refused::take_changes).collect();
    let change = Change { facts, ..Change::default() };
    super::dead_letters::ask(&admin, |answer| Request::Resolve(change, answer)).await?;
    Ok(Json(json!({"id": id, "status": "forgotten"})))
}
