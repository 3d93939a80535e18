//! Clients: each sends the events of a few persons in order, and sends again until it is answered.

use crate::sim::{Alive, Fate, Kind, Sent, Sim, object, pass};
use axum::body::Body;
use http::Request;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// A call of this many bytes is too large for Segment, or nearly.
const LARGE: std::ops::Range<usize> = 31_000..33_000;

struct Post {
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    sent: Vec<Sent>,
}

struct Client {
    sim: Arc<Sim>,
    dice: StdRng,
    persons: Vec<(usize, u32)>,
}

/// Sends all that the plan has for this client.
pub(crate) async fn shop(sim: Arc<Sim>, number: usize) {
    let persons = sim.plan.persons;
    let persons = (number * persons..(number + 1) * persons).map(|person| (person, 0)).collect();
    let mut client = Client { dice: sim.dice(500 + number as u64), sim, persons };
    let mut webhooks: Vec<Value> = Vec::new();
    for _ in 0..client.sim.plan.requests {
        let busy = client.dice.random_bool(0.3);
        pass(&mut client.dice, if busy { 0..20 } else { 100..6_000 }).await;
        let post = match client.dice.random_range(0..10) {
            0..7 => client.events(),
            7 => client.call(),
            _ => client.webhook(&mut webhooks),
        };
        client.send(post).await;
        if let Some(webhook) = webhooks.pop_if(|_| client.dice.random_bool(0.5)) {
            client.send(again(&webhook)).await;
        }
    }
}

/// The same webhook once more, written another way, as Segment sends what it had no answer for.
fn again(webhook: &Value) -> Post {
    let members: serde_json::Map<String, Value> =
        webhook.as_object().unwrap().clone().into_iter().rev().collect();
    webhook_post(&format!("{:#}", Value::Object(members)), Vec::new())
}

fn webhook_post(body: &str, sent: Vec<Sent>) -> Post {
    Post {
        path: "/webhooks/segment",
        headers: &[("authorization", "Bearer token")],
        body: body.to_owned(),
        sent,
    }
}

fn sent(object: &str, kind: Kind) -> Sent {
    Sent { object: object.to_owned(), kind, fate: Fate::Accepted, times: 0 }
}

impl Client {
    /// Somebody, and the number of the person's next event.
    fn next(&mut self) -> (usize, u32) {
        let place = self.dice.random_range(0..self.persons.len());
        let (person, number) = &mut self.persons[place];
        *number += 1;
        self.sim.seen().begun.insert(*person, *number);
        (*person, *number - 1)
    }

    fn events(&mut self) -> Post {
        let count = self.dice.random_range(1..=self.sim.plan.events);
        let (events, sent): (Vec<Value>, Vec<Vec<Sent>>) = (0..count).map(|_| self.event()).unzip();
        Post {
            path: "/1/events",
            headers: &[("x-algolia-application-id", "APP"), ("x-algolia-api-key", "intake")],
            body: json!({ "events": events }).to_string(),
            sent: sent.concat(),
        }
    }

    fn event(&mut self) -> (Value, Vec<Sent>) {
        let (person, number) = self.next();
        let (kind, part) = match self.dice.random_range(0..30) {
            0 => (Kind::PoisonForSegment, 100),
            1 => (Kind::PoisonForAlgolia, 200),
            2 => (Kind::Invalid, 0),
            _ => (Kind::Event, 0),
        };
        let is_click = self.dice.random_bool(0.3);
        let first = object(person, number, if is_click { 0 } else { part });
        let mut objects = vec![first.clone()];
        // Of a click Segment gets one message for each object.
        objects.extend(is_click.then(|| object(person, number, part + 1)));
        let at = self.sim.true_now() + i64::from(number);
        let mut event = json!({
            "eventName": "Seen", "eventType": if is_click { "click" } else { "view" }, "index": "products",
            "userToken": format!("p{person}"), "timestamp": at, "objectIDs": objects,
        });
        if self.dice.random_bool(0.2) {
            event["authenticatedUserToken"] = format!("u{person}").into();
        }
        if kind == Kind::Invalid {
            event["index"] = Value::Null;
        }
        (event, objects.iter().map(|object| sent(object, kind)).collect())
    }

    fn track(&mut self, event: &str) -> (String, Value) {
        let (person, number) = self.next();
        let object = object(person, number, 0);
        let at = jiff::Timestamp::from_millisecond(self.sim.true_now()).unwrap();
        let track = json!({
            "type": "track", "event": event, "messageId": format!("m-{object}"), "anonymousId": format!("p{person}"),
            "timestamp": at.to_string(), "properties": {"product_id": object, "search_index": "products"},
        });
        (object, track)
    }

    fn webhook(&mut self, webhooks: &mut Vec<Value>) -> Post {
        let (object, track) = self.track("Product Viewed");
        // With a clock that is days off, it would not be known again.
        if !self.sim.plan.is_out_of_time() {
            webhooks.push(track.clone());
        }
        webhook_post(&track.to_string(), vec![sent(&object, Kind::Webhook)])
    }

    fn call(&mut self) -> Post {
        let (object, mut track) = self.track("Thing Done");
        let is_large = self.dice.random_bool(0.1);
        if is_large {
            let padding = self.dice.random_range(LARGE) - track.to_string().len();
            track["properties"]["padding"] = "x".repeat(padding).into();
        }
        let kind = if is_large { Kind::LargeCall } else { Kind::Call };
        // The write key, as Basic authentication has it.
        let headers: &[_] = &[("authorization", "Basic d3JpdGUta2V5Og==")];
        Post { path: "/v1/track", headers, body: track.to_string(), sent: vec![sent(&object, kind)] }
    }

    /// Sends until there is an answer that says whether it was accepted.
    async fn send(&mut self, mut post: Post) {
        let mut times = 0;
        let fate = loop {
            times += 1;
            let status = attempt(&self.sim, &post).await;
            match status {
                Some(200) => break Fate::Accepted,
                Some(status @ 400..=499) if status != 429 => break Fate::Refused,
                _ => pass(&mut self.dice, 50..1_500).await,
            }
        };
        self.sim.tell(|| {
            format!(
                "{fate:?} after {times}: {} {:?}",
                post.path,
                post.sent.iter().map(|sent| &sent.object).collect::<Vec<_>>()
            )
        });
        post.sent.iter_mut().for_each(|sent| (sent.fate, sent.times) = (fate, times));
        let seen = &mut *self.sim.seen();
        for (person, number) in &self.persons {
            seen.accepted.insert(*person, *number);
        }
        seen.sent.extend(post.sent);
    }
}

/// The status that came back; nothing if the process is away, or dies before it answers.
async fn attempt(sim: &Arc<Sim>, post: &Post) -> Option<u16> {
    let mut alive = sim.alive.subscribe();
    let process: Alive = alive.borrow_and_update().clone()?;
    let mut request = Request::post(post.path);
    for (name, value) in post.headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(post.body.clone())).unwrap();
    let answer = process.router.clone().oneshot(request);
    tokio::select! {
        biased;
        _ = alive.changed() => None,
        answer = tokio::time::timeout(Duration::from_secs(10), answer) => Some(answer.ok()?.unwrap().status().as_u16()),
    }
}
