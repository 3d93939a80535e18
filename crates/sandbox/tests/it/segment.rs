//! The stand-in Segment tracking API.

use crate::support::{BASIC, Bench, but};
use causeway_sandbox::Options;
use serde_json::{Value, json};

fn track() -> Value {
    json!({"type": "track", "event": "Product Clicked", "userId": "u-1", "messageId": "m-1"})
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_kept_silent_and_the_message_dropped() {
    let bench = Bench::new().await;
    #[rustfmt::skip]
    let table = [
        (but(track(), &json!({"userId": null})), "no_user_anon_id"),
        (but(track(), &json!({"userId": ""})), "no_user_anon_id"),
        (but(track(), &json!({"userId": 7})), "no_user_anon_id"),
        (but(track(), &json!({"event": null})), "no_event"),
        (but(track(), &json!({"type": null})), "no_type"),
        (but(track(), &json!({"type": "order"})), "no_type"),
        (json!("track"), "no_type"),
        (json!({"type": "alias", "userId": "u-1"}), "no_previous_id"),
        (but(track(), &json!({"messageId": "x".repeat(101)})), "message_id_too_long"),
        (but(track(), &json!({"properties": {"a": "x".repeat(32 * 1024)}})), "too_large"),
    ];
    for (message, reason) in table {
        bench.sandbox.reset();
        let answer = bench.segment("batch", &json!({"batch": [message]})).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"success": true})), "{reason}");
        assert_eq!(bench.sandbox.messages(), Vec::<Value>::new(), "{reason}");
        assert_eq!(bench.sandbox.dropped(), [json!({"reason": reason, "message": message})]);
    }
}

#[tokio::test]
async fn good_messages_survive_beside_bad_ones() {
    let bench = Bench::new().await;
    let batch = json!([track(), but(track(), &json!({"event": null})), {"type": "alias", "userId": "b", "previousId": "a"}]);
    bench.segment("import", &json!({"batch": batch})).await;
    let kept = bench.sandbox.messages();
    assert_eq!(kept.iter().map(|message| &message["type"]).collect::<Vec<_>>(), ["track", "alias"]);
    assert!(kept[1]["messageId"].as_str().unwrap().starts_with("api-"));
}

#[tokio::test]
async fn over_2500_in_a_batch_all_are_lost() {
    let bench = Bench::new().await;
    let batch = |count: usize| json!({"batch": (0..count).map(|n| json!({"type": "page", "userId": "u", "messageId": format!("{count}-{n}")})).collect::<Vec<_>>()});
    assert_eq!(bench.segment("batch", &batch(2501)).await.status, 200);
    let tally = bench.sandbox.stats().segment;
    assert_eq!((tally.received, tally.kept, tally.dropped), (2501, 0, 2501));
    bench.segment("batch", &batch(2500)).await;
    assert_eq!(bench.sandbox.stats().segment.kept, 2500);
}

#[tokio::test]
async fn only_oversize_malformed_json_and_a_missing_key_are_refused() {
    let bench = Bench::new().await;
    let large = |length: usize| json!({"userId": "u", "event": "E", "properties": {"p": "x".repeat(length)}});
    assert_eq!(bench.segment("track", &large(33 * 1024)).await.status, 400);
    assert_eq!(bench.segment("track", &large(31 * 1024)).await.status, 200);
    let batch = |count: usize| json!({"batch": vec![but(large(10_000), &json!({"type": "track"})); count]});
    assert_eq!(bench.segment("batch", &batch(52)).await.status, 400);
    assert_eq!(bench.segment("batch", &batch(49)).await.status, 200);
    for body in ["", "{\"batch\":[", "[]", "7", "{\"batch\":[{\"a\":]}"] {
        assert_eq!(bench.send("POST", "/v1/batch", &[BASIC], body).await.status, 400, "{body}");
    }
    assert_eq!(bench.send("POST", "/v1/nothing", &[BASIC], "{}").await.status, 404);
    assert_eq!(bench.send("GET", "/v1/track", &[BASIC], "").await.status, 405);
}

