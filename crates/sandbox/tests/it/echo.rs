//! The stand-in Segment's Webhooks destination, fed by its tracking API.

use crate::support::{Bench, but, receiver};
use causeway_sandbox::EchoCounts;
use serde_json::{Value, json};
use std::time::Duration;

fn track(id: &str) -> Value {
    json!({"type": "track", "event": "Order Completed", "userId": "u-1", "messageId": id, "properties": {"revenue": 10.0}})
}

/// Waits until nothing waits for delivery.
async fn settled(bench: &Bench) -> EchoCounts {
    loop {
        let counts = bench.sandbox.echoed().unwrap();
        if counts.waiting == 0 {
            return counts;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_the_tracking_api_keeps_comes_back_signed_as_segment_finished_it() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    let order = json!({"url": url, "secret": "s", "bearer": "b"});
    let answer = bench.post("/_sandbox/segment/echo", &order).await;
    assert_eq!((answer.status, &answer.json()["counts"]["taken"]), (200, &json!(0)));
    assert!(answer.json().get("secret").is_none());
    let skewed =
        but(track("m-1"), &json!({"timestamp": "2026-03-01T10:59:50Z", "sentAt": "2026-03-01T11:00:00Z"}));
    bench.segment("batch", &json!({"batch": [skewed, skewed, {"type": "track", "userId": "u"}]})).await;

    let (headers, body) = gotten.recv().await.unwrap();
    assert!(body.contains("\"revenue\":10}"), "as JSON.stringify prints it: {body}");
    assert_eq!(headers["x-signature"].len(), 40);
    assert_eq!(headers["authorization"], "Bearer b");
    let message = serde_json::from_str::<Value>(&body).unwrap();
    assert_eq!(
        (&message["version"], &message["originalTimestamp"]),
        (&json!(2), &json!("2026-03-01T10:59:50Z"))
    );
    assert!(message["timestamp"].as_str() < message["receivedAt"].as_str() && message["sentAt"].is_string());
    let counts = settled(&bench).await;
    assert_eq!(
        (counts.taken, counts.delivered, counts.requests),
        (1, 1, 1),
        "neither the duplicate nor the invalid one"
    );
}

#[tokio::test]
async fn a_batch_is_an_array_signed_over_its_first_message() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    bench.sandbox.echo(json!({"url": url, "secret": "s", "batch": 3, "concurrency": 1})).unwrap();
    let messages = (0..4).map(|n| track(&format!("m-{n}"))).collect::<Vec<_>>();
    bench.segment("batch", &json!({"batch": messages})).await;
    let (headers, body) = gotten.recv().await.unwrap();
    let batch = serde_json::from_str::<Vec<Value>>(&body).unwrap();
    assert_eq!(batch.iter().map(|message| &message["messageId"]).collect::<Vec<_>>(), ["m-0", "m-1", "m-2"]);
    let alone = json!({"url": url, "secret": "s", "message": batch[0]});
    let (_, rest) = gotten.recv().await.unwrap();
    assert!(rest.starts_with("[{") && rest.contains("m-3"), "{rest}");
    bench.post("/_sandbox/webhook", &alone).await;
    assert_eq!(gotten.recv().await.unwrap().0["x-signature"], headers["x-signature"]);
}

#[tokio::test]
async fn a_destination_that_is_switched_off_does_not_get_it() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    bench.sandbox.echo(json!({"url": url, "name": "Bridge"})).unwrap();
    for (id, integrations) in [
        ("a", json!({"Bridge": false})),
        ("b", json!({"All": false})),
        ("c", json!({"All": false, "Bridge": true})),
    ] {
        bench.segment("track", &but(track(id), &json!({"integrations": integrations}))).await;
    }
    assert!(gotten.recv().await.unwrap().1.contains("\"messageId\":\"c\""));
    let counts = settled(&bench).await;
    assert_eq!((counts.taken, counts.withheld, counts.delivered), (3, 2, 1));
}

#[tokio::test]
async fn what_fails_is_tried_again_and_what_is_refused_is_not() {
    let bench = Bench::new().await;
    let statuses = [503, 429, 200, 400, 501];
    let (url, _gotten) = receiver(move |number| statuses[number]).await;
    bench.sandbox.echo(json!({"url": url, "concurrency": 1})).unwrap();
    for id in ["a", "b", "c"] {
        bench.segment("track", &track(id)).await;
    }
    let counts = settled(&bench).await;
    assert_eq!((counts.requests, counts.retries, counts.delivered, counts.refused), (5, 2, 1, 2));
    assert_eq!(bench.get("/_sandbox/segment/echo").await.json()["counts"]["refused"], 2);
}

#[tokio::test]
async fn an_order_that_cant_be_followed_names_its_field_and_a_reset_ends_the_echo() {
    let bench = Bench::new().await;
    let url = "http://127.0.0.1:1/";
    for (order, field) in [
        (json!({"batch": 1}), "url"),
        (json!({"url": url, "batch": 0}), "batch"),
        (json!({"url": url, "batch": 4001}), "batch"),
        (json!({"url": url, "concurrency": 0}), "concurrency"),
        (json!({"url": url, "bearer": 1}), "bearer"),
        (json!({"url": url, "batches": 2}), "body"),
    ] {
        let answer = bench.post("/_sandbox/segment/echo", &order).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some(field)), "{order}");
    }
    bench.sandbox.echo(json!({"url": url})).unwrap();
    bench.segment("track", &track("a")).await;
    assert_eq!(bench.sandbox.echoed().unwrap().taken, 1);
    bench.sandbox.reset();
    assert_eq!(bench.sandbox.echoed(), None);
    assert_eq!(bench.get("/_sandbox/segment/echo").await.json(), Value::Null);
}
