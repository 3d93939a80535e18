//! What checking a message against a tracking plan costs, beside what reading its JSON costs.
//!
//! The plan is of the usual kind: an event of a dozen properties with types, a pattern, a list of values and a list of
//! products, and a common rule. Target: under 5 µs for a message that keeps to it.

use causeway_segment::plan::Plan;
use serde_json::{Value, json};

fn main() {
    divan::main();
}

fn plan() -> Plan {
    let product = json!({"type": "object", "required": ["product_id"], "properties": {
        "product_id": {"type": "string"}, "position": {"type": "integer", "minimum": 1},
        "price": {"type": "number"}, "quantity": {"type": "integer"}}});
    let own = json!({"type": "object", "properties": {"properties": {
        "type": "object", "required": ["query_id", "products"], "properties": {
            "query": {"type": "string"}, "query_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "search_index": {"type": "string"}, "event_name": {"type": "string"},
            "currency": {"enum": ["EUR", "USD", "GBP"]}, "revenue": {"type": "number", "minimum": 0},
            "coupon": {"type": ["string", "null"]}, "seen_at": {"type": "string", "format": "date-time"},
            "products": {"type": "array", "items": product}}}}});
    let common = json!({"type": "object", "required": ["messageId"], "properties": {
        "context": {"type": "object", "required": ["algolia"]}}});
    let rules = json!([
        {"type": "TRACK", "key": "Search Result Purchased", "version": 1, "jsonSchema": own},
        {"type": "COMMON", "version": 1, "jsonSchema": common},
    ]);
    Plan::load(rules.to_string().as_bytes()).expect("the plan is fine")
}

fn message(revenue: &Value) -> Value {
    let product = |place: u32| json!({"product_id": format!("sku-{place}"), "position": place, "price": 9.99, "quantity": 1});
    json!({
        "type": "track", "event": "Search Result Purchased", "messageId": "causeway-1", "userId": "u-1",
        "timestamp": "2026-11-24T10:00:00.000Z",
        "properties": {
            "query": "winter coat", "query_id": "43b15df305339e827f0ac0bdc5ebcaa7", "search_index": "products",
            "event_name": "Purchased", "currency": "EUR", "revenue": revenue, "coupon": null,
            "seen_at": "2026-11-24T09:59:00Z", "products": [product(1), product(2), product(3)]},
        "context": {"algolia": {"index": "products"}, "integration": {"name": "causeway", "version": "1"}},
    })
}

#[divan::bench]
fn keeps_to_the_plan(bencher: divan::Bencher<'_, '_>) {
    let (plan, message) = (plan(), message(&json!(29.97)));
    assert!(plan.check(&message).is_empty());
    bencher.bench(|| plan.check(&message));
}

#[divan::bench]
fn violates_it_twice(bencher: divan::Bencher<'_, '_>) {
    let (plan, mut message) = (plan(), message(&json!("29.97")));
    message["properties"]["unplanned"] = 1.into();
    assert_eq!(plan.check(&message).len(), 2);
    bencher.bench(|| plan.check(&message));
}

#[divan::bench]
fn reading_the_json_alone(bencher: divan::Bencher<'_, '_>) {
    let text = message(&json!(29.97)).to_string();
    bencher.bench(|| serde_json::from_str::<Value>(&text));
}
