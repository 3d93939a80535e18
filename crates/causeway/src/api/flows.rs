//! `/api/flows`: the flows as they run, new versions of them, and events on trial.

use super::Admin;
use super::problem::{Problem, blocking};
use crate::flows::{Change, Desk, Known, Origin, Past, Target};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use causeway_engine::flow::{Definition, Document, Flow};
use causeway_engine::trial;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// Bytes of a body: flows come with their tracking plans.
const MAX_BODY: usize = 32 << 20;

/// Who is noted as a version's author when the caller doesn't say.
const NOBODY: &str = "api";

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new()
        .route("/api/flows", get(list).put(import))
        .route("/api/flows/{name}", get(show).put(replace))
        .route("/api/flows/{name}/history", get(history))
        .route("/api/flows/{name}/rollback", post(roll_back))
        .route("/api/flows/{name}/test", post(test))
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

/// A flow as it is sent: its file's text, or the same as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    text: Option<String>,
    definition: Option<Definition>,
    /// The JSON of the tracking plan that the flow names.
    plan: Option<Box<RawValue>>,
}

impl Sent {
    fn document(self) -> Result<Document, Problem> {
        let text = match (self.text, self.definition) {
            (Some(text), None) => text,
            (None, Some(definition)) => definition.to_text(),
            _ => return Err(Problem::bad("send either the flow's `text` or its `definition`")),
        };
        let plan = self.plan.map(|plan| plan.get().to_owned());
        let plans = |_: &str| plan.clone().ok_or_else(|| "send its JSON as `plan`".to_owned());
        Document::read(&text, "the flow", &plans).map_err(|faults| crate::flows::Problem::from(faults).into())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    flows: Vec<Sent>,
    author: Option<String>,
}

#[derive(Deserialize)]
struct One {
    author: Option<String>,
    text: Option<String>,
    definition: Option<Definition>,
    plan: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Mode {
    #[serde(default)]
    dry_run: bool,
}

async fn import(
    State(admin): State<Arc<Admin>>,
    Query(mode): Query<Mode>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let Import { flows, author } = read(&body)?;
    let documents = flows.into_iter().map(Sent::document).collect::<Result<Vec<_>, _>>()?;
    let changes = save(admin, documents, author, mode.dry_run).await?;
    Ok(Json(json!({ "changes": changes })))
}

async fn replace(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Query(mode): Query<Mode>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let One { author, text, definition, plan } = read(&body)?;
    let document = Sent { text, definition, plan }.document()?;
    if document.definition().name != name {
        return Err(Problem::bad(format!(
            "the flow is called {:?}, the address says {name:?}",
            document.definition().name
        )));
    }
    let changes = save(admin, vec![document], author, mode.dry_run).await?;
    Ok(Json(json!(changes.first())))
}

async fn save(
    admin: Arc<Admin>,
    documents: Vec<Document>,
    author: Option<String>,
    dry_run: bool,
) -> Result<Vec<Change>, Problem> {
    let author = author.unwrap_or_else(|| NOBODY.to_owned());
    let at = admin.clock.now();
    blocking(move || {
        let flows = &admin.flows;
        if dry_run {
            return Ok(flows.preview(&documents)?);
        }
        let done = flows.import(&documents, &author, at)?.into_iter();
        // What is done needs no preview, and the answer stays small however large the flows are.
        Ok(done.map(|change| Change { differences: Vec::new(), ..change }).collect())
    })
    .await
}

async fn history(State(admin): State<Arc<Admin>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let versions = blocking(move || known_history(&admin.flows, &name)).await?;
    Ok(Json(json!({ "versions": versions })))
}

fn known_history(flows: &Desk, name: &str) -> Result<Vec<Past>, Problem> {
    let versions = flows.history(name)?;
    if versions.is_empty() && flows.current().find(name).is_none() {
        return Err(Problem::not_found("flow", name));
    }
    Ok(versions)
}

/// `{"version": 3}`, or `{"version": "configured"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollBack {
    version: Version,
    author: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Version {
    Number(u32),
    Word(String),
}

async fn roll_back(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let RollBack { version, author } = read(&body)?;
    let target = match version {
        Version::Number(number) => Target::Version(number),
        Version::Word(word) if word == "configured" => Target::Configured,
        Version::Word(word) => {
            return Err(Problem::bad(format!("version: {word:?} is neither a number nor \"configured\"")));
        }
    };
    let author = author.unwrap_or_else(|| NOBODY.to_owned());
    let at = admin.clock.now();
    let past = blocking(move || Ok(admin.flows.roll_back(&name, target, &author, at)?)).await?;
    Ok(Json(json!({"version": past.version, "as_configured": past.as_configured})))
}

/// Events to try: through the flow as it runs, or through the one that is sent along.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    events: Vec<Box<RawValue>>,
    flow: Option<Sent>,
    now: Option<String>,
}

async fn test(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let Trial { events, flow, now } = read(&body)?;
    let clock = admin.clock.now();
    let now = now.map_or(Ok(clock), |text| crate::moment::parse(&text, clock)).map_err(Problem::bad)?;
    let rules = admin.rules;
    let results = blocking(move || {
        let flow = match flow {
            Some(sent) => Arc::new(compiled(&sent.document()?)?),
            None => running(&admin.flows, &name)?,
        };
        let tried = |event: Box<RawValue>| raw(&trial::run(&flow, event.get().as_bytes(), &rules, now));
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

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body: {error}")))
}
