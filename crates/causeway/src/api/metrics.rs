//! `GET /metrics`

use super::Admin;
use super::problem::{Problem, blocking};
use crate::inspect::Ledger;
use crate::telemetry::metrics::{Destination, Flow};
use axum::extract::State;
use axum::response::IntoResponse;
use causeway_engine::flow::DESTINATIONS;
use causeway_store::{BlockId, Error, Journal, sqlite};
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
            let label = Destination { destination: destination.to_owned() };
            admin.metrics.oldest.get_or_create(&label).set(oldest_seconds(&admin, destination)?);
        }
        admin.metrics.damaged.set(damaged_records(&*admin.journal));
        admin.metrics.disk_free.set(sqlite::free_bytes(&admin.store)? as i64);
        Ok(admin.metrics.encode())
    });
    Ok(([(CONTENT_TYPE, FORMAT)], text.await?))
}

fn damaged_records(journal: &dyn Journal) -> i64 {
    journal.damaged().iter().map(|(first, last)| (last.0 - first.0 + 1) as i64).sum()
}

/// How long ago the oldest event that waits for the destination was accepted; 0 if none waits. Of a record that
/// retention has removed meanwhile only the hour is known.
fn oldest_seconds(admin: &Admin, destination: &str) -> Result<f64, Error> {
    let Some(block) = admin.state.outbox(destination, BlockId(0), 1)?.pop() else { return Ok(0.0) };
    let record = admin.journal.range(block.from.0, block.from.0)?.pop();
    let accepted = record.map_or(block.hour, |entry| entry.record.received_at);
    Ok((admin.clock.now() - accepted).max(0) as f64 / 1000.0)
}
