//! `/api/zero-results`: what shoppers ask for in vain. Who waits is in the answer about one query only.

use super::Admin;
use super::extract::{Path, Query};
use super::problem::{Problem, blocking};
use crate::demand::listing::{self, Detail, Listing, Wanted};
use axum::Json;
use axum::extract::State;
use causeway_engine::searches::demand::DemandId;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Asked {
    index: Option<String>,
    has_results: Option<bool>,
    limit: Option<usize>,
    offset: Option<usize>,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listing>, Problem> {
    let page = Wanted::page(asked.limit, asked.offset).map_err(Problem::bad)?;
    let wanted = Wanted { index: asked.index, has_results: asked.has_results, ..page };
    blocking(move || Ok(Json(listing::list(&*admin.state, &wanted, oldest(&admin))?))).await
}

pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Path(text): Path<String>,
) -> Result<Json<Detail>, Problem> {
    let id: DemandId = text
        .parse()
        .map_err(|error: causeway_engine::searches::demand::BadDemandId| Problem::bad(error.to_string()))?;
    blocking(move || {
        let detail = listing::show(&*admin.state, id, oldest(&admin))?;
        detail.map(Json).ok_or_else(|| Problem::not_found("failed query", &text))
    })
    .await
}

fn oldest(admin: &Admin) -> i64 {
    admin.clock.now() - admin.demand_expires_ms
}
