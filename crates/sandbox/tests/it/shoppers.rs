//! Shoppers against the stand-in.

use crate::support::{Bench, CREDENTIALS, but, receiver};
use causeway_sandbox::shoppers::{
    Action, AudienceWebhook, Outcome, SegmentShop, Shoppers, Totals, Twist, Verb,
};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lets a crowd shop for a while of paused time.
async fn shop(bench: &Bench, seconds: u64, change: impl FnOnce(&mut Shoppers)) -> (Vec<Action>, Totals) {
    let mut crowd = Shoppers::new(bench.sandbox.url(), "SANDBOXAPP", "sandbox-search-key");
    change(&mut crowd);
    let actions = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&actions);
    let tell = move |action| heard.lock().unwrap().push(action);
    let totals = crowd.run(tokio::time::sleep(Duration::from_secs(seconds)), tell).await.unwrap();
    let actions = std::mem::take(&mut *actions.lock().unwrap());
    (actions, totals)
}

#[tokio::test(start_paused = true)]
async fn everything_that_isnt_invalid_on_purpose_is_accepted() {
    let bench = Bench::new().await;
    let (actions, totals) = shop(&bench, 120, |crowd| (crowd.invalid, crowd.duplicates) = (0.1, 0.1)).await;
    for action in &actions {
        let expected = match (action.events, action.twist) {
            (0, _) => Outcome::Silent,
            (_, Twist::Invalid) => Outcome::Answered(422),
            _ => Outcome::Answered(200),
        };
        assert_eq!(action.outcome, expected, "{action:?}");
    }
    let tally = bench.sandbox.stats().algolia;
    assert_eq!(tally.requests, totals.requests);
    assert_eq!(tally.received, totals.events + totals.invalid + totals.duplicates);
    assert_eq!(tally.dropped, 2 * totals.invalid);
    assert!(totals.invalid > 20 && totals.duplicates > 20 && totals.failed == 0, "{totals:?}");
    assert!((1600..3200).contains(&totals.actions), "20 shoppers at 1/s for 120 s: {totals:?}");
}

#[tokio::test(start_paused = true)]
async fn a_crowd_shops_the_same_way_again_for_the_same_seed() {
    let bench = Bench::new().await;
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let (actions, _) = shop(&bench, 60, |crowd| (crowd.seed, crowd.count) = (seed, 1)).await;
        runs.push(actions);
    }
    let common = runs[0].len().min(runs[1].len());
    assert!(common > 20);
    assert_eq!(runs[0][..common], runs[1][..common]);
    assert_ne!(runs[0][..20], runs[2][..20]);
}

#[tokio::test(start_paused = true)]
async fn events_carry_what_a_shops_pages_would_send() {
    let bench = Bench::new().await;
    let (actions, _) = shop(&bench, 300, |_| ()).await;
    let events = bench.sandbox.events();
    let with = |key: &str| events.iter().filter(|event| !event[key].is_null()).count();
    let all = events.len();
    assert!(with("timestamp") > all / 3 && with("timestamp") < all, "{} of {all}", with("timestamp"));
    assert!(with("authenticatedUserToken") > 0 && with("authenticatedUserToken") < all / 2);
    assert!(events.iter().all(|event| event["userToken"].as_str().unwrap().starts_with("anonymous-")));
    let filters = events.iter().filter_map(|event| event["filters"][0].as_str()).collect::<HashSet<_>>();
    assert!(filters.iter().any(|filter| filter.starts_with("brand%3A")), "{filters:?}");
    assert!(events.iter().any(|event| event["objectData"].as_array().is_some_and(|data| data.len() > 1)));
    let fruitless =
        actions.iter().filter(|action| action.verb == Verb::Search && action.hits == Some(0)).count();
    assert!(fruitless > 0);
}

