//! What `POST /1/events` accepts and what it does about the rest.

use crate::events::{but, click, invalid, variants, view, views};
use crate::stage::{APP, KEY, Scene, play, sorted};
use serde_json::{Value, json};

#[test]
fn every_variant_is_accepted_and_reaches_algolia_as_it_came_and_segment_where_it_has_a_meaning() {
    play(async |stage| {
        let variants = variants();
        let names = sorted(&variants, "/eventName");
        stage.accept(&variants).await;
        stage.settled().await;
        assert_eq!(sorted(&stage.sandbox.events(), "/eventName"), names);
        let mut reached = sorted(&stage.tracks(), "/context/algolia/eventName");
        reached.dedup();
        assert_eq!(reached, names.into_iter().filter(|name| name != "Instantsearch").collect::<Vec<_>>());
    });
}

#[test]
fn a_numeric_token_is_taken_by_its_digits() {
    play(async |stage| {
        stage.accept(&[but(click("x", "a"), json!({"userToken": 12_345}))]).await;
        stage.settled().await;
        assert_eq!(stage.sandbox.events()[0]["userToken"], "12345");
        assert_eq!(stage.tracks()[0]["anonymousId"], "12345");
    });
}

#[test]
fn a_request_that_is_sent_again_goes_on_once() {
    play(async |stage| {
        let events = views(0..20);
        stage.accept(&events).await;
        stage.accept(&events).await;
        stage.restart().await;
        stage.accept(&events).await;
        stage.settled().await;
        assert_eq!((stage.tracks().len(), stage.sandbox.events().len()), (20, 20));
        assert_eq!(stage.sandbox.stats().segment.received, 20, "Segment's own de-duplication was not needed");
        assert_eq!(stage.balance("search-events"), [60, 20, 40, 0, 0]);
    });
}

#[test]
fn the_same_event_from_many_connections_at_once_goes_on_once() {
    play(async |stage| {
        let event = [view("somebody", "once")];
        let again = || stage.accept(&event);
        tokio::join!(again(), again(), again(), again(), again(), again(), again(), again());
        stage.settled().await;
        assert_eq!((stage.tracks().len(), stage.sandbox.events().len()), (1, 1));
        assert_eq!(stage.balance("search-events"), [8, 1, 7, 0, 0]);
    });
}

#[test]
fn equal_events_without_a_time_are_two_events_once_the_short_window_is_over() {
    play(async |stage| {
        let timeless = [but(view("a", "b"), json!({"timestamp": null}))];
        stage.accept(&timeless).await;
        stage.accept(&timeless).await;
        stage.pass(2_000);
        stage.accept(&timeless).await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 2);
    });
}

#[test]
fn invalid_events_among_valid_ones_are_quarantined_named_and_once_repaired_delivered_once() {
    play(async |stage| {
        let mut events = views(0..3);
        events.insert(1, invalid());
        events.push(json!("no event at all"));
        let answer = stage.events(&events).await;
        assert_eq!((answer.status, answer.header("causeway-quarantined")), (200, "2"));
        assert_eq!(answer.json(), json!({"status": 200, "message": "OK"}));
        stage.settled().await;
        assert_eq!((stage.tracks().len(), stage.sandbox.events().len()), (3, 3));

        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 2);
        let letter = letters.iter().find(|letter| letter["payload"].is_object()).unwrap();
        assert_eq!((&letter["cause"], &letter["flow"]), (&json!("invalid"), &json!("intake")));
        assert!(letter["reason"].as_str().unwrap().contains("The index field is required"), "{letter}");
        assert_eq!(letter["payload"]["objectIDs"], json!(["o-0"]));

        let repaired = but(letter["payload"].clone(), json!({"index": "products", "objectIDs": ["mended"]}));
        let answer = stage.retry(letter, &json!({"payload": repaired, "note": "index added"})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let again = stage.retry(letter, &json!({"payload": repaired})).await;
        assert_eq!(again.status, 409, "a letter is retried once: {}", again.text());
        stage.settled().await;
        let mended = |event: &&Value| event["objectIDs"] == json!(["mended"]);
        assert_eq!(stage.sandbox.events().iter().filter(mended).count(), 1);
        assert_eq!(stage.tracks().len(), 4);
        assert_eq!(stage.dead_letters().await.len(), 1);
    });
}

#[test]
fn a_repair_that_does_not_mend_the_event_ends_as_a_dead_letter_again() {
    play(async |stage| {
        stage.events(&[view("a", "b"), invalid()]).await;
        stage.settled().await;
        let letter = stage.dead_letters().await.remove(0);
        assert_eq!(stage.retry(&letter, &json!({})).await.status, 200);
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 1);
        assert_ne!(letters[0]["id"], letter["id"]);
        assert_eq!(stage.balance("intake"), [2, 1, 0, 1, 0]);
    });
}

#[test]
fn strict_refuses_a_request_whole_as_algolia_does() {
    Scene::new().with(|settings| settings.algolia.strict = true).play(async |stage| {
        let mut events = views(0..3);
        events.push(invalid());
        let answer = stage.events(&events).await;
        assert_eq!((answer.status, answer.message().as_str()), (422, "The index field is required"));
        assert!(answer.header("causeway-detail").contains("event 3"), "{}", answer.header("causeway-detail"));
        stage.accept(&views(0..3)).await;
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 3);
    });
}

