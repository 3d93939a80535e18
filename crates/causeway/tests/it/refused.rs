//! What a vendor has refused once costs no more than a request the second time, and never a good event.

use crate::events::{DAY_MS, but, now, view, views};
use crate::stage::{Scene, Stage};
use causeway::delivery::refused;
use serde_json::{Value, json};
use std::time::Duration;

/// A vendor that takes no event of more than four days, which our own rules would send.
fn scene() -> Scene {
    Scene::new().vendors(|vendors| vendors.max_event_age = Duration::from_secs(4 * 24 * 3600))
}

/// A thousand events, one of them five days old and the only one of its person.
fn with_poison(first: usize) -> Vec<Value> {
    let mut events = views(first..first + 1000);
    events[637]["timestamp"] = (now() - 5 * DAY_MS).into();
    events[637]["userToken"] = format!("poisoned-{first}").into();
    events
}

/// How many requests Algolia got for these events.
async fn requests(stage: &Stage, events: &[Value]) -> u64 {
    let before = stage.sandbox.stats().algolia.requests;
    stage.accept(events).await;
    stage.settled().await;
    stage.sandbox.stats().algolia.requests - before
}

/// Waits until so many refusals are learned: they are stored when the whole batch is through.
async fn learned(stage: &Stage, refusals: u64) {
    let count = || {
        let known = refused::stored(&*stage.bridge().state).unwrap();
        known.iter().map(|pattern| pattern.refused).sum::<u64>()
    };
    stage.until("it is learned", || count() == refusals).await;
}

async fn patterns(stage: &Stage) -> Vec<Value> {
    let answer = stage.admin("GET", "/api/dead-letters/patterns").await.json();
    answer["patterns"].as_array().unwrap().clone()
}

#[test]
fn the_second_poison_of_a_kind_costs_one_request_more_than_none_also_after_a_restart() {
    scene().play(async |stage| {
        let first = requests(stage, &with_poison(0)).await;
        assert!(first <= 21, "{first} requests for the first");
        learned(stage, 1).await;
        let second = requests(stage, &with_poison(1000)).await;
        assert!(second <= 2, "{second} requests for the second");
        learned(stage, 2).await;
        stage.restart().await;
        let third = requests(stage, &with_poison(2000)).await;
        assert!(third <= 2, "{third} requests after a restart");
        assert_eq!((stage.sandbox.stats().algolia.kept, stage.dead_letters().await.len()), (2997, 3));
        learned(stage, 3).await;
        let known = patterns(stage).await;
        assert_eq!((known.len(), &known[0]["refused"]), (1, &json!(3)), "{known:?}");
        assert!(known[0]["features"].to_string().contains("an instant 4 to 7 days ago"), "{known:?}");
        assert!(!known[0].to_string().contains("person-7"), "{known:?}");
    });
}

#[test]
fn a_good_event_that_looks_like_one_refused_before_is_sent_apart_and_arrives() {
    scene().play(async |stage| {
        requests(stage, &with_poison(0)).await;
        learned(stage, 1).await;
        // Within the same bucket of days as the poison, and young enough for the vendor.
        let mut events = views(1000..2000);
        events[11]["timestamp"] = (now() - 4 * DAY_MS + 60_000).into();
        let poison = but(view("person-3", "o-bad"), json!({"timestamp": now() - 5 * DAY_MS}));
        let mut both = events.clone();
        both.insert(500, poison);
        assert!(requests(stage, &both[..1000]).await <= 4);
        requests(stage, &both[1000..]).await;
        assert_eq!(stage.sandbox.stats().algolia.kept, 1999);
        assert_eq!(stage.dead_letters().await.len(), 2);
        let arrived = stage.sandbox.events();
        assert!(arrived.iter().any(|event| event["objectIDs"][0] == "o-1011"), "it was only suspected");
    });
}

/// Refuses what three hundred events become, and takes it again.
async fn three_hundred_letters(stage: &Stage) {
    stage.sandbox.set_fault(causeway_sandbox::Fault::status(causeway_sandbox::Target::Segment, 400));
    stage.accept(&views(0..300)).await;
    stage.settled().await;
    stage.sandbox.clear_faults();
}

async fn decide(stage: &Stage, verb: &str, body: Value) -> Vec<Value> {
    let path = format!("/api/dead-letters/{verb}");
    let answer = stage.admin_with("POST", &path, &[], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn many_dead_letters_are_retried_and_discarded_at_once_with_an_estimate_and_progress() {
    scene().play(async |stage| {
        three_hundred_letters(stage).await;
        let of_flow = json!({"flow": "search-events", "error": "refuses"});
        let dry = but(of_flow.clone(), json!({"dry_run": true}));
        let would = decide(stage, "retry", dry).await;
        assert_eq!((&would[0]["would_retry"], &would[0]["calls"]), (&json!(300), &json!(1)));
        assert_eq!(stage.dead_letters().await.len(), 100, "the list has its limit");
        let lines = decide(stage, "retry", of_flow).await;
        assert_eq!(lines[0], json!({"done": 200, "of": 300}));
        assert_eq!(lines.last().unwrap(), &json!({"retried": 300}));
        stage.settled().await;
        assert_eq!((stage.tracks().len(), stage.dead_letters().await.len()), (300, 0));

        stage.sandbox.reset();
        three_hundred_letters(stage).await;
        let problem = stage.admin("GET", "/api/problems").await.json()["problems"][0]["id"].clone();
        let lines = decide(stage, "discard", json!({"problem": problem, "note": "a test"})).await;
        let discarded = lines.last().unwrap()["discarded"].as_u64().unwrap();
        let kept = stage.admin("GET", "/api/dead-letters?status=discarded&limit=1000").await.json();
        let kept = kept["dead_letters"].as_array().unwrap();
        assert!(kept.len() as u64 == discarded && kept.iter().all(|letter| letter["note"] == "a test"));
        for wrong in [json!({}), json!({"flwo": "search-events"})] {
            let answer = stage.admin_with("POST", "/api/dead-letters/retry", &[], wrong.to_string()).await;
            assert_eq!(answer.status, 422, "{}", answer.text());
        }
    });
}

#[test]
fn a_pattern_that_somebody_drops_is_learned_anew() {
    scene().play(async |stage| {
        requests(stage, &with_poison(0)).await;
        learned(stage, 1).await;
        let id = patterns(stage).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/dead-letters/patterns/{id}");
        assert_eq!(stage.admin("DELETE", &path).await.status, 200);
        assert_eq!(stage.admin("DELETE", &path).await.status, 404);
        assert!(patterns(stage).await.is_empty());
        assert!(requests(stage, &with_poison(1000)).await > 2);
        learned(stage, 1).await;
    });
}
