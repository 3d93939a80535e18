//! Searches without results, asked for at Algolia's Analytics API.

use crate::stage::{Scene, Stage};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// A stand-in of the Analytics API, after `GET /2/searches/noResults` of its spec. It knows one day's searches of
/// `products`, whichever day is asked for last, and answers what it is told to before that.
#[derive(Clone, Default)]
struct Analytics(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    searches: Vec<(&'static str, u64)>,
    refusals: VecDeque<(u16, &'static str, String)>,
    asked: Vec<String>,
}

impl Analytics {
    fn start(&self) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let router = Router::new().route("/2/searches/noResults", get(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn know(&self, searches: &[(&'static str, u64)]) {
        self.0.lock().unwrap().searches = searches.to_vec();
    }

    fn refuse(&self, status: u16, header: &'static str, value: impl Into<String>) {
        self.0.lock().unwrap().refusals.push_back((status, header, value.into()));
    }

    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

async fn answer(
    State(analytics): State<Analytics>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut known = analytics.0.lock().unwrap();
    let query = query.unwrap_or_default();
    known.asked.push(query.clone());
    let right = headers["x-algolia-application-id"] == "SANDBOXAPP"
        && headers["x-algolia-api-key"] == "analytics-key";
    let refusal = known.refusals.pop_front();
    if let Some((status, header, value)) = refusal {
        return (http::StatusCode::from_u16(status).unwrap(), [(header, value)], "{}").into_response();
    }
    if !right {
        return (http::StatusCode::FORBIDDEN, "{\"message\":\"Method not allowed with this API key\"}")
            .into_response();
    }
    let today = query.contains(&today());
    let searched =
        |(search, count): &(&str, u64)| json!({"search": search, "count": count, "withFilterCount": 1});
    let searches: Vec<Value> = known.searches.iter().filter(|_| today).map(searched).collect();
    json!({ "searches": searches }).to_string().into_response()
}

fn today() -> String {
    jiff::Timestamp::now().to_string()[..10].to_owned()
}

/// A story with a bridge that polls the stand-in at its start, and hardly ever after that. Starting it again polls again.
fn polling(story: impl AsyncFnOnce(&mut Stage, &Analytics)) {
    let analytics = Analytics::default();
    Scene::new().play(async |stage| {
        let url = analytics.start();
        let table =
            "poll = \"1d\"\npoll_indices = [\"products\"]\npoll_limit = 50\npoll_requests_per_minute = 100";
        stage
            .settings
            .recipes
            .insert("zero-results".to_owned(), table.parse::<toml::Table>().unwrap().into());
        stage.settings.algolia.analytics_key = Some("analytics-key".into());
        stage.settings.algolia.analytics_url = Some(url);
        story(stage, &analytics).await;
    });
}

/// The searches without results that Segment was told of, with how many of each.
fn told(stage: &Stage) -> Vec<(String, u64)> {
    let told = |message: Value| {
        let properties = &message["properties"];
        (properties["query"].as_str().unwrap().to_owned(), properties["count"].as_u64().unwrap())
    };
    stage.tracks().into_iter().map(told).collect()
}

/// Starts the bridge again, and waits until reports of so many lines, all together, were worked through.
async fn after_a_poll(stage: &mut Stage, lines: i64) {
    stage.restart().await;
    stage.until("the report was worked through", || stage.balance("aggregates")[0] == lines).await;
    stage.settled().await;
}

#[test]
fn what_a_report_says_becomes_an_aggregate_event_and_later_only_what_has_grown() {
    polling(async |stage, analytics| {
        analytics.know(&[("lmap", 3), ("sofaa", 1)]);
        after_a_poll(stage, 2).await;
        let [yesterday, now] = &analytics.asked()[..2] else { panic!() };
        assert!(now.starts_with("index=products&startDate=") && now.ends_with("&limit=50"), "{now}");
        assert!(now.contains(&format!("endDate={}", today())) && !yesterday.contains(&today()));
        let message = &stage.tracks()[0];
        assert_eq!(
            (&message["event"], &message["anonymousId"]),
            (&json!("Search Returned No Results"), &json!("causeway-aggregate"))
        );
        let properties = json!({
            "query": "lmap", "search_index": "products", "nb_hits": 0, "aggregate": true, "count": 3,
            "day": today(), "day_count": 3, "day_count_with_filters": 1,
        });
        assert_eq!(message["properties"], properties);

        analytics.know(&[("lmap", 5), ("sofaa", 1), ("chiar", 1)]);
        after_a_poll(stage, 5).await;
        after_a_poll(stage, 8).await;
        let all =
            [("lmap", 3), ("sofaa", 1), ("lmap", 2), ("chiar", 1)].map(|(query, by)| (query.to_owned(), by));
        assert_eq!(told(stage), all);
        assert_eq!(stage.balance("zero-results"), [4, 4, 0, 0, 0]);
        assert_eq!(stage.balance("search-events"), [4, 0, 4, 0, 0], "nobody in particular searched");
        assert_eq!(stage.balance("aggregates"), [8, 4, 4, 0, 0]);
    });
}

#[test]
fn a_quota_that_is_used_up_is_waited_for_and_a_denial_is_not_asked_again() {
    polling(async |stage, analytics| {
        analytics.know(&[("lmap", 1)]);
        analytics.refuse(429, "retry-after", "1");
        let began = std::time::Instant::now();
        after_a_poll(stage, 1).await;
        assert!(began.elapsed().as_millis() >= 1_000);
        assert_eq!(analytics.asked().len(), 3, "the refused question again, and the other day");

        stage.settings.algolia.analytics_key = Some("another-key".into());
        stage.restart().await;
        let denied =
            || stage.bridge().metrics.encode().contains("causeway_analytics_requests_total{code=\"403\"} 2");
        stage.until("both days were denied", denied).await;
        assert_eq!(analytics.asked().len(), 5);
    });
}

#[test]
fn an_aggregate_that_a_flow_refused_is_told_when_it_is_retried() {
    polling(async |stage, analytics| {
        let flow = |property: &str| {
            format!(
                "name = \"own\"\nsource = \"algolia\"\ndestination = \"segment\"\n[[subscriptions]]\nname = \"all\"\n\
                 trigger = 'properties.eventType = \"searchReport\"'\n[subscriptions.mapping]\nevent = {property}\n\
                 [subscriptions.mapping.properties]\ncount = {{ \"@path\" = \"$.properties.count\" }}\n\
                 day_count = {{ \"@path\" = \"$.properties.dayCount\" }}\n"
            )
        };
        let directory = stage.home().join("flows");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("own.toml"), flow("{ \"@path\" = \"$.properties.absent\" }")).unwrap();
        stage.settings.flows.directory = Some("flows".into());
        analytics.know(&[("lmap", 2)]);
        after_a_poll(stage, 1).await;
        analytics.know(&[("lmap", 5)]);
        after_a_poll(stage, 2).await;
        assert_eq!(stage.balance("own"), [2, 0, 0, 2, 0]);

        std::fs::write(directory.join("own.toml"), flow("\"Own\"")).unwrap();
        stage.restart().await;
        for letter in stage.dead_letters().await {
            assert_eq!(stage.retry(&letter, &json!({})).await.status, 200);
        }
        stage.settled().await;
        let own = stage.tracks().into_iter().filter(|message| message["event"] == "Own");
        let mut counts: Vec<Value> = own.map(|message| message["properties"].clone()).collect();
        counts.sort_by_key(|counts| counts["count"].as_u64());
        assert_eq!(counts, [json!({"count": 2, "day_count": 2}), json!({"count": 3, "day_count": 5})]);
    });
}
