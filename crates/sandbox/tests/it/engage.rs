//! The stand-in Engage.

use crate::support::{Bench, but, receiver};
use serde_json::{Value, json};
use tokio::sync::mpsc;

async fn messages(gotten: &mut mpsc::Receiver<(hyper::HeaderMap, String)>, count: usize) -> Vec<Value> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        bodies.push(serde_json::from_str(&gotten.recv().await.unwrap().1).unwrap());
    }
    bodies
}

#[tokio::test]
async fn a_profile_with_several_identifiers_makes_one_message_for_each() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    let identifiers = json!([{"userId": "u-1"}, {"anonymousId": "a-1"}, {"anonymousId": "a-2"}]);
    let order = json!({"url": url, "secret": "s", "key": "vip", "identifiers": identifiers});
    let answer = bench.post("/_sandbox/segment/audience", &order).await;
    assert_eq!((answer.status, &answer.json()["messages"]), (200, &json!(3)));
    let sent = messages(&mut gotten, 3).await;
    for (message, identifier) in sent.iter().zip(identifiers.as_array().unwrap()) {
        assert_eq!(
            (&message["userId"], &message["anonymousId"]),
            (&identifier["userId"], &identifier["anonymousId"])
        );
        assert_eq!((&message["type"], &message["traits"]), (&json!("identify"), &json!({"vip": true})));
        let personas = &message["context"]["personas"];
        assert_eq!(
            (&personas["computation_class"], &personas["computation_key"]),
            (&json!("audience"), &json!("vip"))
        );
        assert!(personas["computation_id"].as_str().unwrap().starts_with("aud_"));
        assert!(message["messageId"].as_str().unwrap().starts_with("personas_"));
        assert_eq!(message["integrations"], json!({"All": false, "Webhooks (Actions)": true}));
    }
    assert_ne!(sent[1]["messageId"], sent[2]["messageId"]);
}

#[tokio::test]
async fn audiences_journeys_and_computed_traits_have_their_documented_shapes() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    bench.sandbox.echo(json!({"url": url, "name": "Bridge"})).unwrap();
    let base = json!({"key": "vip", "as": "track", "identifiers": [{"userId": "u"}]});
    let left = but(base.clone(), &json!({"entered": false}));
    let journey =
        but(base.clone(), &json!({"class": "journey_step", "value": "true", "event": "Step Reached"}));
    let computed = but(base, &json!({"key": "orders", "value": {"total": 3}}));
    #[rustfmt::skip]
    let table = [
        ("audience", left, "Audience Exited", "audience", json!({"audience_key": "vip", "vip": false})),
        ("audience", journey, "Step Reached", "journey_step", json!({"audience_key": "vip", "vip": "true"})),
        ("trait", computed, "Trait Computed", "computed_trait", json!({"trait_key": "orders", "orders": {"total": 3}})),
    ];
    for (subject, order, event, class, properties) in table {
        assert_eq!(bench.post(&format!("/_sandbox/segment/{subject}"), &order).await.status, 200);
        let message = messages(&mut gotten, 1).await.remove(0);
        assert_eq!((&message["event"], &message["properties"]), (&json!(event), &properties));
        assert_eq!(message["context"]["personas"]["computation_class"], class);
        assert_eq!(message["integrations"]["Bridge"], true);
    }
}

#[tokio::test]
async fn an_order_that_contradicts_itself_is_refused_and_a_refusal_of_the_receiver_is_told() {
    let bench = Bench::new().await;
    let (url, _gotten) = receiver(|_| 401).await;
    let good = json!({"url": url, "key": "vip", "identifiers": [{"userId": "u"}], "batch": 10});
    for (subject, change, field) in [
        ("audience", json!({"entered": false, "value": true}), "value"),
        ("audience", json!({"class": "computed_trait"}), "class"),
        ("audience", json!({"identifiers": []}), "identifiers"),
        ("audience", json!({"identifiers": [{}]}), "identifiers"),
        ("audience", json!({"as": "group"}), "body"),
        ("trait", json!({"entered": true}), "entered"),
        ("trait", json!({"class": "audience"}), "class"),
    ] {
        let answer = bench.post(&format!("/_sandbox/segment/{subject}"), &but(good.clone(), &change)).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some(field)), "{change}");
    }
    let homeless = json!({"key": "vip", "identifiers": [{"userId": "u"}]});
    assert_eq!(bench.post("/_sandbox/segment/audience", &homeless).await.json()["field"], "url");
    let answer = bench.post("/_sandbox/segment/audience", &good).await;
    assert_eq!((answer.status, answer.json()), (502, json!({"messages": 1, "answers": [{"status": 401}]})));
}