/// A shop of which half of the people run Segment's library.
fn segment_shop(bench: &Bench, audience: &str) -> SegmentShop {
    let audience = AudienceWebhook { url: audience.to_owned(), secret: Some("s".into()) };
    let shop = SegmentShop::new(bench.sandbox.url(), "sandbox-write-key");
    SegmentShop { audience: Some(audience), ..shop }
}

#[tokio::test(start_paused = true)]
async fn some_are_segments_users_and_tell_nothing_twice() {
    let bench = Bench::new().await;
    let (url, mut gotten) = receiver(|_| 200).await;
    let segment = Some(segment_shop(&bench, &url));
    let (actions, totals) = shop(&bench, 300, |crowd| (crowd.segment, crowd.invalid) = (segment, 0.0)).await;
    assert_eq!((totals.failed, totals.refused), (0, 0), "{totals:?}");

    let messages = bench.sandbox.messages();
    let of =
        |key: &'static str, value: &'static str| messages.iter().filter(move |message| message[key] == value);
    for event in ["Product Clicked", "Product Added", "Order Completed"] {
        assert!(of("event", event).count() > 0, "{event}");
    }
    let told = of("event", "Order Completed").count()
        + bench.sandbox.events().iter().filter(|event| event["eventSubtype"] == "purchase").count();
    let bought =
        actions.iter().filter(|action| action.verb == Verb::Buy && action.twist == Twist::None).count();
    assert_eq!(told, bought, "by a call or by an event");
    for login in of("type", "identify") {
        assert!(
            login["userId"].is_string() && login["anonymousId"].as_str().unwrap().starts_with("anonymous-")
        );
        assert!(
            login["traits"]["loyalty_tier"].is_string() && login["traits"]["favourite_brand"].is_string()
        );
    }
    assert!(of("type", "identify").count() > 0 && bench.sandbox.dropped().is_empty());

    let mut memberships = Vec::new();
    while let Ok((headers, body)) = gotten.try_recv() {
        assert_eq!(headers["x-signature"].len(), 40);
        memberships.push(serde_json::from_str::<Value>(&body).unwrap()["traits"]["big_spenders"] == true);
    }
    assert!(memberships.contains(&true) && memberships.contains(&false), "some enter and some leave");
    assert_eq!(totals.calls, (messages.len() + memberships.len()) as u64);
}

#[tokio::test(start_paused = true)]
async fn segments_users_visit_as_they_would_have_without_it() {
    let bench = Bench::new().await;
    let mut runs = Vec::new();
    let all = SegmentShop { share: 1.0, ..segment_shop(&bench, "http://127.0.0.1:1/") };
    for segment in [None, Some(all.clone()), Some(all)] {
        let (mut actions, _) = shop(&bench, 60, |crowd| {
            (crowd.count, crowd.duplicates, crowd.invalid, crowd.segment) = (1, 0.0, 0.0, segment);
        })
        .await;
        actions.truncate(20);
        runs.push(actions);
    }
    assert_eq!(runs[1], runs[2]);
    let first_visit = |run: &[Action]| {
        let visit = run.iter().take_while(|action| action.verb != Verb::Leave);
        let planned = visit.filter(|action| action.verb != Verb::EnterAudience);
        planned.map(|action| (action.verb, action.object.clone())).collect::<Vec<_>>()
    };
    assert_eq!(first_visit(&runs[0]), first_visit(&runs[1]));
}

