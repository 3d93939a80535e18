//! The other way: what Segment knows of people reaches Algolia and changes searches.

use crate::events::click;
use crate::profiles::keeps_records;
use crate::stage::{Scene, Stage};
use causeway::config::settings::{Naming, Settings};
use causeway_engine::search_context::RuleSettings;
use serde_json::{Value, json};

const SECRET: &str = "shared-secret";

/// Both recipes that keep records, in one index, and a rule.
pub(crate) fn other_way(settings: &mut Settings) {
    keeps_records(settings);
    let table = |table| toml::Value::Table(table);
    let traits = table(toml::toml! { traits = ["plan", "favourite_brand"]
    index = "people" });
    settings.recipes.insert("trait-sync".to_owned(), traits);
    settings.recipes.insert("audience-sync".to_owned(), table(toml::toml! { index = "people" }));
    settings.segment.webhook_secret = Some(SECRET.into());
    settings.search_context.rules = vec![RuleSettings {
        when: Some("traits.plan = \"gold\" and traits.vip = true".to_owned()),
        rule_contexts: vec!["gold".to_owned()],
        optional_filters: vec!["brand:{{traits.favourite_brand}}<score=3>".to_owned()],
        ..RuleSettings::default()
    }];
}

pub(crate) async fn webhook(stage: &Stage, message: &Value) {
    let body = message.to_string();
    let signature = causeway_segment::webhook::signature(body.as_bytes(), SECRET);
    let headers = [("x-signature", signature.as_str())];
    let answer = stage.send("POST", "/webhooks/segment", &headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn context(stage: &Stage, token: &str) -> Value {
    let answer = stage.send("GET", &format!("/v1/search-context/{token}"), &[], String::new()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn entered(id: &str, anonymous: &str) -> Value {
    json!({
        "type": "track", "event": "Anything", "messageId": id, "userId": "u-1", "anonymousId": anonymous,
        "properties": {"audience_key": "vip", "vip": true},
        "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
        "integrations": {"All": false, "Webhooks": true},
    })
}

fn identify(id: &str, user: &str, traits: &Value) -> Value {
    json!({"type": "identify", "messageId": id, "userId": user, "traits": traits})
}

#[test]
fn a_trait_and_an_audience_reach_the_record_and_the_search_context_of_every_token() {
    Scene::new().with(other_way).play(async |stage| {
        let traits = json!({"plan": "gold", "favourite_brand": "Acme", "email": "ann@example.com"});
        webhook(stage, &identify("m-1", "u-1", &traits)).await;
        for number in 0..5 {
            webhook(stage, &entered(&format!("e-{number}"), &format!("a-{number}"))).await;
        }
        let vip = || {
            let records = stage.sandbox.records("people");
            records.first().is_some_and(|kept| kept["record"]["audiences"] == json!(["vip"]))
        };
        stage.until("the audience is in the record", vip).await;
        // The record has it with the first of the five, the fourth token's context with the fourth.
        stage.settled().await;
        let record = &stage.sandbox.records("people")[0]["record"];
        let expected =
            json!({"objectID": "u-1", "plan": "gold", "favourite_brand": "Acme", "audiences": ["vip"]});
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(&record[key], value, "{record}");
        }
        assert!(record.get("email").is_none());
        assert_eq!(stage.sandbox.writes().len(), 2, "{:?}", stage.sandbox.writes());
        for (asked, token) in [("u-1", "u-1"), ("a-3", "a-3")] {
            let expected = json!({
                "userToken": token, "ruleContexts": ["gold", "audience_vip"],
                "optionalFilters": ["brand:Acme<score=3>"],
            });
            assert_eq!(context(stage, asked).await, expected);
        }
        assert_eq!(context(stage, "stranger").await, json!({"userToken": "stranger"}));
    });
}

#[test]
fn identifies_that_change_nothing_cause_no_call() {
    Scene::new().with(other_way).play(async |stage| {
        webhook(stage, &identify("first", "u-1", &json!({"plan": "gold"}))).await;
        let batch: Vec<Value> = (0..2_000)
            .map(|n| identify(&format!("m-{n}"), "u-1", &json!({"plan": "gold", "visits": n})))
            .collect();
        for part in batch.chunks(500) {
            let body = json!({"batch": part, "writeKey": "sandbox-write-key"});
            let answer = stage.send("POST", "/v1/batch", &[], body.to_string()).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        stage.settled().await;
        assert_eq!(stage.sandbox.writes().len(), 1);
    });
}

#[test]
fn a_search_context_is_not_for_everybody() {
    let closed = |settings: &mut Settings| settings.search_context.token = Some("secret".into());
    Scene::new().with(closed).play(async |stage| {
        let ask = async |headers: &[(&str, &str)]| {
            stage.send("GET", "/v1/search-context/u-1", headers, String::new()).await.status
        };
        assert_eq!(ask(&[]).await, 401);
        assert_eq!(ask(&[("authorization", "Bearer wrong")]).await, 401);
        assert_eq!(ask(&[("authorization", "Bearer secret")]).await, 200);
    });
    Scene::new().play(async |stage| {
        let page = [("host", "evil.example")];
        assert_eq!(stage.send("GET", "/v1/search-context/u-1", &page, String::new()).await.status, 401);
    });
}

#[test]
fn nothing_goes_round_with_both_directions_on_and_segment_handing_everything_back() {
    let both = |settings: &mut Settings| {
        other_way(settings);
        settings.segment.forward_calls = true;
        // What comes of a click has the very name that commerce-events listens to.
        settings.segment.naming = Naming::Ecommerce;
        let commerce = toml::toml! { index = "products" };
        settings.recipes.insert("commerce-events".to_owned(), toml::Value::Table(commerce));
    };
    Scene::new().with(both).play(async |stage| {
        let url = format!("http://{}/webhooks/segment", stage.bridge().public);
        stage.sandbox.echo(json!({"url": url, "secret": SECRET})).unwrap();
        let order = json!({
            "type": "track", "event": "Order Completed", "messageId": "order-1", "userId": "u-1", "anonymousId": "a-1",
            "properties": {"revenue": 10, "currency": "EUR", "products": [{"product_id": "sku-1", "price": 10, "quantity": 1}]},
            "writeKey": "sandbox-write-key",
        });
        let answer = stage.send("POST", "/v1/track", &[], order.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        stage.accept(&[click("a-2", "sku-2")]).await;
        let all_came_back = || {
            let counts = stage.sandbox.echoed().unwrap_or_default();
            counts.delivered >= 2 && counts.waiting == 0
        };
        stage.until("all that Segment took came back", all_came_back).await;
        stage.settled().await;
        let (messages, events) = (stage.sandbox.messages().len(), stage.sandbox.events().len());
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        stage.settled().await;
        assert_eq!((stage.sandbox.messages().len(), stage.sandbox.events().len()), (messages, events));
        assert_eq!(events, 2, "the order and the click, once each: {:?}", stage.sandbox.events());
    });
}
