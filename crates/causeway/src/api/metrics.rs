//! `GET /metrics`

use super::Admin;
use super::problem::{Problem, blocking};
use crate::inspect::Ledger;
use crate::telemetry::metrics::Flow;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use std::sync::Arc;

/// The format that the exporter writes.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn get(State(admin): State<Arc<Admin>>) -> Result<impl IntoResponse, Problem> {
    let text = blocking(move || {
        let ledger = Ledger::read(&*admin.state, None)?;
        for flow in &ledger.flows {
            admin.metrics.pending.get_or_create(&Flow { flow: flow.flow.clone() }).set(flow.pending);
        }
        admin.metrics.imbalance.set(ledger.flows.iter().map(|flow| flow.imbalance.abs()).sum());
        Ok(admin.metrics.encode())
    });
    Ok(([(CONTENT_TYPE, FORMAT)], text.await?))
}
