//! The stand-in Algolia Insights.

use crate::support::{Bench, CREDENTIALS, but, click};
use causeway_sandbox::Options;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

const USER_TOKEN: &str = "UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 and 128 characters long";
const NAME: &str =
    "EventName must contain only visible ASCII characters, and be between 1 and 64 characters long";
const NEITHER: &str = "Event should specify either some ObjectIDs or some Filters";
const SAME_NUMBER: &str = "Event of type click should have the same number of ObjectIDs and Positions";
const QUERY_ID: &str = "Query ID must be a search query ID (32 characters hexadecimal string)";
const PAST: &str = "The timestamp is too far in the past";
const TYPE: &str = "EventType must be one of \"click\", \"conversion\", \"view\" or \"instantsearch\"";

fn view() -> Value {
    but(click(), &json!({"eventType": "view", "positions": null, "queryID": null}))
}

fn cart() -> Value {
    but(
        view(),
        &json!({
            "eventType": "conversion", "eventSubtype": "addToCart", "currency": "EUR",
            "objectData": [{"price": 49.99, "quantity": 1}], "value": "49.99",
        }),
    )
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("sku-{number}")).collect()
}

/// Each documented rule, broken alone.
#[rustfmt::skip]
fn broken() -> Vec<(Value, &'static str)> {
    vec![
        (but(click(), &json!({"eventName": null})), "EventName is required"),
        (but(click(), &json!({"eventName": ""})), NAME),
        (but(click(), &json!({"eventName": "Geklickt: Müsli"})), NAME),
        (but(click(), &json!({"eventName": "x".repeat(65)})), NAME),
        (but(click(), &json!({"eventType": null})), "EventType is required"),
        (but(click(), &json!({"eventType": "purchase"})), TYPE),
        (but(click(), &json!({"index": null})), "The index field is required"),
        (but(click(), &json!({"userToken": null})), "The userToken field is required"),
        (but(click(), &json!({"userToken": ""})), USER_TOKEN),
        (but(click(), &json!({"userToken": "jane@example.com"})), USER_TOKEN),
        (but(click(), &json!({"userToken": "x".repeat(130)})), USER_TOKEN),
        (but(click(), &json!({"authenticatedUserToken": "auth0|1"})), USER_TOKEN),
        (but(view(), &json!({"objectIDs": null})), NEITHER),
        (but(view(), &json!({"objectIDs": []})), NEITHER),
        (but(view(), &json!({"filters": ["brand:a"]})), "Event should specify ObjectIDs or Filters, but not both"),
        (but(click(), &json!({"eventType": "view"})), "Only event of type click should specify the positions attribute"),
        (but(click(), &json!({"queryID": null})), "Event of type click with positions should specify a queryID"),
        (but(click(), &json!({"positions": [0]})), "Event of type click may only have strictly positive positions"),
        (but(click(), &json!({"positions": [1, 2]})), SAME_NUMBER),
        (but(click(), &json!({"positions": null})), SAME_NUMBER),
        (but(click(), &json!({"queryID": "7DFE2ADA7BCA48BDD0629649DF0BEE07"})), QUERY_ID),
        (but(click(), &json!({"queryID": "message_"})), QUERY_ID),
        (but(cart(), &json!({"objectData": [{"queryID": "short"}]})), QUERY_ID),
        (but(click(), &json!({"userToken": 7})), "Invalid type for field events: expected string, got number"),
        (but(click(), &json!({"objectIDs": [7]})), "Invalid type for field events: expected string, got number"),
        (but(click(), &json!({"timestamp": "now"})), "Invalid type for field events: expected int64, got string"),
        (but(click(), &json!({"timestamp": 1_687_193_127})), PAST),
        (but(view(), &json!({"objectIDs": many(21)})), "Invalid payload"),
        (but(view(), &json!({"objectIDs": null, "filters": many(21)})), "Invalid payload"),
        (but(cart(), &json!({"objectData": [{}, {}]})), "Invalid payload"),
        (but(cart(), &json!({"objectData": [{"colour": "red"}]})), "Invalid payload"),
        (but(cart(), &json!({"currency": "EURO"})), "Invalid payload"),
        (but(cart(), &json!({"currency": null})), "Invalid payload"),
        (but(cart(), &json!({"value": "12345678901234567"})), "Invalid payload"),
        (but(cart(), &json!({"eventSubtype": "steal"})), "Invalid payload"),
        (but(view(), &json!({"eventSubtype": "purchase"})), "Invalid payload"),
    ]
}

