//! The stand-ins of Algolia Personalization, and deletion at all of Algolia's interfaces.

use crate::support::{ADMIN, Bench, CREDENTIALS, but, click};
use causeway_sandbox::{Fault, Options, Target};
use serde_json::{Value, json};
use std::time::Duration;

fn viewed_filter(token: &str) -> Value {
    json!({"eventName": "Filter Viewed", "eventType": "view", "index": "products", "userToken": token,
        "authenticatedUserToken": "customer-1", "filters": ["brand%3AApple"]})
}

const PROFILES: [&str; 2] = ["/1/profiles/personalization/a%2Fb", "/2/users/a%2Fb"];

#[tokio::test]
async fn a_profile_is_there_once_insights_saw_the_token_and_gone_once_deleted() {
    let bench = Bench::new().await;
    for path in PROFILES {
        assert_eq!(bench.send("GET", path, &ADMIN, "").await.status, 404);
    }
    bench.insights(&json!({"events": [viewed_filter("a/b")]})).await;
    let classic = bench.send("GET", PROFILES[0], &ADMIN, "").await;
    assert_eq!(classic.json()["scores"], json!({"brand": {"Apple": 1}}));
    assert_eq!(classic.header("x-ratelimit-limit"), "40");
    let advanced = bench.send("GET", "/2/users/customer-1", &ADMIN, "").await.json();
    assert_eq!((&advanced["userID"], &advanced["affinities"]), (&json!("customer-1"), &json!([])));

    for path in ["/1/profiles/a%2Fb", "/2/users/a%2Fb"] {
        assert!(bench.send("DELETE", path, &ADMIN, "").await.json()["deletedUntil"].is_string());
    }
    for path in PROFILES {
        assert_eq!(bench.send("GET", path, &ADMIN, "").await.status, 404);
    }
    assert_eq!(bench.sandbox.events().len(), 1, "events are Insights' own to delete");
    bench.insights(&json!({"events": [viewed_filter("a/b")]})).await;
    assert_eq!(bench.send("GET", PROFILES[1], &ADMIN, "").await.status, 200);
}

#[tokio::test]
async fn every_deletion_is_listed_with_its_interface() {
    let bench = Bench::new().await;
    for path in ["/1/usertokens/t", "/1/profiles/t", "/2/users/t"] {
        bench.send("DELETE", path, &ADMIN, "").await;
    }
    let deletions = bench.get("/_sandbox/algolia/deletions").await.json();
    let apis = deletions.as_array().unwrap().iter().map(|deletion| deletion["api"].as_str().unwrap());
    assert_eq!(apis.collect::<Vec<_>>(), ["insights", "personalization", "advanced-personalization"]);
    assert!(deletions.as_array().unwrap().iter().all(|deletion| deletion["token"] == "t"));
}

#[tokio::test]
async fn a_deletion_may_take_its_time() {
    let takes = Duration::from_millis(200);
    let bench = Bench::with(Options { profile_deletion_takes: takes, ..Options::default() }).await;
    bench.insights(&json!({"events": [click()]})).await;
    bench.send("DELETE", "/2/users/anonymous-1", &ADMIN, "").await;
    assert_eq!(bench.send("GET", "/2/users/anonymous-1", &ADMIN, "").await.status, 200);
    tokio::time::sleep(takes).await;
    assert_eq!(bench.send("GET", "/2/users/anonymous-1", &ADMIN, "").await.status, 404);
}

#[tokio::test]
async fn keys_ids_and_rates_are_judged_as_each_interface_documents() {
    let options =
        Options { personalization_calls_per_second: 0, advanced_calls_per_minute: 1, ..Options::default() };
    let bench = Bench::with(options).await;
    assert_eq!(bench.send("GET", PROFILES[0], &CREDENTIALS, "").await.status, 403);
    assert_eq!(
        bench.send("GET", PROFILES[1], &CREDENTIALS, "").await.json(),
        json!({"status": 401, "message": "Unauthorized"})
    );
    let illegal = bench.send("GET", "/2/users/a%40b", &ADMIN, "").await;
    assert_eq!(illegal.status, 422);
    assert!(illegal.message().starts_with("UserID must contain only alphanumeric"));
    for path in PROFILES {
        assert_eq!(bench.send("GET", path, &ADMIN, "").await.status, 429);
    }
}

#[tokio::test]
async fn the_strategy_is_one_closed_object() {
    let bench = Bench::new().await;
    let strategy = json!({"eventsScoring": [{"score": 5, "eventName": "Trait Synced", "eventType": "view"}],
        "facetsScoring": [{"score": 10, "facetName": "brand"}], "personalizationImpact": 50});
    let path = "/1/strategies/personalization";
    assert_eq!(bench.send("GET", path, &ADMIN, "").await.json()["eventsScoring"], json!([]));
    for bad in [
        but(strategy.clone(), &json!({"personalizationImpact": 101})),
        but(strategy.clone(), &json!({"more": 1})),
    ] {
        assert_eq!(bench.send("POST", path, &ADMIN, bad.to_string()).await.status, 400);
    }
    let answer = bench.send("POST", path, &ADMIN, strategy.to_string()).await;
    assert_eq!(answer.json(), json!({"message": "Strategy was successfully updated."}));
    assert_eq!(bench.send("GET", path, &ADMIN, "").await.json(), strategy);
}

#[tokio::test]
async fn faults_strike_personalization_apart_from_its_neighbours() {
    let bench = Bench::new().await;
    bench.post("/_sandbox/faults", &json!({"target": "personalization", "status": 503})).await;
    assert_eq!(bench.send("DELETE", "/1/profiles/t", &ADMIN, "").await.status, 503);
    assert_eq!(bench.send("DELETE", "/1/usertokens/t", &ADMIN, "").await.status, 204);
    bench.sandbox.clear_faults();
    bench.sandbox.set_fault(Fault::status(Target::Analytics, 500));
    assert_eq!(bench.send("DELETE", "/2/users/t", &ADMIN, "").await.status, 200);
    assert_eq!(bench.send("GET", "/2/users/count", &ADMIN, "").await.status, 500);
}
