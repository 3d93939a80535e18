//! Misfortunes on request.

use crate::support::{Bench, click};
use causeway_sandbox::{Effect, Fault, Target};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn page(id: &str) -> Value {
    json!({"userId": "u-1", "messageId": id})
}

#[tokio::test]
async fn a_refusal_has_the_vendors_shape_and_keeps_nothing() {
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::status(Target::Segment, 429).retry_after(2));
    bench.sandbox.set_fault(Fault::status(Target::Insights, 503));
    bench.sandbox.set_fault(Fault::status(Target::Search, 500));
    let segment = bench.segment("page", &page("m-1")).await;
    assert_eq!(
        (segment.status, segment.header("retry-after"), segment.header("x-ratelimit-reset")),
        (429, "2", "2")
    );
    let insights = bench.insights(&json!({"events": [click()]})).await;
    assert_eq!(insights.json(), json!({"status": 503, "message": "Service Unavailable"}));
    assert_eq!(bench.post("/1/indexes/products/query", &json!({})).await.status, 500);
    assert_eq!(bench.get("/2/searches").await.status, 403, "unstruck, without a key");
    assert!(bench.sandbox.messages().is_empty() && bench.sandbox.events().is_empty());

    bench.sandbox.clear_faults();
    assert_eq!(bench.segment("page", &page("m-1")).await.status, 200);
    let tally = bench.sandbox.stats().segment;
    assert_eq!((tally.requests, tally.faulted, tally.kept), (2, 1, 1));
}

#[tokio::test]
async fn after_a_reset_nothing_is_kept_and_after_a_drop_everything_is() {
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::new(Target::Segment, Effect::Reset));
    assert_eq!(bench.segment("page", &page("reset")).await.status, 0);
    bench.sandbox.clear_faults();
    bench.sandbox.set_fault(Fault::new(Target::Segment, Effect::Drop));
    assert_eq!(bench.segment("page", &page("drop")).await.status, 0);
    bench.sandbox.clear_faults();
    assert_eq!(bench.segment("page", &page("drop")).await.status, 200);
    let kept = bench.sandbox.messages();
    assert_eq!(kept.iter().map(|message| &message["messageId"]).collect::<Vec<_>>(), ["drop"]);
    assert_eq!(bench.sandbox.stats().segment.duplicates, 1);
}

#[tokio::test]
async fn a_reset_is_a_reset_on_the_wire_and_a_drop_an_ordinary_end() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let bench = Bench::new().await;
    let request = "POST /v1/page HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
    for (effect, end) in [(Effect::Reset, Err(std::io::ErrorKind::ConnectionReset)), (Effect::Drop, Ok(0))] {
        bench.sandbox.clear_faults();
        bench.sandbox.set_fault(Fault::new(Target::Segment, effect));
        let mut stream = tokio::net::TcpStream::connect(bench.sandbox.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read_to_end(&mut Vec::new()).await;
        assert_eq!(read.map_err(|error| error.kind()), end, "{effect:?}");
    }
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_gives() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::new(Target::Segment, Effect::Truncate));
    assert_eq!(bench.segment("page", &page("m-1")).await.status, 0);
    assert_eq!(bench.sandbox.messages().len(), 1);
    let mut stream = tokio::net::TcpStream::connect(bench.sandbox.addr()).await.unwrap();
    let body = json!({"writeKey": "sandbox-write-key", "userId": "u"}).to_string();
    let request =
        format!("POST /v1/page HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // The end may be a reset or not: what counts is what was readable before.
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.contains("content-length: 16") && answer.ends_with("\r\n\r\n{\"succes"), "{answer}");
}

#[tokio::test]
async fn slowness_delays_and_then_lets_pass() {
    let bench = Bench::new().await;
    bench.sandbox.set_fault(Fault::slow(Target::Insights, Duration::from_millis(60)));
    let start = Instant::now();
    assert_eq!(bench.insights(&json!({"events": [click()]})).await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(60));
    assert_eq!(bench.sandbox.stats().algolia.faulted, 0);
}

#[tokio::test]
async fn the_control_endpoint_sets_lists_and_clears_faults() {
    let bench = Bench::new().await;
    let fault = json!({"target": "segment", "share": 1.0, "status": 503, "retry_after": 2});
    assert_eq!(bench.post("/_sandbox/faults", &fault).await.json(), json!([fault]));
    assert_eq!(bench.segment("page", &page("m-1")).await.status, 503);
    assert_eq!(bench.get("/_sandbox/faults").await.json(), json!([fault]));
    assert_eq!(bench.send("DELETE", "/_sandbox/faults", &[], "").await.json(), json!([]));
    assert_eq!(bench.segment("page", &page("m-1")).await.status, 200);
    let bad = bench.post("/_sandbox/faults", &json!({"target": "segment", "status": 503, "share": 3})).await;
    assert_eq!(bad.status, 422);
    assert_eq!(bad.json(), json!({"field": "share", "error": "share is 3; give a number from 0 to 1"}));
}
