//! The admin side: who may use it, and what it tells.

use crate::events::{invalid, view, views};
use crate::stage::{Scene, Stage, play, texts};
use causeway::config::{Config, Settings, source};
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::Ordering;

const ROUTES: [(&str, &str); 15] = [
    ("GET", "/api/ledger"),
    ("GET", "/api/ledger/reports"),
    ("GET", "/api/ledger/reports/x"),
    ("GET", "/api/audit"),
    ("GET", "/api/events/x"),
    ("GET", "/api/dead-letters"),
    ("GET", "/api/problems"),
    ("GET", "/api/dead-letters/x"),
    ("POST", "/api/dead-letters/x/retry"),
    ("POST", "/api/dead-letters/x/discard"),
    ("GET", "/api/flows"),
    ("GET", "/api/alerts"),
    ("POST", "/api/alerts/test"),
    ("POST", "/api/alerts/acknowledge"),
    ("GET", "/metrics"),
];

#[test]
fn without_a_token_the_admin_side_can_not_be_opened_to_the_network() {
    let listening = |listen: &str, token: &str| {
        let text = format!("[admin]\nlisten = {listen:?}\ntoken = {token:?}");
        let settings: Settings = source::parse(&text, std::iter::empty(), &source::Nowhere).unwrap();
        Config::check(settings, Path::new("")).map(drop).map_err(|problem| problem.to_string())
    };
    for open in ["0.0.0.0:7071", "[::]:7071", "192.0.2.1:7071"] {
        assert!(listening(open, "").unwrap_err().contains("admin.token"), "{open}");
        assert_eq!(listening(open, "t0ken"), Ok(()));
    }
    assert_eq!(listening("127.0.0.1:7071", ""), Ok(()));
}

#[test]
fn with_a_token_every_route_but_health_asks_for_it_and_tells_strangers_the_same() {
    Scene::new().with(|settings| settings.admin.token = Some("t0ken".into())).play(async |stage| {
        let mut told = Vec::new();
        for (method, path) in ROUTES {
            for header in [None, Some("Bearer t0ke"), Some("Basic t0ken"), Some("t0ken")] {
                let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
                let answer = stage.admin_with(method, path, &headers, "").await;
                assert_eq!(answer.status, 401, "{method} {path}");
                told.push(answer.body);
            }
        }
        told.dedup();
        assert_eq!(told.len(), 1, "no answer says more than another: {told:?}");
        let right = [("authorization", "Bearer t0ken")];
        assert_eq!(stage.admin_with("GET", "/api/ledger", &right, "").await.status, 200);
        for path in ["/healthz", "/readyz"] {
            assert_eq!(stage.admin("GET", path).await.status, 200);
        }
    });
}

#[test]
fn without_a_token_a_page_of_another_name_is_turned_away() {
    play(async |stage| {
        let rebound = [("host", "evil.example:7071")];
        assert_eq!(stage.admin_with("GET", "/api/ledger", &rebound, "").await.status, 401);
        assert_eq!(stage.admin("GET", "/api/ledger").await.status, 200);
    });
}

