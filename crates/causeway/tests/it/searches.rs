//! Searches that were seen: by a page's middleware at `POST /1/searches`, and beside the gateway's answers.

use crate::gateway::with_hosts;
use crate::http::Answer;
use crate::stage::{APP, KEY, Scene, Stage, open_store, play};
use crate::upstream::Upstream;
use axum::body::Body;
use axum::response::Response;
use causeway::clock::Clock;
use causeway::gateway::watch::{Observed, Parts, Watcher};
use causeway::health::Health;
use causeway::pipeline::{Committer, Tail};
use causeway::telemetry::Metrics;
use causeway::telemetry::otlp::Tracer;
use causeway_algolia::search::Asked;
use causeway_engine::Source;
use causeway_store::{Journal, Position, sqlite};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// What the journal in a directory holds of searches, record by record.
fn recorded(store: &Path) -> Vec<Vec<Value>> {
    let store = sqlite::open_read_only(store).unwrap();
    let entries = store.journal.read(Position(0), usize::MAX).unwrap();
    let seen = entries.iter().filter(|entry| Source::of(entry.record.source) == Some(Source::Searches));
    let searches = |body: &[u8]| {
        let mut seen: Value = serde_json::from_slice(body).unwrap();
        seen["searches"].as_array_mut().unwrap().drain(..).collect()
    };
    seen.map(|entry| searches(&entry.record.body)).collect()
}

/// When ticks were journaled.
fn ticks(stage: &Stage) -> Vec<i64> {
    let store = sqlite::open_read_only(&stage.home().join("data")).unwrap();
    let entries = store.journal.read(Position(0), usize::MAX).unwrap();
    let ticks = entries.iter().filter(|entry| Source::of(entry.record.source) == Some(Source::Tick));
    ticks.map(|entry| entry.record.received_at).collect()
}

pub(crate) fn on_stage(stage: &Stage) -> Vec<Vec<Value>> {
    recorded(&stage.home().join("data"))
}

fn search(query: &str) -> Value {
    json!({"index": "products", "query": query, "nbHits": 0, "userToken": "anonymous-1", "ageMs": 100})
}

/// As a browser sends it: no header of ours, credentials in the address.
async fn beacon(stage: &Stage, searches: &[Value]) -> Answer {
    let path = format!("/1/searches?{}={}&{}={}", APP.0, APP.1, KEY.0, KEY.1);
    let headers = [("content-type", "text/plain;charset=UTF-8"), ("origin", "https://shop.example")];
    stage.send("POST", &path, &headers, json!({ "searches": searches }).to_string()).await
}

