//! `POST /api/flows/{name}/whatif`: what another mapping would make of events that came.

use super::sent::{Sent, read};
use crate::api::Admin;
use crate::api::extract::{Bytes, Path};
use crate::api::problem::{Problem, blocking};
use crate::api::replays::stretch;
use crate::bulk;
use axum::Json;
use axum::extract::State;
use causeway_engine::flow::Definition;
use causeway_engine::whatif::{self, Failure, Question, Report, Side};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Another mapping for the flow, or another flow in its place; and of which time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    mapping: Option<Value>,
    flow: Option<Sent>,
    since: String,
    until: Option<String>,
}

pub(super) async fn whatif(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let Asked { mapping, flow, since, until } = read(&body)?;
    let now = admin.clock.now();
    let (since, until) = stretch(&since, until.as_deref(), now)?;
    let catalogue = admin.flows.current();
    let known = catalogue.find(&name).ok_or_else(|| Problem::not_found("flow", &name))?;
    let current = known.document.definition().clone();
    let candidate = candidate(&current, mapping, flow)?;
    let report = blocking(move || {
        let question = Question { current: &current, candidate: &candidate, since, until, now };
        let store = (&*admin.journal, &*admin.state);
        Ok(whatif::compare(&question, store, &admin.engine).map(|report| shown(&report, &current))?)
    });
    Ok(Json(report.await?))
}

fn candidate(
    current: &Definition,
    mapping: Option<Value>,
    flow: Option<Sent>,
) -> Result<Definition, Problem> {
    match (mapping, flow) {
        (Some(mapping), None) => whatif::with_mapping(current, mapping)
            .map_err(|refused| Problem::bad(format!("mapping: {refused}"))),
        (None, Some(sent)) => {
            let definition = sent.document()?.definition().clone();
            Ok(Definition { name: current.name.clone(), enabled: true, ..definition })
        }
        _ => Err(Problem::bad("send either another `mapping` or another `flow`, and `since`")),
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Faults(faults) => crate::flows::Problem::from(faults).into(),
            Failure::Store(error) => error.into(),
        }
    }
}

/// The report with the requests that either side would take.
pub fn shown(report: &Report, flow: &Definition) -> Value {
    let mut shown = json!(report);
    for (key, side) in [("before", &report.before), ("after", &report.after)] {
        shown[key]["calls"] = calls(flow, side).into();
    }
    shown
}

/// The requests that one side would take, if it takes nothing else along.
pub fn calls(flow: &Definition, side: &Side) -> usize {
    // Between messages stands a comma.
    bulk::calls(&flow.destination, side.messages as usize, (side.bytes + side.messages) as usize)
}
