//! `GET /api/ledger`

use super::Admin;
use super::extract::Query;
use super::problem::{Problem, blocking};
use crate::inspect::Ledger;
use crate::moment;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Asked {
    since: Option<String>,
}

pub(super) async fn get(
    State(admin): State<Arc<Admin>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Ledger>, Problem> {
    let now = admin.clock.now();
    let since = asked.since.map(|text| moment::parse(&text, now)).transpose();
    let since = since.map_err(|message| Problem::bad(format!("since: {message}")))?;
    blocking(move || Ok(Json(Ledger::read(&*admin.state, since)?))).await
}
