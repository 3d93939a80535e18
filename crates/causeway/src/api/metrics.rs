//! `GET /metrics`

use super::Admin;
use super::problem::{Problem, blocking};
use crate::inspect::{self, Ledger};
use crate::telemetry::metrics::{Destination, Flow};
use axum::extract::State;
use axum::response::IntoResponse;
use causeway_engine::flow::DESTINATIONS;
use causeway_store::sqlite;
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
        for destination in DESTINATIONS {
            let oldest = inspect::oldest_waiting(&*admin.state, &*admin.journal, destination)?;
            let seconds = oldest.map_or(0.0, |at| (admin.clock.now() - at).max(0) as f64 / 1000.0);
            let label = Destination { destination: destination.to_owned() };
            admin.metrics.oldest.get_or_create(&label).set(seconds);
        }
        // Asked of the store, so that it also grows while the engine stands still.
        let lag = admin.journal.extent()?.last.0.saturating_sub(admin.state.cursor()?.0);
        admin.metrics.lag.set(lag as i64);
        admin.metrics.damaged.set(inspect::damaged_records(&*admin.journal) as i64);
        admin.metrics.disk_free.set(sqlite::free_bytes(&admin.store)? as i64);
        Ok(admin.metrics.encode())
    });
    Ok(([(CONTENT_TYPE, FORMAT)], text.await?))
}
