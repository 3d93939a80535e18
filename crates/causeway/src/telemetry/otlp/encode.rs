//! OTLP in JSON: ids in hexadecimal, 64-bit numbers as text.

use super::Context;
use super::logs::Log;
use super::span::{Kind, Span, Value as Attribute};
use serde_json::{Value, json};

/// Who exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) service: String,
}

impl Resource {
    fn shown(&self) -> Value {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        json!({"attributes": [
            text("service.name", &self.service),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ]})
    }
}

fn scope() -> Value {
    json!({"name": "causeway", "version": env!("CARGO_PKG_VERSION")})
}

/// The body for `/v1/traces`.
pub(super) fn spans(resource: &Resource, spans: &[Span]) -> Value {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{"resource": resource.shown(), "scopeSpans": [{"scope": scope(), "spans": spans}]}]})
}

/// The body for `/v1/logs`.
pub(super) fn logs(resource: &Resource, logs: &[Log]) -> Value {
    let logs: Vec<Value> = logs.iter().map(log).collect();
    json!({"resourceLogs": [{"resource": resource.shown(), "scopeLogs": [{"scope": scope(), "logRecords": logs}]}]})
}

fn span(span: &Span) -> Value {
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    let links: Vec<Value> = span.links.iter().map(|link| json!(ids(*link))).collect();
    let mut shown = ids(span.context);
    shown.insert("name".to_owned(), json!(span.name));
    shown.insert("kind".to_owned(), json!(kind));
    if let Some(parent) = span.parent {
        shown.insert("parentSpanId".to_owned(), json!(hex::encode(parent.span)));
    }
    shown.insert("startTimeUnixNano".to_owned(), json!(span.start.to_string()));
    shown.insert("endTimeUnixNano".to_owned(), json!(span.end.to_string()));
    let named: Vec<Value> = span.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    shown.insert("attributes".to_owned(), json!(named));
    shown.insert("links".to_owned(), json!(links));
    shown.insert("status".to_owned(), json!({"code": if span.failed { 2 } else { 0 }}));
    Value::Object(shown)
}

fn ids(context: Context) -> serde_json::Map<String, Value> {
    let ids = [("traceId", hex::encode(context.trace)), ("spanId", hex::encode(context.span))];
    ids.into_iter().map(|(key, id)| (key.to_owned(), id.into())).collect()
}

fn attribute(key: &str, value: &Attribute) -> Value {
    match value {
        Attribute::Text(text) => json!({"key": key, "value": {"stringValue": text}}),
        Attribute::Number(number) => json!({"key": key, "value": {"intValue": number.to_string()}}),
    }
}

fn log(log: &Log) -> Value {
    let attributes: Vec<Value> =
        log.fields.iter().map(|(key, value)| json!({"key": key, "value": {"stringValue": value}})).collect();
    json!({
        "timeUnixNano": log.at.to_string(), "severityNumber": log.severity(), "severityText": log.level.as_str(),
        "body": {"stringValue": log.message}, "attributes": attributes,
    })
}
