//! `/api/flows`: the flows as they run, new versions of them, and events on trial.

mod sent;
mod trial;
mod versions;
pub mod whatif;

use super::Admin;
use super::extract::Path;
use super::problem::Problem;
use crate::flows::{Known, Origin};
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use causeway_engine::flow::Definition;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Bytes of a body: flows come with their tracking plans.
const MAX_BODY: usize = 32 << 20;

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/flows", get(list).put(versions::import))
        .route("/api/flows/{name}", get(show).put(versions::replace))
        .route("/api/flows/{name}/history", get(versions::history))
        .route("/api/flows/{name}/rollback", post(versions::roll_back))
        .route("/api/flows/{name}/test", post(trial::test))
        .route("/api/flows/{name}/whatif", post(whatif::whatif))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// A flow as it is shown.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    definition: Definition,
    /// `recipe`, `file` or `version`.
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Shown {
    /// For a list: without the text, and with a word in place of a whole plan.
    fn briefly(known: &Known) -> Self {
        let mut shown = Self { text: None, ..Self::whole(known) };
        if shown.definition.inline_plan().is_some() {
            shown.definition.plan = Some("(in the flow)".to_owned());
        }
        shown
    }

    fn whole(known: &Known) -> Self {
        let (origin, version, file) = match &known.origin {
            Origin::Recipe => ("recipe", None, None),
            Origin::File(path) => ("file", None, Some(path.display().to_string())),
            Origin::Version(number) => ("version", Some(*number), None),
        };
        let text = Some(known.document.text().to_owned());
        Self { definition: known.document.definition().clone(), origin, version, file, text }
    }
}

async fn list(State(admin): State<Arc<Admin>>) -> Json<Value> {
    let shown: Vec<_> = admin.flows.current().known().iter().map(Shown::briefly).collect();
    Json(json!({ "flows": shown }))
}

async fn show(State(admin): State<Arc<Admin>>, Path(name): Path<String>) -> Result<Json<Shown>, Problem> {
    let current = admin.flows.current();
    let found = current.find(&name).ok_or_else(|| Problem::not_found("flow", &name))?;
    Ok(Json(Shown::whole(found)))
}