#[tokio::test]
async fn an_unknown_write_key_is_answered_with_success_and_only_a_very_short_one_refused() {
    let bench = Bench::new().await;
    // "someone-elses-key:" in base64.
    let other = ("authorization", "Basic c29tZW9uZS1lbHNlcy1rZXk6");
    assert_eq!(bench.send("POST", "/v1/track", &[other], track().to_string()).await.status, 200);
    assert_eq!(bench.sandbox.dropped()[0]["reason"], "unknown_write_key");
    assert_eq!(bench.post("/v1/track", &track()).await.status, 400);
    assert_eq!(bench.post("/v1/track", &but(track(), &json!({"writeKey": "abc"}))).await.status, 400);
    assert!(bench.sandbox.messages().is_empty());
    let bearer = [("authorization", "Bearer token"), ("content-type", "text/plain")];
    let keyed = but(track(), &json!({"writeKey": "sandbox-write-key"})).to_string();
    assert_eq!(bench.send("POST", "/v1/track", &bearer, keyed).await.status, 200);
    assert_eq!(bench.sandbox.messages()[0]["writeKey"], Value::Null);
}

#[tokio::test]
async fn a_message_id_counts_once_whoever_sends_it() {
    let options = Options { write_keys: vec!["first-key".into(), "second-key".into()], ..Options::default() };
    let bench = Bench::with(options).await;
    for key in ["first-key", "second-key", "first-key"] {
        let answer = bench.post("/v1/batch", &json!({"writeKey": key, "batch": [track()]})).await;
        assert_eq!(answer.status, 200);
    }
    let tally = bench.sandbox.stats().segment;
    assert_eq!((tally.received, tally.kept, tally.duplicates, tally.dropped), (3, 1, 2, 0));
    assert_eq!(bench.sandbox.dropped()[0]["reason"], "duplicate");
}

#[tokio::test]
async fn what_the_batch_says_is_merged_into_every_message() {
    let bench = Bench::new().await;
    let own = but(
        track(),
        &json!({"context": {"library": {"name": "own"}, "ip": "1.2.3.4"}, "timestamp": "2026-01-01T00:00:00Z"}),
    );
    let plain = but(track(), &json!({"messageId": "m-2"}));
    bench
        .segment(
            "batch",
            &json!({
                "batch": [own, plain], "sentAt": "2026-01-01T00:00:10Z", "integrations": {"All": false},
                "context": {"library": {"name": "common", "version": "1"}, "locale": "de"},
            }),
        )
        .await;
    let kept = bench.sandbox.messages();
    assert_eq!(
        kept[0]["context"],
        json!({"library": {"name": "own", "version": "1"}, "ip": "1.2.3.4", "locale": "de"})
    );
    assert_eq!(kept[1]["context"], json!({"library": {"name": "common", "version": "1"}, "locale": "de"}));
    assert_eq!(kept[1]["integrations"], json!({"All": false}));
    assert_eq!(kept[0]["originalTimestamp"], "2026-01-01T00:00:00Z");
    assert_eq!(millis_between(&kept[0], "timestamp", "receivedAt"), 10_000);
    assert_eq!(millis_between(&kept[1], "timestamp", "receivedAt"), 0);
}

fn millis_between(message: &Value, from: &str, to: &str) -> i128 {
    let time = |key: &str| message[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    time(to).duration_since(time(from)).as_millis()
}

#[tokio::test]
async fn a_single_calls_type_is_its_path() {
    let bench = Bench::new().await;
    for call in ["identify", "track", "page", "screen", "group"] {
        bench.segment(call, &json!({"anonymousId": "a", "event": "E"})).await;
    }
    let kinds = bench.sandbox.messages().iter().map(|message| message["type"].clone()).collect::<Vec<_>>();
    assert_eq!(kinds, ["identify", "track", "page", "screen", "group"]);
}

#[tokio::test]
async fn lean_counts_messages_and_keeps_none() {
    let bench = Bench::with(Options { lean: true, ..Options::default() }).await;
    let batch = json!({"context": {"a": {}}, "batch": vec![track(); 1000], "sentAt": "x"});
    assert_eq!(bench.segment("batch", &batch).await.json(), json!({"success": true}));
    assert_eq!(bench.segment("track", &track()).await.status, 200);
    assert_eq!(bench.send("POST", "/v1/batch", &[BASIC], "{\"batch\":[").await.status, 400);
    assert_eq!(bench.insights(&json!({"events": [{}, {}]})).await.status, 200);
    let stats = bench.sandbox.stats();
    assert_eq!((stats.segment.kept, stats.segment.received, stats.algolia.kept), (1001, 1001, 2));
    assert!(bench.sandbox.messages().is_empty());
}
