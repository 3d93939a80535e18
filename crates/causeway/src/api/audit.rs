//! Every change through the admin API is noted before it is answered; `GET /api/audit` shows what was noted.

use super::Admin;
use super::access::Access;
use super::extract::Query;
use super::problem::{Problem, blocking};
use crate::audit::{self, Entry, Who};
use crate::moment;
use crate::pipeline::worker::Request as Order;
use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// The header in which a caller names themselves.
pub const ACTOR: &str = "causeway-actor";

/// Ways that change nothing though they are posted to.
const HARMLESS: [&str; 2] = ["/test", "/whatif"];

/// How many entries are shown when the caller does not say.
const DEFAULT_LIMIT: usize = 100;

/// What a handler adds to the entry of its request.
#[derive(Debug, Clone, Default)]
pub(super) struct Details(Arc<Mutex<Said>>);

#[derive(Debug, Clone, Default)]
struct Said {
    nothing: bool,
    target: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

impl Details {
    /// Nothing is changed after all.
    pub(super) fn nothing(&self) {
        self.with(|said| said.nothing = true);
    }

    /// What is changed.
    pub(super) fn target(&self, target: impl Into<String>) {
        self.with(|said| said.target = Some(target.into()));
    }

    /// What it was, and what it is now.
    pub(super) fn change(&self, before: Option<String>, after: Option<String>) {
        self.with(|said| (said.before, said.after) = (before, after));
    }

    fn with(&self, act: impl FnOnce(&mut Said)) {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn said(&self) -> Said {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the layer needs.
#[derive(Clone)]
pub(super) struct Auditor {
    admin: Arc<Admin>,
    by: &'static str,
}

impl Auditor {
    pub(super) fn new(admin: Arc<Admin>, access: &Access) -> Self {
        Self { admin, by: if access.asks_for_a_token() { "admin token" } else { "loopback" } }
    }
}

pub(super) async fn layer(State(auditor): State<Auditor>, mut request: Request, next: Next) -> Response {
    let (entry, details) = (begun(&auditor, &request), Details::default());
    request.extensions_mut().insert(details.clone());
    let response = next.run(request).await;
    let Some(entry) = entry else { return response };
    let said = details.said();
    if response.status().is_success() && !said.nothing {
        let target = said.target.unwrap_or(entry.target);
        let entry = Entry { target, before: said.before, after: said.after, ..entry };
        keep(&auditor.admin, &entry).await;
    }
    response
}

/// The entry of a request that may change something.
fn begun(auditor: &Auditor, request: &Request) -> Option<Entry> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let tries = request.uri().query().is_some_and(|query| query.contains("dry_run=true"));
    if reads || tries || HARMLESS.iter().any(|end| path.ends_with(end)) {
        return None;
    }
    let name = request.headers().get(ACTOR).and_then(|name| name.to_str().ok());
    Some(Entry {
        who: Who::new(auditor.by, name),
        action: format!("{} {path}", request.method()),
        target: target(path, request.uri().path()),
        before: None,
        after: None,
        summary: None,
    })
}

/// The variable parts of a path.
fn target(pattern: &str, path: &str) -> String {
    let parts = pattern.split('/').zip(path.split('/')).filter(|(pattern, _)| pattern.starts_with('{'));
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = parts.map(|(_, part)| decoded(part)).collect();
    let id = parts.join("/");
    if pattern.starts_with("/api/persons/") { audit::person(&id) } else { id }
}

/// The change is done, so it is answered also where noting it fails; the log has it then.
async fn keep(admin: &Admin, entry: &Entry) {
    let (answer, answered) = tokio::sync::oneshot::channel();
    admin.worker.ask(Order::Resolve(audit::change(entry, admin.clock.now()), answer));
    if answered.await.is_err() {
        tracing::error!(who = %entry.who, action = entry.action, target = entry.target, "a change could not be noted");
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    since: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let now = admin.clock.now();
    let since = asked.since.map(|text| moment::parse(&text, now)).transpose();
    let since = since.map_err(|message| Problem::bad(format!("since: {message}")))?.unwrap_or(i64::MIN);
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT);
    let entries = blocking(move || Ok(audit::read(&*admin.state, since, limit)?)).await?;
    Ok(Json(json!({ "entries": entries })))
}