#[tokio::test]
async fn a_crowd_that_cant_start_says_why() {
    for (change, words) in [
        ((|crowd| crowd.pace = 0.0) as fn(&mut Shoppers), "pace is 0"),
        (|crowd| crowd.invalid = f64::NAN, "invalid is NaN"),
        (|crowd| crowd.bridge_url = "http://[".into(), "bridge_url"),
        (|crowd| crowd.search_url = Some("http://[".into()), "search_url"),
        (
            |crowd| crowd.segment = Some(SegmentShop::new("http://[", "k")),
            "segment: \"http://[\" is no address",
        ),
        (
            |crowd| crowd.segment = Some(SegmentShop { share: 2.0, ..SegmentShop::new("http://a", "k") }),
            "segment.share is 2",
        ),
    ] {
        let mut crowd = Shoppers::new("http://127.0.0.1:1", "A", "k");
        change(&mut crowd);
        let error = crowd.run(std::future::ready(()), |_| ()).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_is_away_fails_requests_and_nothing_else() {
    let mut crowd = Shoppers::new("http://127.0.0.1:1", "A", "k");
    crowd.count = 2;
    // On a task of its own, as a demo runs it.
    let shopping =
        tokio::spawn(async move { crowd.run(tokio::time::sleep(Duration::from_secs(30)), |_| ()).await });
    let totals = shopping.await.unwrap().unwrap();
    assert!(totals.failed > 0 && totals.failed == totals.requests, "{totals:?}");
}

#[tokio::test]
async fn with_a_search_address_every_letter_is_a_search_and_clicks_are_on_what_was_found() {
    let bench = Bench::new().await;
    let url = bench.sandbox.url();
    // Real time, at a pace that doesn't wait for it.
    let mut crowd = Shoppers::new(&url, "SANDBOXAPP", "sandbox-search-key");
    (crowd.count, crowd.pace, crowd.search_url, crowd.invalid) = (5, 500.0, Some(url), 0.0);
    let actions = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&actions);
    let tell = move |action: Action| heard.lock().unwrap().push(action);
    let enough = Arc::clone(&actions);
    let until = async move {
        let clicks = |actions: &[Action]| actions.iter().filter(|action| action.verb == Verb::Click).count();
        while clicks(&enough.lock().unwrap()) < 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let totals = crowd.run(until, tell).await.unwrap();
    let actions = std::mem::take(&mut *actions.lock().unwrap());
    assert_eq!((totals.failed, totals.refused), (0, 0), "{totals:?}");

    let searches = bench.sandbox.searches();
    let answered = |query_id: &str| searches.iter().find(|search| search["queryID"] == query_id).cloned();
    let done = actions.iter().filter(|action| action.verb == Verb::Search).collect::<Vec<_>>();
    for action in &done {
        let query = action.query.clone().unwrap();
        let last = answered(action.query_id.as_deref().unwrap()).unwrap();
        assert_eq!(
            (&last["query"], &last["userToken"]),
            (&Value::from(query.as_str()), &Value::from(action.token.as_str()))
        );
        assert_eq!(
            (action.searches, last["nbHits"].as_u64()),
            (query.chars().count(), action.hits.map(|hits| hits as u64))
        );
        let first = query.chars().next().unwrap().to_string();
        assert!(
            searches
                .iter()
                .any(|search| search["query"] == first && search["userToken"] == action.token.as_str())
        );
    }
    assert!(done.iter().map(|action| action.searches as u64).sum::<u64>() <= totals.searches);

    for event in bench
        .sandbox
        .events()
        .iter()
        .filter(|event| event["eventType"] == "click" && event["queryID"].is_string())
    {
        let search = answered(event["queryID"].as_str().unwrap()).unwrap();
        let again = but(search["params"].clone(), &serde_json::json!({"analytics": false}));
        let answer =
            bench.send("POST", "/1/indexes/products/query", &CREDENTIALS, again.to_string()).await.json();
        let position = event["positions"][0].as_u64().unwrap() as usize;
        assert_eq!(answer["hits"][position - 1]["objectID"], event["objectIDs"][0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_address_that_is_away_ends_searches_without_results() {
    let mut crowd = Shoppers::new("http://127.0.0.1:1", "A", "k");
    (crowd.count, crowd.search_url) = (2, Some("http://127.0.0.1:1".into()));
    let totals = crowd.run(tokio::time::sleep(Duration::from_secs(60)), |_| ()).await.unwrap();
    assert!(totals.searches > 10 && totals.failed > 0, "{totals:?}");
}
