//! The recipe `commerce-events`: what becomes of Segment's e-commerce events at Algolia.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod any_message;
mod consent;
mod samples;
mod traps;

use causeway_algolia::insights::{Rules, parse_event};
use causeway_engine::flow::{Definition, Flow};
use causeway_engine::{recipes, trial};
use serde_json::{Value, json};

/// 2026-11-24.
const NOW: i64 = 1_795_500_000_000;
const AT: &str = "2026-11-24T06:30:00.000Z";
const QUERY: &str = "43b15df305339e827f0ac0bdc5ebcaa7";
const OTHER_QUERY: &str = "0123456789abcdef0123456789abcdef";

/// The recipe, with an index and these settings.
fn recipe(settings: Value) -> Flow {
    let text = recipes::definition(recipes::COMMERCE_EVENTS, recipes::Naming::Search).unwrap();
    let mut definition = Definition::parse(text, "recipe").unwrap();
    definition.settings.insert("index".to_owned(), "products".into());
    let Value::Object(settings) = settings else { panic!("settings are an object") };
    definition.settings.extend(settings);
    Flow::compile(&definition, &|_| Err("no plan".to_owned())).unwrap()
}

/// A track call of somebody who is logged in.
fn track(event: &str, properties: Value) -> Value {
    let mut message = json!({"type": "track", "event": event, "messageId": "m-1", "timestamp": AT,
        "anonymousId": "anonymous-1", "userId": "u-7"});
    message["properties"] = properties;
    message
}

fn tried(flow: &Flow, message: &Value) -> Value {
    let answer = trial::run(flow, message.to_string().as_bytes(), &trial::Conditions::at(NOW));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    for event in answer["output"].as_array().unwrap() {
        assert_lawful(event);
    }
    answer
}

/// Held against the rules of the intake, and against the keys that Insights documents.
fn assert_lawful(event: &Value) {
    let text = event.to_string();
    let read = parse_event(&text, &Rules { max_age_ms: i64::MAX, max_future_ms: i64::MAX }, NOW);
    let read = read.unwrap_or_else(|refusal| panic!("{refusal}: {event:#}"));
    assert!(read.extra.is_empty(), "{event:#}");
    let mut sent = Vec::new();
    read.write_json(i64::MAX, &mut sent);
    assert_eq!(serde_json::from_slice::<Value>(&sent).unwrap(), *event, "it is in the documented form");
}

/// The events that the recipe with these settings makes.
fn events_with(settings: Value, message: &Value) -> Vec<Value> {
    let answer = tried(&recipe(settings), message);
    assert_eq!(answer["outcome"], "mapped", "{answer:#}");
    answer["output"].as_array().unwrap().clone()
}

fn events(message: &Value) -> Vec<Value> {
    events_with(json!({}), message)
}

/// The only event.
fn event(message: &Value) -> Value {
    let mut events = events(message);
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn rejected(settings: Value, message: &Value) -> String {
    let answer = tried(&recipe(settings), message);
    assert_eq!(answer["outcome"], "rejected", "{answer:#}");
    answer["reason"].as_str().unwrap().to_owned()
}

fn products(count: usize) -> Value {
    (0..count).map(|n| json!({"product_id": format!("p{n}"), "price": 2, "quantity": 1})).collect()
}
