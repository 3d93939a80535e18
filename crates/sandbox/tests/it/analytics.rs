//! The stand-in Algolia Analytics.

use crate::support::{ADMIN, Answer, Bench, CREDENTIALS, but, click};
use causeway_sandbox::{Fault, Options, Target};
use serde_json::{Value, json};

async fn search(bench: &Bench, parameters: &Value) -> Value {
    let path = "/1/indexes/products/query";
    bench.send("POST", path, &CREDENTIALS, parameters.to_string()).await.json()
}

async fn report(bench: &Bench, path: &str) -> Answer {
    bench.send("GET", path, &ADMIN, "").await
}

/// Some searches of several people: one types letter by letter, one isn't to be counted.
async fn searched() -> Bench {
    let bench = Bench::new().await;
    for (user, query, more) in [
        ("a", "tramp", json!({})),
        ("a", "trampo", json!({})),
        ("a", "Trampoline", json!({})),
        ("b", "trampoline", json!({"filters": "brand:Fjordal", "analyticsTags": ["audience:vip"]})),
        ("b", "sofa", json!({"clickAnalytics": true})),
        ("c", "probe", json!({"analytics": false})),
    ] {
        search(&bench, &but(more, &json!({"userToken": user, "query": query}))).await;
    }
    bench
}

#[tokio::test]
async fn searches_without_results_are_counted_from_what_was_searched() {
    let bench = searched().await;
    let answer = report(&bench, "/2/searches/noResults?index=products").await;
    assert_eq!(
        answer.json(),
        json!({"searches": [{"search": "trampoline", "count": 2, "withFilterCount": 1}]})
    );
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("100", "99"));
    let tagged = report(&bench, "/2/searches/noResults?index=products&tags=audience%3Avip").await.json();
    assert_eq!(tagged["searches"][0]["count"], 1);
    let past =
        report(&bench, "/2/searches/noResults?index=products&startDate=2024-01-01&endDate=2024-01-02").await;
    assert_eq!(past.json(), json!({"searches": []}));
    let rate = report(&bench, "/2/searches/noResultRate?index=products").await.json();
    assert_eq!(
        (&rate["count"], &rate["noResultCount"], rate["dates"].as_array().unwrap().len()),
        (&json!(3), &json!(2), 8)
    );
}

#[tokio::test]
async fn top_searches_counts_and_people_are_told() {
    let bench = searched().await;
    let top = report(&bench, "/2/searches?index=products&direction=desc&limit=1").await.json();
    assert_eq!(top, json!({"searches": [{"search": "trampoline", "count": 2, "nbHits": 0}]}));
    let next = report(&bench, "/2/searches?index=products&direction=desc&offset=1").await.json();
    assert_eq!(next["searches"][0]["search"], "sofa");
    let count = report(&bench, "/2/searches/count?index=products").await.json();
    assert_eq!(
        (&count["count"], &count["dates"][7]["count"], &count["dates"][0]["count"]),
        (&json!(3), &json!(3), &json!(0))
    );
    assert_eq!(report(&bench, "/2/users/count?index=products").await.json()["count"], 2);
    let status = report(&bench, "/2/status?index=products").await;
    assert!(status.json()["updatedAt"].is_string() && status.header("x-ratelimit-limit").is_empty());
    let quiet = Bench::new().await;
    assert_eq!(report(&quiet, "/2/status?index=products").await.json(), json!({"updatedAt": null}));
}

#[tokio::test]
async fn clicks_and_conversions_come_from_events() {
    let bench = Bench::new().await;
    let first = search(&bench, &json!({"query": "sofa", "userToken": "a", "clickAnalytics": true})).await;
    search(&bench, &json!({"query": "sofa", "userToken": "b", "clickAnalytics": true})).await;
    let query_id = &first["queryID"];
    bench.insights(&json!({"events": [but(click(), &json!({"queryID": query_id}))]})).await;
    let conversion = json!({"eventName": "Bought", "eventType": "conversion", "index": "products", "userToken": "a",
        "objectIDs": ["sku-1"], "queryID": query_id});
    assert_eq!(bench.insights(&json!({"events": [conversion]})).await.status, 200);
    let top =
        report(&bench, "/2/searches?index=products&clickAnalytics=true").await.json()["searches"][0].clone();
    assert_eq!(
        (&top["clickThroughRate"], &top["conversionRate"], &top["averageClickPosition"]),
        (&json!(0.5), &json!(0.5), &json!(3.0))
    );
    assert_eq!(
        (&top["trackedSearchCount"], &top["clickCount"], &top["conversionCount"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(
        (&top["clickPositions"][2], top["clickPositions"].as_array().unwrap().len()),
        (&json!({"position": [3, 3], "clickCount": 1}), 12)
    );
    let unclicked = report(&bench, "/2/searches/noClicks?index=products").await.json();
    assert_eq!(
        (&unclicked["searches"][0]["search"], &unclicked["searches"][0]["count"]),
        (&json!("sofa"), &json!(1))
    );
    let rate = report(&bench, "/2/searches/noClickRate?index=products").await.json();
    assert_eq!((&rate["rate"], &rate["count"], &rate["noClickCount"]), (&json!(0.5), &json!(2), &json!(1)));
}

#[tokio::test]
async fn reports_ask_for_their_right_an_index_and_patience() {
    let bench = Bench::with(Options { analytics_calls_per_minute: 4, ..Options::default() }).await;
    let path = "/2/searches/count?index=products";
    assert_eq!(
        bench.send("GET", path, &CREDENTIALS, "").await.message(),
        "Method not allowed with this API key"
    );
    assert_eq!(bench.get(path).await.message(), "Invalid Application-Id or API-Key");
    for (path, status) in [
        ("/2/searches/count", 400),
        ("/2/searches/count?index=nothing", 404),
        ("/2/searches?index=products&limit=1001", 400),
        ("/2/hits?index=products", 404),
        ("/2/searches/count?index=products", 429),
    ] {
        let answer = report(&bench, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.message().is_empty() && answer.header("x-ratelimit-reset").len() == 10);
    }
    bench.sandbox.set_fault(Fault::status(Target::Analytics, 503));
    assert_eq!(report(&bench, "/2/status?index=products").await.status, 503);
}
