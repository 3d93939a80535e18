//! `POST /_sandbox/webhook`: `{"url", "secret"?, "bearer"?, "signature"?, "message" | "messages"}`. Of several messages,
//! sent as an array, only the first is signed; `signature` is sent instead of the right one.

use super::{receiver, unprocessable};
use crate::client::{Answer, Client, Unreachable};
use crate::fault::BadFault;
use crate::reply::{self, Reply};
use crate::segment::webhook::{self, Payload, Receiver};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

/// Sends what the document says and answers as the receiver did; 502 when it can't be reached, 504 when it is slow.
pub(super) async fn send(document: Result<Value, BadFault>) -> Reply {
    match document.and_then(Order::from_json) {
        Ok(order) => match webhook::send(&Client::new(), &order.receiver, &order.payload).await {
            Ok(answer) => pass_on(answer),
            Err(problem) => unreachable_receiver(&problem),
        },
        Err(bad) => unprocessable(&bad),
    }
}

#[derive(Debug)]
struct Order {
    receiver: Receiver,
    payload: Payload,
}

impl Order {
    fn from_json(document: Value) -> Result<Self, BadFault> {
        let Value::Object(mut fields) = document else {
            return Err(BadFault::new("body", "must be an object with url and message or messages"));
        };
        Ok(Self { receiver: receiver::require(&mut fields)?, payload: payload(&mut fields)? })
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
