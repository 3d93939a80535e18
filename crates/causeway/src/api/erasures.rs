//! `POST /api/persons/{id}/forget` and `GET /api/erasures/{id}`

use super::Admin;
use super::audit::Details;
use super::extract::Path;
use super::persons::MAX_ID;
use super::problem::Problem;
use axum::extract::State;
use axum::{Extension, Json};
use causeway_engine::order::{Forget, Order};
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
    Extension(details): Extension<Details>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = admin.clock.now();
    if id.is_empty() || id.len() > MAX_ID {
        return Err(Problem::bad(format!("the id is empty or has more than {MAX_ID} bytes")));
    }
    let order = Forget::new(&id, now);
    let erasure = order.erasure.clone();
    details.target(format!("erasure {erasure}"));
    let entered = admin.committer.commit(Order::Forget(order).record(now), None).await;
    entered.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
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
