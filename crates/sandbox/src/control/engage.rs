//! `POST /_sandbox/segment/audience` and `…/trait`: makes the stand-in Engage send what it computed, by webhook, at once
//! and once: one message for each identifier.

use super::receiver;
use super::unprocessable;
use crate::client::Client;
use crate::clock::now_ms;
use crate::fault::BadFault;
use crate::reply::{self, Reply};
use crate::segment::engage::{Class, Computation, Form, Identifier};
use crate::segment::webhook::{self, Payload, Receiver, WEBHOOKS};
use crate::world::World;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What an order says besides the receiver. `entered` belongs to audiences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    key: String,
    identifiers: Vec<Identifier>,
    #[serde(default, rename = "as")]
    form: Form,
    class: Option<Class>,
    entered: Option<bool>,
    value: Option<Value>,
    event: Option<String>,
    #[serde(default)]
    batch: Option<usize>,
}

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Audience,
    Trait,
}

/// Sends and answers 200 with the receiver's answers; 502 when one of them isn't 2xx.
pub(super) async fn send(world: &World, subject: Subject, document: Result<Value, BadFault>) -> Reply {
    match document.and_then(|document| prepare(world, subject, document)) {
        Ok((receiver, payloads)) => deliver(&receiver, payloads).await,
        Err(bad) => unprocessable(&bad),
    }
}

async fn deliver(receiver: &Receiver, payloads: Vec<Payload>) -> Reply {
    let (client, mut answers, mut all_taken) = (Client::new(), Vec::new(), true);
    for payload in &payloads {
        let answer = webhook::send(&client, receiver, payload).await;
        all_taken &= answer.as_ref().is_ok_and(|answer| answer.status.is_success());
        answers.push(match answer {
            Ok(answer) => json!({"status": answer.status.as_u16()}),
            Err(problem) => json!({"error": problem.to_string()}),
        });
    }
    let status = if all_taken { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    let messages = payloads.iter().map(Payload::len).sum::<usize>();
    reply::json(status, &json!({"messages": messages, "answers": answers}))
}

fn prepare(world: &World, subject: Subject, document: Value) -> Result<(Receiver, Vec<Payload>), BadFault> {
    let Value::Object(mut fields) = document else {
        return Err(BadFault::new("body", "must be an object with key and identifiers"));
    };
    let named = receiver::take(&mut fields)?;
    let echo = world.echo();
    let running = echo.as_ref().map(|echo| &echo.destination);
    let receiver = named.or_else(|| running.map(|running| running.receiver.clone()));
    let receiver =
        receiver.ok_or_else(|| BadFault::new("url", "is missing, and there is no echo to take it from"))?;
    let name = running.map_or(WEBHOOKS, |running| running.name.as_str()).to_owned();
    drop(echo);
    let order = Order::parse(fields)?;
    let (batch, identifiers) = (order.batch.unwrap_or(1), order.identifiers.clone());
    let computation = order.computation(subject, name)?;
    Ok((receiver, payloads(messages(world, &computation, &identifiers), batch)))
}

fn messages(world: &World, computation: &Computation, identifiers: &[Identifier]) -> Vec<Value> {
    let now = now_ms();
    let mut memory = world.memory();
    let message = |identifier| {
        memory.assigned += 1;
        computation.message(identifier, now, memory.assigned)
    };
    identifiers.iter().map(message).collect()
}

fn payloads(messages: Vec<Value>, batch: usize) -> Vec<Payload> {
    match batch {
        0 | 1 => messages.into_iter().map(Payload::One).collect(),
        batch => messages.chunks(batch).map(|chunk| Payload::Many(chunk.to_vec())).collect(),
    }
}

impl Order {
    fn parse(fields: Map<String, Value>) -> Result<Self, BadFault> {
        let order = serde_json::from_value::<Self>(Value::Object(fields));
        let order = order.map_err(|error| BadFault::new("body", format!("is no order: {error}")))?;
        let named =
            |identifier: &Identifier| identifier.user_id.is_some() || identifier.anonymous_id.is_some();
        if order.identifiers.is_empty() || !order.identifiers.iter().all(named) {
            return Err(BadFault::new(
                "identifiers",
                "must be objects with userId or anonymousId, at least one",
            ));
        }
        Ok(order)
    }

    fn computation(self, subject: Subject, destination: String) -> Result<Computation, BadFault> {
        let (class, value, event) = match subject {
            Subject::Audience => self.membership()?,
            Subject::Trait => self.computed()?,
        };
        let event = self.event.unwrap_or_else(|| event.to_owned());
        Ok(Computation { key: self.key, class, value, form: self.form, event, destination })
    }

    /// Membership is a boolean, or its word as a string, as journeys send it.
    fn membership(&self) -> Result<(Class, Value, &'static str), BadFault> {
        let entered = self.entered.unwrap_or(true);
        let value = self.value.clone().unwrap_or(entered.into());
        let class = self.class.unwrap_or(Class::Audience);
        match () {
            () if !class.is_membership() => Err(BadFault::new("class", "must be audience or journey_step")),
            () if value != json!(entered) && value != json!(entered.to_string()) => {
                Err(BadFault::new("value", format!("must be {entered} or \"{entered}\", as entered says")))
            }
            () => Ok((class, value, if entered { "Audience Entered" } else { "Audience Exited" })),
        }
    }

    fn computed(&self) -> Result<(Class, Value, &'static str), BadFault> {
        let class = self.class.unwrap_or(Class::ComputedTrait);
        let value = self.value.clone().unwrap_or_default();
        match () {
            () if class.is_membership() => Err(BadFault::new("class", "must be trait or computed_trait")),
            () if self.entered.is_some() => Err(BadFault::new("entered", "belongs to audiences; give value")),
            () => Ok((class, value, "Trait Computed")),
        }
    }
}