#[test]
fn a_request_without_a_valid_event_gets_the_vendors_status_and_message_and_leaves_nothing() {
    play(async |stage| {
        let table = [
            (json!({"events": []}), "No events to process"),
            (view("a", "b"), "No events to process"),
            (
                json!([view("a", "b")]),
                "Invalid type for field : expected insights.PublicEventsBatch, got array",
            ),
            (json!({"events": {}}), "Invalid type for field events: expected array, got object"),
            (json!({"events": views(0..1001)}), "Cannot process more than 1000 events in a batch"),
            (json!({"events": [invalid(), invalid()]}), "The index field is required"),
            (
                json!({"events": [but(click("a", "b"), json!({"positions": [0]}))]}),
                "Event of type click may only have strictly positive positions",
            ),
            (
                json!({"events": [but(view("a", "b"), json!({"userToken": "a@b.example"}))]}),
                "UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, \
                 and be between 1 and 128 characters long",
            ),
            (
                json!({"events": [but(view("a", "b"), json!({"eventName": 5}))]}),
                "Invalid type for field events: expected string, got number",
            ),
            (
                json!({"events": [but(view("a", "b"), json!({"timestamp": 1_700_000_000}))]}),
                "The timestamp is too far in the past",
            ),
        ];
        for (body, message) in table {
            let answer = stage.post(body.to_string()).await;
            assert_eq!((answer.status, answer.message().as_str()), (422, message));
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
        }
        assert!(stage.ledger().flows.is_empty(), "nothing was accepted");
    });
}

#[test]
fn credentials_come_in_headers_or_query_and_every_known_key_is_accepted() {
    let second = |settings: &mut causeway::config::Settings| {
        settings.algolia.intake_keys = vec!["second-key".into()];
    };
    Scene::new().with(second).play(async |stage| {
        let body = json!({"events": [view("a", "b")]}).to_string();
        let in_query =
            |key: &str| format!("/1/events?X-Algolia-Application-Id=SANDBOXAPP&X-Algolia-API-Key={key}");
        let table = [
            (in_query("sandbox-search-key"), 200),
            (
                "/1/events?x-algolia-api-key=sandbox-search-key&x-algolia-application-id=SANDBOXAPP".into(),
                200,
            ),
            (in_query("second-key"), 200),
            (in_query(SECURED), 200),
            (in_query(UNTIL_2100), 200),
            (in_query(EXPIRED), 401),
            (in_query(OF_ANOTHER), 401),
            (in_query("sandbox-search-ke"), 401),
            (in_query(""), 401),
            ("/1/events?X-Algolia-Application-Id=OTHERAPP&X-Algolia-API-Key=sandbox-search-key".into(), 401),
            ("/1/events?X-Algolia-API-Key=sandbox-search-key".into(), 401),
            ("/1/events".into(), 401),
        ];
        for (path, status) in table {
            let answer = stage.send("POST", &path, &[], body.clone()).await;
            assert_eq!(answer.status, status, "{path}");
            if status == 401 {
                assert_eq!(answer.json(), json!({"status": 401, "message": "Invalid credentials"}));
            }
        }
        let shouted = [("X-ALGOLIA-APPLICATION-ID", APP.1), ("X-Algolia-Api-Key", KEY.1)];
        assert_eq!(stage.send("POST", "/1/events", &shouted, body.clone()).await.status, 200);
        let mixed = stage.send("POST", "/1/events?x-algolia-api-key=second-key", &[APP], body).await;
        assert_eq!(mixed.status, 200);
    });
}

// Made with HMAC-SHA256 and base64 as Algolia documents secured keys.
/// Of the known key: `filters=brand%3Aapple&userToken=u-1`.
const SECURED: &str = "MmVjZmYwNzlhMGFiNmE3ZjgxMDM3N2U3ODUwMGJiNzBmZTlmZTJjODdjOGY5MmMyMmIxZjhiMDA4ODgxNGEwOGZpbHRlcnM9YnJhbmQlM0FhcHBsZSZ1c2VyVG9rZW49dS0x";
/// Of the known key: `validUntil=4102444800`.
const UNTIL_2100: &str = "ZmRmN2EyYTUwYmM3NDJhNzRmN2RmYjJkYjcwZTViODUwMDNiMTE3MDFkM2ZlMjQ0NmIyZmQyMTc3NjhhZWRlZXZhbGlkVW50aWw9NDEwMjQ0NDgwMA==";
/// Of the known key: `validUntil=1500000000`.
const EXPIRED: &str = "ZjAxYWZhMTI1NmFhZjI1NDkzNDdiYjNkZjZlZTFmMDRmMzZlYjNkYTQ0YTkwZGYzYjZjY2Q0YzQ3NGJjNmExZHZhbGlkVW50aWw9MTUwMDAwMDAwMA==";
/// Of a key that nobody knows.
const OF_ANOTHER: &str = "ZmE4ZjUxNTA4ZTYzZWE2MDc4M2FkODI2OGEyYzFlNGU0ZDRhNmYwOGZjNTU3NTZjZWIwNmNhM2MxZTBjM2MwY3VzZXJUb2tlbj11LTE=";

#[test]
fn the_middleware_is_served_to_pages_of_any_origin_and_not_sent_again_to_those_who_have_it() {
    play(async |stage| {
        let script = stage.send("GET", "/causeway.js", &[], "").await;
        assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
        assert_eq!(script.text(), include_str!("../../assets/causeway.js"));
        for name in ["cache-control", "etag"] {
            assert_ne!(script.header(name), "", "{name}");
        }
        let packed = stage.send("GET", "/causeway.js", &[("accept-encoding", "gzip, br")], "").await;
        assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
        let again = stage.send("GET", "/causeway.js", &[("if-none-match", packed.header("etag"))], "").await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        for answer in [&script, &packed, &again] {
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
        }
    });
}