#[rustfmt::skip]
fn valid() -> Vec<Value> {
    vec![
        click(),
        view(),
        cart(),
        but(click(), &json!({"userToken": "x".repeat(129), "eventName": "x".repeat(64)})),
        but(click(), &json!({"queryID": "message_any~thing"})),
        but(click(), &json!({"positions": null, "queryID": null})),
        but(click(), &json!({"timestamp": null, "unknownKey": {"a": 1}})),
        but(view(), &json!({"objectIDs": null, "filters": ["brand%3Aapple"]})),
        but(view(), &json!({"objectIDs": many(20)})),
        but(cart(), &json!({"eventSubtype": "purchase", "objectData": [{"queryID": "0".repeat(32), "price": "9.99", "discount": 1, "quantity": 2}]})),
        json!({"eventName": "Telemetry", "eventType": "instantsearch", "userToken": "a", "agentID": "s-1"}),
    ]
}

#[tokio::test]
async fn each_broken_rule_has_its_own_message() {
    let bench = Bench::new().await;
    for (event, message) in broken() {
        let answer = bench.insights(&json!({"events": [event]})).await;
        assert_eq!((answer.status, answer.message().as_str()), (422, message), "{event}");
        assert_eq!(answer.json()["status"], 422);
    }
    assert!(bench.sandbox.events().is_empty());
}

#[tokio::test]
async fn valid_events_of_every_shape_are_kept() {
    let bench = Bench::new().await;
    let answer = bench.insights(&json!({"events": valid()})).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": 200, "message": "OK"})));
    assert_eq!(bench.sandbox.events(), valid());
    assert_eq!(bench.sandbox.stats().algolia.kept, valid().len() as u64);
}

#[tokio::test]
async fn one_bad_event_refuses_the_whole_batch() {
    let bench = Bench::new().await;
    let answer = bench.insights(&json!({"events": [click(), but(click(), &json!({"index": null}))]})).await;
    assert_eq!(answer.status, 422);
    let tally = bench.sandbox.stats().algolia;
    assert_eq!((tally.received, tally.kept, tally.dropped, tally.refused), (2, 0, 2, 1));
}

#[tokio::test]
async fn a_body_of_the_wrong_shape_is_told_so() {
    let bench = Bench::new().await;
    for (document, message) in [
        (json!({"events": []}), "No events to process"),
        (click(), "No events to process"),
        (json!([click()]), "Invalid type for field : expected insights.PublicEventsBatch, got array"),
        (json!({"events": vec![click(); 1001]}), "Cannot process more than 1000 events in a batch"),
    ] {
        let answer = bench.insights(&document).await;
        assert_eq!((answer.status, answer.message().as_str()), (422, message));
    }
    assert_eq!(bench.insights(&json!({"events": vec![click(); 1000]})).await.status, 200);
}

#[tokio::test]
async fn the_age_limit_is_a_setting() {
    let options = Options { max_event_age: std::time::Duration::from_secs(3600), ..Options::default() };
    let bench = Bench::with(options).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let aged =
        |minutes: u64| json!({"events": [but(click(), &json!({"timestamp": now - minutes * 60_000}))]});
    assert_eq!(bench.insights(&aged(59)).await.status, 200);
    assert_eq!(bench.insights(&aged(61)).await.message(), PAST);
}

#[tokio::test]
async fn malformed_json_is_answered_in_html() {
    let bench = Bench::new().await;
    let hostile =
        ["", "{\"events\":[", "\u{0}", "{\"events\":[{\"eventName\":\"\\ud800\"}]}"].map(str::to_owned);
    for body in hostile.into_iter().chain(["[".repeat(100_000)]) {
        let answer = bench.send("POST", "/1/events", &CREDENTIALS, body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.header("content-type").starts_with("text/html"));
    }
}