#[test]
fn what_a_pages_middleware_tells_is_durable_before_it_is_answered() {
    play(async |stage| {
        let answer = beacon(stage, &[search("red shoes"), search("blue shoes")]).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"));
        assert_eq!(answer.json(), json!({"status": 200, "message": "OK"}));
        let records = on_stage(stage);
        assert_eq!(records[0].len(), 2);
        let seen = &records[0][0];
        assert_eq!((&seen["query"], &seen["via"]), (&json!("red shoes"), &json!("middleware")));
        let age = crate::events::now() - seen["at"].as_i64().unwrap();
        assert!((100..5_000).contains(&age), "{age}");

        let headers = [APP, KEY, ("content-encoding", "gzip"), ("content-type", "application/json")];
        let body = packed(&json!({"searches": [search("packed")]}));
        let answer = stage.send("POST", "/1/searches", &headers, body).await;
        assert_eq!((answer.status, on_stage(stage).len()), (200, 2));
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.contains(r#"causeway_events_received_total{intake="searches"} 3"#), "{metrics}");
    });
}

#[test]
fn an_invalid_search_is_left_out_and_named_and_alone_it_is_refused() {
    play(async |stage| {
        let mut illegal = search("a");
        illegal["userToken"] = json!("ann@example.com");
        let answer = beacon(stage, &[search("b"), illegal.clone()]).await;
        assert_eq!((answer.status, answer.header("causeway-quarantined")), (200, "1"));
        assert!(answer.header("causeway-detail").starts_with("searches[1].userToken: is no token; use"));
        assert_eq!(on_stage(stage).concat().len(), 1);
        let answer = beacon(stage, &[illegal]).await;
        assert_eq!((answer.status, answer.json()["status"].as_u64()), (422, Some(422)));
        assert!(answer.message().starts_with("searches[0].userToken: is no token"), "{}", answer.message());
        assert_eq!(on_stage(stage).len(), 1);
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.contains(r#"causeway_events_quarantined_total{intake="searches"} 1"#), "{metrics}");
        assert!(stage.dead_letters().await.is_empty());
    });
}

#[test]
fn who_may_not_send_and_what_is_no_report_leaves_nothing() {
    play(async |stage| {
        let body = json!({"searches": [search("a")]}).to_string();
        let keyless = stage.send("POST", "/1/searches", &[APP], body.clone()).await;
        assert_eq!((keyless.status, keyless.header("access-control-allow-origin")), (401, "*"));
        let broken = stage.send("POST", "/1/searches", &[APP, KEY], body[..20].to_owned()).await;
        assert_eq!(broken.status, 400);
        let large = stage.send("POST", "/1/searches", &[APP, KEY], vec![b' '; 300 << 10]).await;
        assert_eq!(large.status, 413);
        assert_eq!(stage.send("GET", "/1/searches", &[APP, KEY], "").await.status, 405);
        let asked = [("origin", "https://shop.example"), ("access-control-request-headers", "x-custom")];
        let preflight = stage.send("OPTIONS", "/1/searches", &asked, "").await;
        assert_eq!(preflight.header("access-control-allow-headers"), "x-custom");
        stage.trouble.journal_full.store(true, Ordering::SeqCst);
        let full = stage.send("POST", "/1/searches", &[APP, KEY], body).await;
        assert_eq!((full.status, full.header("retry-after")), (503, "1"));
        stage.trouble.journal_full.store(false, Ordering::SeqCst);
        assert!(on_stage(stage).is_empty());
    });
}

#[test]
fn secured_keys_may_report_as_they_may_send_events() {
    let parent = causeway_algolia::credentials::Secret::new(KEY.1);
    let key = causeway_algolia::credentials::secured::make(&parent, "userToken=anonymous-1");
    Scene::new().play(async |stage| {
        let body = json!({"searches": [search("a")]}).to_string();
        let secured = [APP, ("x-algolia-api-key", key.expose())];
        assert_eq!(stage.send("POST", "/1/searches", &secured, body).await.status, 200);
    });
}

fn observed(query: &str) -> Observed {
    let asked = Asked { query: query.to_owned(), analytics: true, ..Asked::default() };
    Observed {
        asked: vec![asked],
        held_out: false,
        at: 1_000,
        took: Duration::from_millis(3),
        encoding: Some(HeaderValue::from_static("gzip")),
        body: vec![packed(&json!({"hits": [{"objectID": "a"}], "nbHits": 1})).into()],
    }
}

#[tokio::test]
async fn all_that_a_watcher_saw_is_in_the_journal_once_the_last_of_it_is_gone() {
    let home = tempfile::TempDir::new().unwrap();
    let journal = Arc::new(open_store(home.path()).journal);
    let (tail, health) = (Arc::new(Tail::new(Position(0))), Arc::new(Health::new(1 << 20)));
    let (committer, thread) = Committer::start(
        Arc::clone(&journal) as Arc<dyn Journal>,
        tail,
        Arc::clone(&health),
        Tracer::default(),
    )
    .unwrap();
    let metrics = Arc::new(Metrics::new());
    let parts = Parts { committer, health, metrics: Arc::clone(&metrics), clock: Clock::fixed(5_000) };
    let watcher = Watcher::start(parts).unwrap();
    let began = Instant::now();
    for query in 0..500 {
        assert!(watcher.wants());
        watcher.saw(observed(&query.to_string()));
    }
    assert!(began.elapsed() < Duration::from_secs(1), "nobody waits for the disk");
    drop(watcher);
    tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
    let searches = recorded(home.path()).concat();
    let queries: Vec<String> = (0..500).map(|query| query.to_string()).collect();
    assert_eq!(crate::stage::texts(&searches, "/query"), queries);
    assert_eq!(searches[0]["objectIDs"], json!(["a"]));
    assert_eq!(journal.read(Position(0), 1).unwrap()[0].record.received_at, 5_000);
    assert!(metrics.encode().contains(r#"causeway_events_received_total{intake="gateway"} 500"#));
}

/// A gateway that adds nothing and sees what passes.
fn seeing(host: &Upstream) -> Scene {
    let url = host.url();
    Scene::new().with(move |settings| {
        settings.algolia.search_hosts = Some(vec![url]);
        let gateway = &mut settings.gateway;
        (gateway.click_analytics, gateway.user_token, gateway.search_context) = (false, false, false);
    })
}

fn packed(text: &Value) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.to_string().as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn what_passes_the_gateway_is_in_the_journal_with_its_answer_and_what_fails_or_builds_a_page_is_not() {
    with_hosts(
        |[host]| seeing(host),
        async |stage, [host]| {
            host.says(404);
            let query = json!({"query": "red shoes", "userToken": "anonymous-1", "filters": "brand:Apple"});
            let path = "/1/indexes/products/query";
            let failed = stage.send("POST", path, &[APP, KEY], query.to_string()).await;
            assert_eq!(failed.status, 404);

            let none = json!({"hits": [], "nbHits": 0, "page": 0, "hitsPerPage": 20});
            let body = packed(&json!({"results": [none, none]}));
            host.replies(move |_, _| {
                let answer = Response::builder().header("content-encoding", "gzip");
                answer.body(Body::from(body.clone())).unwrap()
            });
            let requests = [
                json!({"indexName": "products", "query": "red shoes", "userToken": "anonymous-1"}),
                json!({"indexName": "products", "query": "red shoes", "analytics": false}),
            ];
            let path = "/1/indexes/*/queries";
            let body = json!({ "requests": requests }).to_string();
            assert_eq!(stage.send("POST", path, &[APP, KEY], body).await.status, 200);
            stage.until("the search is in the journal", || !on_stage(stage).is_empty()).await;
            let searches = on_stage(stage).concat();
            assert_eq!(searches.len(), 1, "{searches:?}");
            let seen = &searches[0];
            assert_eq!((&seen["index"], &seen["query"]), (&json!("products"), &json!("red shoes")));
            assert_eq!((&seen["userToken"], &seen["nbHits"]), (&json!("anonymous-1"), &json!(0)));
            assert_eq!((&seen["via"], &seen["hitsPerPage"]), (&json!("gateway"), &json!(20)));
        },
    );
}

#[test]
fn while_the_journal_has_no_room_searches_are_answered_and_counted_as_unseen() {
    with_hosts(
        |[host]| seeing(host),
        async |stage, [host]| {
            let answer = json!({"hits": [], "nbHits": 0}).to_string();
            host.replies(move |_, _| Response::new(Body::from(answer.clone())));
            stage.trouble.journal_full.store(true, Ordering::SeqCst);
            let path = "/1/indexes/products/query";
            let body = json!({"query": "a"}).to_string();
            assert_eq!(stage.send("POST", path, &[APP, KEY], body).await.status, 200);
            let unseen = || stage.bridge().metrics.encode();
            let counted = r#"causeway_searches_unseen_total{reason="disk"} 1"#;
            stage.until("the search is counted", || unseen().contains(counted)).await;
            stage.trouble.journal_full.store(false, Ordering::SeqCst);
            assert!(on_stage(stage).is_empty());
        },
    );
}

#[test]
fn a_search_that_nothing_follows_is_ended_by_one_tick_after_a_restart_as_well() {
    play(async |stage| {
        let began = crate::events::now();
        assert_eq!(beacon(stage, &[search("shoe")]).await.status, 200);
        assert!(ticks(stage).is_empty());
        stage.until("a tick", || !ticks(stage).is_empty()).await;
        assert!(ticks(stage)[0] >= began + 1_000, "it has to settle");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(ticks(stage).len(), 1);

        assert_eq!(beacon(stage, &[search("boot")]).await.status, 200);
        stage.stop().await;
        assert_eq!(ticks(stage).len(), 1);
        stage.pass(10_000);
        stage.restart().await;
        stage.until("a tick for what was open", || ticks(stage).len() == 2).await;
    });
}
