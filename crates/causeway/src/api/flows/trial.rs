//! Events on trial: what a flow would make of them.

use super::sent::{Sent, read};
use crate::api::Admin;
use crate::api::extract::{Bytes, Path};
use crate::api::problem::{Problem, blocking};
use crate::flows::Desk;
use axum::Json;
use axum::extract::State;
use causeway_engine::flow::{Document, Flow};
use causeway_engine::trial::{self, Conditions};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// Events to try: through the flow as it runs, or through the one that is sent along.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    events: Vec<Box<RawValue>>,
    flow: Option<Sent>,
    now: Option<String>,
}

pub(super) async fn test(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let Trial { events, flow, now } = read(&body)?;
    let clock = admin.clock.now();
    let now = now.map_or(Ok(clock), |text| crate::moment::parse(&text, clock)).map_err(Problem::bad)?;
    let rules = admin.rules;
    let results = blocking(move || {
        let conditions = Conditions { rules, now, token_secret: admin.token_secret.as_bytes() };
        let flow = match flow {
            Some(sent) => Arc::new(compiled(&sent.document()?)?),
            None => running(&admin.flows, &name)?,
        };
        let tried = |event: Box<RawValue>| raw(&trial::run(&flow, event.get().as_bytes(), &conditions));
        Ok(events.into_iter().map(tried).collect::<Vec<_>>())
    })
    .await?;
    Ok(Json(json!({ "results": results })))
}

fn compiled(document: &Document) -> Result<Flow, Problem> {
    let compiled = Flow::compile(document.definition(), &|_| Err("send its JSON as `plan`".to_owned()));
    compiled.map_err(|faults| crate::flows::Problem::from(faults).into())
}

fn running(flows: &Desk, name: &str) -> Result<Arc<Flow>, Problem> {
    let current = flows.current();
    if current.find(name).is_none() {
        return Err(Problem::not_found("flow", name));
    }
    let switched_off = || Problem::bad(format!("flow {name:?} is switched off; send it along as `flow`"));
    current.flow(name).cloned().ok_or_else(switched_off)
}

fn raw(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).unwrap_or_default()
}
