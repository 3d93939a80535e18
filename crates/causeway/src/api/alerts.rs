//! `GET /api/alerts`, `POST /api/alerts/test` and `POST /api/alerts/acknowledge`

use super::Admin;
use super::audit::Details;
use super::extract::Bytes;
use super::problem::Problem;
use crate::alerts::Alerts;
use crate::alerts::book::{Alert, Book, Past};
use crate::alerts::receivers::Failure;
use crate::moment;
use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a name that somebody acknowledges under.
const MAX_NAME: usize = 100;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    receiver: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledge {
    key: String,
    by: Option<String>,
}

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Json<Value> {
    let view = admin.alerts.view();
    let mut shown = shown(&view.kept.book);
    let addresses = admin.alerts.receivers.addresses().into_iter();
    let receivers = addresses.map(|address| {
        let waiting = view.kept.post.due(&address.receiver).len();
        let failing = view.failing.get(&address.receiver);
        json!({"receiver": address.receiver, "at_least": address.at_least, "waiting": waiting, "failing": failing})
    });
    shown.insert("receivers".to_owned(), receivers.collect());
    shown.insert("quiet".to_owned(), view.quiet.into());
    Json(Value::Object(shown))
}

pub(super) async fn test(
    State(admin): State<Arc<Admin>>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let Test { receiver } = if body.is_empty() { Test::default() } else { read(&body)? };
    let receivers = &admin.alerts.receivers;
    let ids = receivers.named(receiver.as_deref());
    match receiver {
        Some(name) if ids.is_empty() => Err(Problem::not_found("receiver", &name)),
        None if ids.is_empty() => Err(Problem::new(StatusCode::CONFLICT, NOBODY)),
        _ => Ok(Json(results(&Alerts::test(receivers, ids, admin.clock.now()).await))),
    }
}

pub(super) async fn acknowledge(
    State(admin): State<Arc<Admin>>,
    Extension(details): Extension<Details>,
    Bytes(body): Bytes,
) -> Result<Json<Value>, Problem> {
    let Acknowledge { key, by } = read(&body)?;
    let by = by.unwrap_or_else(|| "an operator".to_owned());
    if by.is_empty() || by.len() > MAX_NAME || by.chars().any(char::is_control) {
        return Err(Problem::bad(format!("by: give a name of at most {MAX_NAME} bytes")));
    }
    details.target(key.as_str());
    if admin.alerts.acknowledge(&key, &by).await {
        return Ok(Json(json!({"key": key, "acknowledged": by})));
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        format!(
            "there is no alert {key:?} that somebody was told of; what is pending can't be acknowledged yet"
        ),
    ))
}

/// What is said where nobody is told anything.
pub const NOBODY: &str = "nobody is told: there is no receiver; see the handbook's chapter on alerts";

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad(format!("the body: {error}")))
}

/// What came of a test, for each receiver.
pub fn results(results: &BTreeMap<String, Result<(), Failure>>) -> Value {
    let result = |(receiver, result): (&String, &Result<(), Failure>)| {
        let error = result.as_ref().err().map(ToString::to_string);
        json!({"receiver": receiver, "sent": result.is_ok(), "error": error})
    };
    json!({"results": results.iter().map(result).collect::<Vec<_>>()})
}

/// What is open and what was lately, the latest first.
pub fn shown(book: &Book) -> Map<String, Value> {
    let open: Vec<Value> = book.open.values().map(shown_open).collect();
    let recent: Vec<Value> = book.recent.iter().rev().map(shown_past).collect();
    Map::from_iter([("open".to_owned(), open.into()), ("recent".to_owned(), recent.into())])
}

/// Where an alert stands: `pending` before it is told, `firing`, `recovering` while it seems to be over.
pub fn state(alert: &Alert) -> &'static str {
    match (alert.told, alert.fine_since) {
        (None, _) => "pending",
        (Some(_), None) => "firing",
        (Some(_), Some(_)) => "recovering",
    }
}

fn shown_open(alert: &Alert) -> Value {
    let finding = &alert.finding;
    json!({
        "key": finding.key, "state": state(alert), "severity": finding.severity, "title": finding.title,
        "text": finding.text, "facts": finding.facts, "handbook": finding.page, "since": moment::print(alert.since),
        "told_at": alert.told.map(|told| moment::print(told.at)), "acknowledged": alert.acknowledged,
    })
}

fn shown_past(past: &Past) -> Value {
    let finding = &past.finding;
    json!({
        "key": finding.key, "severity": finding.severity, "title": finding.title, "facts": finding.facts,
        "handbook": finding.page, "since": moment::print(past.since), "until": moment::print(past.until),
    })
}