#[test]
fn metrics_say_what_came_what_went_and_that_the_ledger_balances() {
    play(async |stage| {
        let mut events = views(0..7);
        events.push(invalid());
        stage.events(&events).await;
        assert_eq!(stage.post("no json").await.status, 400);
        stage.settled().await;
        let answer = stage.admin("GET", "/metrics").await;
        assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
        let text = answer.text();
        for line in [
            "causeway_ledger_imbalance 0",
            "causeway_requests_received_total{intake=\"insights\"} 1",
            "causeway_events_received_total{intake=\"insights\"} 7",
            "causeway_events_quarantined_total{intake=\"insights\"} 1",
            "causeway_requests_refused_total{intake=\"insights\",status=\"400\"} 1",
            "causeway_messages_delivered_total{destination=\"segment\"} 7",
            "causeway_messages_delivered_total{destination=\"insights\"} 7",
            "causeway_ledger_pending{flow=\"search-events\"} 0",
            "causeway_flow_events_received_total{flow=\"search-events\"} 7",
            "causeway_flow_events_delivered_total{flow=\"search-events\"} 7",
            "causeway_flow_events_discarded_total{flow=\"search-events\"} 0",
            "causeway_flow_events_failed_total{flow=\"intake\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.trim_end().ends_with("# EOF"));
    });
}

#[test]
fn records_that_the_disk_lost_are_counted() {
    play(async |stage| {
        let lost = async |stage: &Stage| stage.admin("GET", "/metrics").await.text();
        assert!(lost(stage).await.contains("\ncauseway_journal_damaged_records 0\n"));
        stage.trouble.journal_damaged.store(true, Ordering::SeqCst);
        assert!(lost(stage).await.contains("\ncauseway_journal_damaged_records 3\n"));
    });
}

#[test]
fn the_ledger_is_told_per_flow_and_from_an_instant_on() {
    play(async |stage| {
        stage.accept(&views(0..4)).await;
        stage.settled().await;
        let ledger = stage.admin("GET", "/api/ledger").await.json();
        let flows = ledger["flows"].as_array().unwrap();
        assert_eq!(texts(flows, "/flow"), ["forward-events", "intake", "search-events"]);
        assert_eq!(
            flows[2],
            json!({
                "flow": "search-events", "accepted": 4, "delivered": 4, "filtered": 0, "dead_lettered": 0,
                "pending": 0, "imbalance": 0,
            })
        );
        assert_eq!(stage.admin("GET", "/api/ledger?since=2h").await.json(), ledger);
        let later = stage.admin("GET", "/api/ledger?since=2099-01-01").await.json();
        assert_eq!(later, json!({"flows": []}));
        assert_eq!(stage.admin("GET", "/api/ledger?since=yesterday").await.status, 422);
    });
}

#[test]
fn an_event_is_traced_by_any_id_of_its_own_with_what_became_of_it() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 500).share(0.5));
        stage.accept(&[view("somebody", "o-1"), view("else", "o-2")]).await;
        stage.settled().await;
        let found = stage.admin("GET", "/api/events/o-1").await.json();
        let event = &found["events"][0];
        assert_eq!((&event["user_token"], &event["stage"]), (&json!("somebody"), &json!("processed")));
        let deliveries = event["deliveries"].as_array().unwrap();
        let by_destination: Vec<String> = texts(deliveries, "/destination");
        assert_eq!(by_destination.len(), 2, "{found}");
        assert!(deliveries.iter().all(|delivery| delivery["fate"] == "delivered"), "{found}");
        let segment = deliveries.iter().find(|delivery| delivery["destination"] == "segment").unwrap();
        let message_id = segment["message_ids"][0].as_str().unwrap();
        assert!(texts(&stage.tracks(), "/messageId").iter().any(|id| id == message_id));
        let attempts = |delivery: &Value| delivery["attempts"].as_array().unwrap().clone();
        assert!(deliveries.iter().all(|delivery| attempts(delivery).len() == 1), "{found}");
        assert_eq!(attempts(segment)[0]["status"], 200);
        for id in [event["event"].as_str().unwrap(), message_id, "somebody"] {
            let again = stage.admin("GET", &format!("/api/events/{id}")).await.json();
            assert_eq!(again["events"][0]["event"], event["event"], "{id}");
        }
        assert_eq!(stage.admin("GET", "/api/events/nobody").await.status, 404);
    });
}

#[test]
fn a_token_with_signs_that_mean_something_in_addresses_is_found() {
    play(async |stage| {
        stage.accept(&[view("a/b+c=", "o-1")]).await;
        stage.settled().await;
        let found = stage.admin("GET", "/api/events/a%2Fb%2Bc%3D").await.json();
        assert_eq!(found["events"][0]["user_token"], "a/b+c=", "{found}");
    });
}

#[test]
fn an_accepted_event_is_traced_while_it_waits_for_the_engine() {
    play(async |stage| {
        stage.trouble.state_stalls.store(true, Ordering::SeqCst);
        stage.accept(&[view("somebody", "o-1")]).await;
        let found = stage.admin("GET", "/api/events/somebody").await.json();
        assert_eq!(
            (&found["events"][0]["stage"], &found["events"][0]["deliveries"]),
            (&json!("waiting"), &json!([]))
        );
        stage.trouble.state_stalls.store(false, Ordering::SeqCst);
    });
}