#[tokio::test]
async fn credentials_may_be_headers_or_query_parameters_in_any_case() {
    let bench = Bench::new().await;
    let body = json!({"events": [click()]}).to_string();
    for query in [
        "X-Algolia-Application-Id=SANDBOXAPP&X-Algolia-API-Key=sandbox-search-key&X-Algolia-Agent=a%20(1)",
        "x-algolia-application-id=SANDBOXAPP&x-algolia-api-key=sandbox-admin-key",
    ] {
        let path = format!("/1/events?{query}");
        let answer = bench.send("POST", &path, &[("content-type", "text/plain")], body.clone()).await;
        assert_eq!(answer.status, 200);
    }
    for query in [
        "",
        "?x-algolia-application-id=SANDBOXAPP&x-algolia-api-key=wrong",
        "?x-algolia-api-key=sandbox-search-key",
    ] {
        let answer = bench.send("POST", &format!("/1/events{query}"), &[], body.clone()).await;
        assert_eq!((answer.status, answer.message().as_str()), (401, "Invalid credentials"));
    }
}

#[tokio::test]
async fn a_body_must_be_smaller_than_two_megabytes_packed_or_not() {
    let bench = Bench::new().await;
    let padded = |length: usize| {
        let event = json!({"events": [click()]}).to_string();
        format!("{event}{}", " ".repeat(length - event.len()))
    };
    let sizes = [(1_999_999, 200), (2_000_000, 413)];
    for (length, status) in sizes {
        assert_eq!(bench.send("POST", "/1/events", &CREDENTIALS, padded(length)).await.status, status);
        let headers = [CREDENTIALS[0], CREDENTIALS[1], ("content-encoding", "gzip")];
        let answer = bench.send("POST", "/1/events", &headers, gzip(&padded(length))).await;
        assert_eq!(answer.status, status);
    }
    let headers = [CREDENTIALS[0], CREDENTIALS[1], ("content-encoding", "gzip")];
    assert_eq!(bench.send("POST", "/1/events", &headers, "not gzip").await.status, 400);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told_so() {
    let bench = Bench::new().await;
    let lost = bench.send("POST", "/1/event", &CREDENTIALS, "{}").await;
    assert_eq!(lost.status, 404);
    assert!(lost.message().starts_with("Path not supported by Insights REST API."), "{}", lost.message());
    let got = bench.send("GET", "/1/events", &CREDENTIALS, "").await;
    assert_eq!((got.status, got.message().as_str()), (405, "Method Not Allowed"));
}

#[tokio::test]
async fn a_browser_on_another_origin_may_send() {
    let bench = Bench::new().await;
    let asked = [
        ("origin", "https://shop.example"),
        ("access-control-request-headers", "content-type,x-algolia-api-key"),
    ];
    let preflight = bench.send("OPTIONS", "/1/events", &asked, "").await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert_eq!(preflight.header("access-control-allow-headers"), "content-type,x-algolia-api-key");
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
    let refused = bench.insights(&json!([])).await;
    assert_eq!(refused.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn deleting_a_token_forgets_its_events_and_tells_the_rate() {
    let bench = Bench::with(Options { token_deletes_per_minute: 2, ..Options::default() }).await;
    let admin = [("x-algolia-application-id", "SANDBOXAPP"), ("x-algolia-api-key", "sandbox-admin-key")];
    let events = ["a/b+c=", "other"].map(|token| but(click(), &json!({"userToken": token})));
    let known = but(click(), &json!({"authenticatedUserToken": "a/b+c="}));
    bench.insights(&json!({"events": [events[0], events[1], known]})).await;

    let path = "/1/usertokens/a%2Fb%2Bc%3D";
    assert_eq!(bench.send("DELETE", path, &CREDENTIALS, "").await.status, 403);
    assert_eq!(bench.send("DELETE", "/1/usertokens/a%40b", &admin, "").await.message(), USER_TOKEN);
    let deleted = bench.send("DELETE", path, &admin, "").await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!((deleted.header("x-ratelimit-limit"), deleted.header("x-ratelimit-remaining")), ("2", "1"));
    assert!(deleted.header("x-ratelimit-reset").parse::<u64>().unwrap() > 1_700_000_000);
    assert_eq!(bench.sandbox.events(), [events[1].clone()]);
}
