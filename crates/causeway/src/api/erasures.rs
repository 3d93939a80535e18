//! `POST /api/persons/{id}/forget` and `GET /api/erasures/{id}`

use super::Admin;
use super::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use causeway_engine::Source;
use causeway_engine::order::Order;
use causeway_store::Record;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long an order waits for the engine before it is answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it looks.
const EVERY: Duration = Duration::from_millis(10);

pub(super) async fn forget(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = admin.clock.now();
    let order = Order::forget(&id, now).map_err(|refusal| Problem::bad(refusal.to_string()))?;
    let record =
        Record { source: Source::Operator.into(), received_at: now, meta: "".into(), body: order.to_body() };
    let entered = admin.committer.commit(record, None).await;
    entered.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    let Order::Forget { erasure, .. } = order;
    let receipt = taken_up(&admin, &erasure).await?;
    Ok((StatusCode::ACCEPTED, Json(receipt.unwrap_or_else(|| json!({"id": erasure, "state": "running"})))))
}

pub(super) async fn show(
    State(admin): State<Arc<Admin>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let receipt = find(&admin, &id).await?.ok_or_else(|| Problem::not_found("erasure", &id))?;
    Ok(Json(receipt))
}

/// The receipt once the engine has come to the order; nothing if it is far behind.
async fn taken_up(admin: &Admin, id: &str) -> Result<Option<Value>, Problem> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(receipt) = find(admin, id).await? {
            return Ok(Some(receipt));
        }
        tokio::time::sleep(EVERY).await;
    }
    Ok(None)
}

async fn find(admin: &Admin, id: &str) -> Result<Option<Value>, Problem> {
    Ok(admin.forgetter.find(id).await?.map(|receipt| json!(receipt)))
}