#[test]
fn a_retried_dead_letter_is_traced_from_its_death_to_its_delivery() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        stage.trouble.state_stalls.store(true, Ordering::SeqCst);
        // Three requests whose events share an outbox block.
        for object in ["o-0", "o-1", "o-2"] {
            stage.accept(&[view("somebody", object)]).await;
        }
        stage.trouble.state_stalls.store(false, Ordering::SeqCst);
        stage.settled().await;
        let fates = async || {
            let traced = stage.admin("GET", "/api/events/o-2").await.json();
            let deliveries = traced["events"][0]["deliveries"].as_array().unwrap().clone();
            let to_segment = deliveries.into_iter().filter(|delivery| delivery["destination"] == "segment");
            texts(&to_segment.collect::<Vec<_>>(), "/fate")
        };
        assert_eq!(fates().await, ["dead-lettered"]);
        stage.sandbox.clear_faults();
        for letter in stage.dead_letters().await {
            stage.retry(&letter, &json!({})).await;
        }
        stage.settled().await;
        assert_eq!(fates().await, ["dead-lettered", "delivered"]);
    });
}

#[test]
fn dead_letters_are_listed_by_what_is_asked_and_a_discarded_one_stays_in_the_books() {
    play(async |stage| {
        stage.events(&[view("a", "b"), invalid(), invalid()]).await;
        stage.settled().await;
        let count = async |query: &str| {
            let listed = stage.admin("GET", &format!("/api/dead-letters{query}")).await.json();
            listed["dead_letters"].as_array().unwrap().len()
        };
        assert_eq!((count("").await, count("?flow=intake").await, count("?flow=other").await), (2, 2, 0));
        assert_eq!((count("?error=index").await, count("?error=nonsense").await), (2, 0));
        assert_eq!(count("?limit=1").await, 1);
        let letter = stage.dead_letters().await.remove(0);
        let path = format!("/api/dead-letters/{}", letter["id"].as_str().unwrap());
        assert_eq!(stage.admin("GET", &path).await.json(), letter);
        let body = json!({"note": "a test's own"}).to_string();
        let discarded = stage.admin_with("POST", &format!("{path}/discard"), &[], body).await;
        assert_eq!(discarded.json()["status"], "discarded");
        assert_eq!(
            (count("").await, count("?status=discarded").await, count("?status=all").await),
            (1, 1, 2)
        );
        assert_eq!(stage.admin("GET", &path).await.json()["note"], "a test's own");
        assert_eq!(stage.admin_with("POST", &format!("{path}/retry"), &[], "").await.status, 409);
        assert_eq!(stage.admin("GET", "/api/dead-letters/none").await.status, 404);
        assert_eq!(stage.admin("GET", "/api/dead-letters?status=odd").await.status, 422);
        for (method, path, status) in [
            ("GET", "/api/dead-letters?limit=many", 422),
            ("GET", "/api/events/%ff", 400),
            ("PUT", "/api/flows?dry_run=perhaps", 422),
            ("DELETE", "/api/ledger", 405),
        ] {
            let refused = stage.admin(method, path).await;
            let problem = refused.json();
            assert_eq!((refused.status, &problem["status"]), (status, &json!(status)), "{path}");
            assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()), "{path}");
        }
        assert_eq!(stage.balance("intake"), [3, 1, 0, 2, 0]);
    });
}

#[test]
fn one_dead_letter_retried_by_two_at_once_is_sent_once() {
    play(async |stage| {
        stage.events(&[view("a", "b"), invalid()]).await;
        stage.settled().await;
        let letter = stage.dead_letters().await.remove(0);
        let mended = json!({"payload": view("mended", "c")});
        stage.trouble.state_stalls.store(true, Ordering::SeqCst);
        let release = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            stage.trouble.state_stalls.store(false, Ordering::SeqCst);
        };
        let (one, other, ()) =
            tokio::join!(stage.retry(&letter, &mended), stage.retry(&letter, &mended), release);
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        stage.settled().await;
        assert_eq!(stage.sandbox.events().len(), 2);
        assert_eq!(stage.balance("intake"), [2, 2, 0, 0, 0]);
    });
}
