//! Mappings that run once per item of a list.

use causeway_engine::flow::{Definition, Flow};
use causeway_engine::trial;
use serde_json::{Value, json};

const NOW: i64 = 1_795_000_000_000;

const FLOW: &str = r#"
name = "views"

[[subscriptions]]
name = "One by one"
each = "$.properties.products"
[subscriptions.mapping]
event = "Seen"
[subscriptions.mapping.properties]
product_id = { "@path" = "$.item.product_id" }

[[subscriptions]]
name = "All together"
[subscriptions.mapping]
event = "All Seen"
[subscriptions.mapping.properties]
item = { "@path" = "$.item" }
"#;

#[test]
fn an_item_is_seen_by_its_own_subscription_only() {
    let flow =
        Flow::compile(&Definition::parse(FLOW, "views.toml").unwrap(), &|_| Err(String::new())).unwrap();
    let event = json!({"eventType": "view", "eventName": "Seen", "index": "products", "userToken": "u1",
        "timestamp": NOW, "objectIDs": ["a", "b"]});
    let answer = trial::run(&flow, event.to_string().as_bytes(), &trial::Conditions::at(NOW));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let properties: Vec<_> =
        answer["output"].as_array().unwrap().iter().map(|message| &message["properties"]).collect();
    assert_eq!(properties, [&json!({"product_id": "a"}), &json!({"product_id": "b"}), &json!({})]);
}
