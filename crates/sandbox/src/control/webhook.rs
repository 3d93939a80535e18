//! `POST /_sandbox/webhook`: `{"url", "secret"?, "message" | "messages"}`.

use super::unprocessable;
use crate::client::{Answer, Unreachable};
use crate::fault::BadFault;
use crate::reply::{self, Reply};
use crate::segment::webhook::{self, Payload};
use hyper::header::CONTENT_TYPE;
use hyper::{StatusCode, Uri};
use serde_json::{Map, Value, json};

/// Sends what the document says and answers as the receiver did; 502 when it can't be reached, 504 when it is slow.
pub(super) async fn send(document: Result<Value, BadFault>) -> Reply {
    match document.and_then(Order::from_json) {
        Ok(order) => match webhook::send(order.url, order.secret.as_deref(), &order.payload).await {
            Ok(answer) => pass_on(answer),
            Err(problem) => unreachable_receiver(&problem),
        },
        Err(bad) => unprocessable(&bad),
    }
}

#[derive(Debug)]
struct Order {
    url: Uri,
    secret: Option<String>,
    payload: Payload,
}

impl Order {
    fn from_json(document: Value) -> Result<Self, BadFault> {
        let Value::Object(mut fields) = document else {
            return Err(BadFault::new("body", "must be an object with url and message or messages"));
        };
        Ok(Self { url: url(&fields)?, secret: secret(&fields)?, payload: payload(&mut fields)? })
    }
}

fn url(fields: &Map<String, Value>) -> Result<Uri, BadFault> {
    let uri = fields.get("url").and_then(Value::as_str).and_then(|url| url.parse::<Uri>().ok());
    let plain = uri.filter(|uri| uri.scheme_str() == Some("http") && uri.authority().is_some());
    plain.ok_or_else(|| {
        BadFault::new("url", "must be a http:// address such as http://127.0.0.1:7070/webhooks/segment")
    })
}

fn secret(fields: &Map<String, Value>) -> Result<Option<String>, BadFault> {
    match fields.get("secret") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(secret)) => Ok(Some(secret.clone())),
        Some(_) => Err(BadFault::new("secret", "must be a string; leave it out to send without a signature")),
    }
}

fn payload(fields: &mut Map<String, Value>) -> Result<Payload, BadFault> {
    match (fields.remove("message"), fields.remove("messages")) {
        (Some(message), None) => Ok(Payload::One(message)),
        (None, Some(Value::Array(messages))) if !messages.is_empty() => Ok(Payload::Many(messages)),
        (None, Some(_)) => Err(BadFault::new("messages", "must be a list with at least one message")),
        _ => Err(BadFault::new("message", "is needed: give either message or messages")),
    }
}

fn pass_on(answer: Answer) -> Reply {
    let reply = reply::pieces(answer.status, "application/json", [answer.body].into());
    match answer.headers.get(CONTENT_TYPE) {
        Some(content_type) => reply::with(reply, CONTENT_TYPE, content_type),
        None => reply,
    }
}

fn unreachable_receiver(problem: &Unreachable) -> Reply {
    let status = match problem {
        Unreachable::TooSlow => StatusCode::GATEWAY_TIMEOUT,
        Unreachable::BadRequest(_) | Unreachable::Broken(_) => StatusCode::BAD_GATEWAY,
    };
    reply::json(status, &json!({"error": problem.to_string()}))
}
