//! `GET /api/flows`

use super::Admin;
use super::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use causeway_engine::flow::Definition;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(super) struct Flows {
    flows: Vec<Definition>,
}

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Json<Flows> {
    Json(Flows { flows: admin.definitions.clone() })
}

pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
) -> Result<Json<Definition>, Problem> {
    let found = admin.definitions.iter().find(|definition| definition.name == name);
    found.cloned().map(Json).ok_or_else(|| Problem::not_found("flow", &name))
}
