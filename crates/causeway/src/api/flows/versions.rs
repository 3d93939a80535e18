//! New versions of flows, and going back to old ones.

use super::sent::{Sent, read};
use crate::api::Admin;
use crate::api::audit::Details;
use crate::api::extract::{Bytes, Path, Query};
use crate::api::problem::{Problem, blocking};
use crate::audit::digest;
use crate::flows::{Change, Desk, Past, Target};
use axum::extract::State;
use axum::{Extension, Json};
use causeway_engine::flow::{Definition, Document};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who is noted as a version's author when the caller doesn't say.
const NOBODY: &str = "api";

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

/// Whether a change is only shown.
#[derive(Deserialize)]
pub(super) struct Mode {
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn import(
    State(admin): State<Arc<Admin>>,
    Query(mode): Query<Mode>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let Import { flows, author } = read(&body)?;
    let documents = flows.into_iter().map(Sent::document).collect::<Result<Vec<_>, _>>()?;
    let changes = save(admin, documents, author, mode.dry_run, details).await?;
    Ok(Json(json!({ "changes": changes })))
}

pub(super) async fn replace(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Query(mode): Query<Mode>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let One { author, text, definition, plan } = read(&body)?;
    let document = Sent { text, definition, plan }.document()?;
    if document.definition().name != name {
        return Err(Problem::bad(format!(
            "the flow is called {:?}, the address says {name:?}",
            document.definition().name
        )));
    }
    let changes = save(admin, vec![document], author, mode.dry_run, details).await?;
    Ok(Json(json!(changes.first())))
}

async fn save(
    admin: Arc<Admin>,
    documents: Vec<Document>,
    author: Option<String>,
    dry_run: bool,
    details: Details,
) -> Result<Vec<Change>, Problem> {
    let author = author.unwrap_or_else(|| NOBODY.to_owned());
    let at = admin.clock.now();
    blocking(move || {
        let flows = &admin.flows;
        if dry_run {
            return Ok(flows.preview(&documents)?);
        }
        describe(&details, flows, &documents);
        let done = flows.import(&documents, &author, at)?.into_iter();
        // What is done needs no preview, and the answer stays small however large the flows are.
        Ok(done.map(|change| Change { differences: Vec::new(), ..change }).collect())
    })
    .await
}

/// Hashes of the flows' texts, before and after; of several, of all the texts in the order of the request.
fn describe(details: &Details, flows: &Desk, documents: &[Document]) {
    let current = flows.current();
    let names = documents.iter().map(|document| document.definition().name.as_str());
    let before = names.clone().filter_map(|name| Some(current.find(name)?.document.text()));
    let before: Vec<&str> = before.collect();
    let after: String = documents.iter().map(Document::text).collect();
    details.target(names.collect::<Vec<_>>().join(" "));
    details.change((!before.is_empty()).then(|| digest(&before.concat())), Some(digest(&after)));
}

pub(super) async fn history(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Problem> {
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

pub(super) async fn roll_back(
    State(admin): State<Arc<Admin>>,
    Path(name): Path<String>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
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
    let past = blocking(move || {
        let text = || admin.flows.current().find(&name).map(|known| digest(known.document.text()));
        let before = text();
        let past = admin.flows.roll_back(&name, target, &author, at)?;
        details.change(before, text());
        Ok(past)
    })
    .await?;
    Ok(Json(json!({"version": past.version, "as_configured": past.as_configured})))
}
