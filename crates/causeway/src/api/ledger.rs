//! `GET /api/ledger`, and the daily reports

use super::Admin;
use super::extract::{Path, Query};
use super::problem::{Problem, blocking};
use crate::daily::{self, Kept};
use crate::inspect::{HourlyLedger, Ledger};
use crate::moment;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// The routes.
pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/ledger", get(show))
        .route("/api/ledger/reports", get(reports))
        .route("/api/ledger/reports/{day}", get(report))
}

#[derive(Deserialize)]
struct Asked {
    since: Option<String>,
    by: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown {
    Total(Ledger),
    Hourly(HourlyLedger),
}

async fn show(State(admin): State<Arc<Admin>>, Query(asked): Query<Asked>) -> Result<Json<Shown>, Problem> {
    let now = admin.clock.now();
    let since = asked.since.map(|text| moment::parse(&text, now)).transpose();
    let since = since.map_err(|message| Problem::bad(format!("since: {message}")))?;
    let hourly = match asked.by.as_deref() {
        None => false,
        Some("hour") => true,
        Some(other) => return Err(Problem::bad(format!("by: {other:?} is unknown; write hour"))),
    };
    blocking(move || {
        let state = &*admin.state;
        Ok(Json(if hourly {
            Shown::Hourly(HourlyLedger::read(state, since)?)
        } else {
            Shown::Total(Ledger::read(state, since)?)
        }))
    })
    .await
}

async fn reports(State(admin): State<Arc<Admin>>) -> Result<Json<Value>, Problem> {
    let reports = blocking(move || Ok(daily::all(&*admin.state)?)).await?;
    let verdict = daily::verify::chain(&reports, None);
    let days: Vec<String> = reports.into_iter().map(|report| report.day).collect();
    Ok(Json(json!({"days": days, "verdict": verdict})))
}

async fn report(
    State(admin): State<Arc<Admin>>,
    Path(day): Path<String>,
) -> Result<Json<Box<RawValue>>, Problem> {
    let asked = day.clone();
    let found = blocking(move || Ok(daily::find(&*admin.state, &asked)?)).await?;
    let Kept { text, .. } = found.ok_or_else(|| Problem::not_found("report of", &day))?;
    let raw = RawValue::from_string(text);
    raw.map(Json).map_err(|error| Problem::new(http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}
