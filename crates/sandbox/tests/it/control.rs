//! The control endpoints.

use crate::support::{Bench, but, click, receiver};
use causeway_sandbox::Options;
use serde_json::{Value, json};

async fn with_messages(options: Options) -> Bench {
    let bench = Bench::with(options).await;
    let message = |n: usize| json!({"type": "track", "event": format!("E{}", n % 2), "userId": format!("u{n}"), "messageId": format!("m{n}")});
    bench.segment("batch", &json!({"batch": (0..5).map(message).collect::<Vec<_>>()})).await;
    bench
}

fn ids(document: &Value) -> Vec<&str> {
    document.as_array().unwrap().iter().map(|message| message["messageId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_listed_filtered_and_paged() {
    let bench = with_messages(Options::default()).await;
    for (query, expected) in [
        ("", vec!["m0", "m1", "m2", "m3", "m4"]),
        ("?limit=2", vec!["m0", "m1"]),
        ("?limit=2&after=2", vec!["m2", "m3"]),
        ("?event=E1", vec!["m1", "m3"]),
        ("?userId=u4", vec!["m4"]),
        ("?messageId=m2&event=E1", vec![]),
    ] {
        let answer = bench.get(&format!("/_sandbox/segment/messages{query}")).await;
        assert_eq!(ids(&answer.json()), expected, "{query}");
    }
    assert_eq!(bench.get("/_sandbox/segment/messages?limit=2&after=2").await.header("sandbox-last"), "4");
    assert_eq!(bench.get("/_sandbox/segment/messages?limit=x").await.status, 422);
}

#[tokio::test]
async fn dropped_messages_and_events_are_listed_with_the_same_filters() {
    let bench = with_messages(Options::default()).await;
    bench.segment("track", &json!({"event": "E", "userId": "u1", "messageId": "m1"})).await;
    bench.insights(&json!({"events": [click()]})).await;
    let dropped = bench.get("/_sandbox/segment/dropped?messageId=m1").await.json();
    assert_eq!(dropped[0]["reason"], "duplicate");
    assert_eq!(bench.get("/_sandbox/segment/dropped?messageId=m2").await.json(), json!([]));
    let events =
        bench.get("/_sandbox/algolia/events?userId=anonymous-1&event=Product%20Clicked").await.json();
    assert_eq!(events, json!([click()]));
}

#[tokio::test]
async fn only_the_newest_are_remembered() {
    let bench = with_messages(Options { keep: 2, ..Options::default() }).await;
    assert_eq!(ids(&json!(bench.sandbox.messages())), ["m3", "m4"]);
    assert_eq!(bench.sandbox.stats().segment.kept, 5);
}

#[tokio::test]
async fn a_reset_forgets_messages_counts_and_ids() {
    let bench = with_messages(Options::default()).await;
    assert_eq!(bench.get("/_sandbox/stats").await.json()["segment"]["kept"], 5);
    assert_eq!(bench.post("/_sandbox/reset", &json!({})).await.status, 200);
    assert_eq!(bench.get("/_sandbox/stats").await.json()["segment"]["requests"], 0);
    bench.segment("track", &json!({"event": "E", "userId": "u1", "messageId": "m1"})).await;
    assert_eq!(bench.sandbox.stats().segment.kept, 1);
}

#[tokio::test]
async fn a_webhook_is_sent_signed_and_its_answer_passed_on() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 201).await;
    let message = json!({"type": "track", "event": "Product Clicked", "userId": "u-77",
        "properties": {"product_id": "SKU-9", "position": 3}});
    let order = json!({"url": url, "secret": "local-demo-secret", "message": message});
    let answer = bench.post("/_sandbox/webhook", &order).await;
    assert_eq!((answer.status, &answer.body[..]), (201, &b"taken"[..]));
    let (headers, body) = gotten.recv().await.unwrap();
    assert_eq!(headers["x-signature"], "47c2bb32e28d24fd5b58e13dc8850af0c4977737");
    assert_eq!(body, message.to_string());

    bench.post("/_sandbox/webhook", &json!({"url": url, "messages": [message, message]})).await;
    let (headers, body) = gotten.recv().await.unwrap();
    assert!(!headers.contains_key("x-signature") && !headers.contains_key("authorization"));
    assert_eq!(body, format!("[{message},{message}]"));

    let signed = json!({"url": url, "secret": "local-demo-secret", "bearer": "b", "messages": [message, {"type": "page"}]});
    bench.post("/_sandbox/webhook", &signed).await;
    let (headers, _) = gotten.recv().await.unwrap();
    assert_eq!(
        headers["x-signature"], "47c2bb32e28d24fd5b58e13dc8850af0c4977737",
        "over the first element alone"
    );
    assert_eq!(headers["authorization"], "Bearer b");

    bench.post("/_sandbox/webhook", &but(signed, &json!({"signature": "wrong"}))).await;
    assert_eq!(gotten.recv().await.unwrap().0["x-signature"], "wrong");
}

#[tokio::test]
async fn a_webhook_that_cant_be_sent_says_why() {
    let bench = Bench::new().await;
    for (order, field) in [
        (json!({"message": {}}), "url"),
        (json!({"url": "https://x", "message": {}}), "url"),
        (json!({"url": "http://127.0.0.1:1/", "messages": []}), "messages"),
        (json!({"url": "http://127.0.0.1:1/"}), "message"),
        (json!({"url": "http://127.0.0.1:1/", "message": {}, "secret": 7}), "secret"),
    ] {
        let answer = bench.post("/_sandbox/webhook", &order).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some(field)), "{order}");
    }
    let answer = bench.post("/_sandbox/webhook", &json!({"url": "http://127.0.0.1:1/", "message": {}})).await;
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn stopping_frees_the_port_though_connections_are_open() {
    let bench = with_messages(Options::default()).await;
    let addr = bench.sandbox.addr();
    bench.sandbox.stop().await;
    tokio::net::TcpListener::bind(addr).await.unwrap();
}
