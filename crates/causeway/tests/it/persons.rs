//! What operators see and order of people: descriptions, links, repairs, traces of calls.

use crate::events::{but, now, view};
use crate::people::{other_way, webhook};
use crate::process;
use crate::stage::{Scene, Stage, play};
use causeway::config::settings::Settings;
use serde_json::{Value, json};

fn at(event: Value, time: i64) -> Value {
    but(event, json!({"timestamp": time}))
}

fn known(token: &str, user: &str, object: &str) -> Value {
    but(view(token, object), json!({"authenticatedUserToken": user}))
}

/// Two anonymous views, and between them by its time a login that comes last.
fn late_login() -> [Value; 3] {
    let start = now() - 100_000;
    [
        at(view("phone", "before"), start),
        at(view("phone", "after"), start + 40_000),
        at(known("phone", "ann", "login"), start + 20_000),
    ]
}

async fn order(stage: &Stage, path: &str, body: &Value) -> Value {
    let answer = stage.admin_with("POST", &format!("/api/persons/{path}"), &[], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn person(stage: &Stage, id: &str) -> Value {
    let answer = stage.admin("GET", &format!("/api/persons/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn traced(stage: &Stage, id: &str) -> Value {
    let mut answer = stage.admin("GET", &format!("/api/events/{id}")).await.json();
    assert_eq!(answer["events"].as_array().map(Vec::len), Some(1), "{answer}");
    answer["events"][0].take()
}

fn about(stage: &Stage, object: &str) -> Vec<Value> {
    let is = |message: &Value| message["properties"]["products"][0]["product_id"] == object;
    stage.tracks().into_iter().filter(is).collect()
}

#[test]
fn what_a_late_login_changes_is_listed_then_sent_again_once_and_a_second_repair_changes_nothing() {
    play(async |stage| {
        for event in late_login() {
            stage.accept(&[event]).await;
        }
        stage.settled().await;
        let (sent, at_algolia) = (stage.sandbox.messages().len(), stage.sandbox.events().len());
        let plan = order(stage, "ann/repair", &json!({"dry_run": true})).await;
        let listed = plan["events"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{plan}");
        assert_eq!((&listed[0]["was"], &listed[0]["now"]), (&Value::Null, &json!("ann")));
        let trace = traced(stage, listed[0]["event"].as_str().unwrap()).await;
        assert_eq!(trace["payload"]["objectIDs"], json!(["after"]));
        stage.settled().await;
        assert_eq!((stage.sandbox.messages().len(), stage.journal_length()), (sent, 3), "nothing was sent");

        for (times, resent) in [(1, 1), (2, 0)] {
            let repaired = order(stage, "phone/repair", &json!({})).await;
            assert_eq!(repaired["resent"], resent, "repair {times}: {repaired}");
            stage.settled().await;
            assert_eq!(stage.sandbox.messages().len(), sent + 1, "repair {times}");
        }
        let [first, again] = <[Value; 2]>::try_from(about(stage, "after")).unwrap();
        assert_eq!((&first["userId"], &again["userId"]), (&Value::Null, &json!("ann")));
        assert_eq!(
            (&first["timestamp"], &first["anonymousId"]),
            (&again["timestamp"], &again["anonymousId"])
        );
        assert_ne!(first["messageId"], again["messageId"]);
        assert_eq!(stage.sandbox.events().len(), at_algolia, "Algolia was not told again");
        let trace = traced(stage, again["messageId"].as_str().unwrap()).await;
        assert_eq!(
            (&trace["source"], &trace["deliveries"][0]["fate"]),
            (&json!("reattributed"), &json!("delivered"))
        );
        assert_eq!(person(stage, "ann").await["latest"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn two_repairs_at_once_send_each_event_once() {
    play(async |stage| {
        for event in late_login() {
            stage.accept(&[event]).await;
        }
        stage.settled().await;
        let body = json!({});
        tokio::join!(order(stage, "ann/repair", &body), order(stage, "ann/repair", &body));
        stage.settled().await;
        assert_eq!(about(stage, "after").len(), 2);
        assert_eq!(stage.sandbox.stats().segment.duplicates, 0);
    });
}

#[test]
fn an_operators_link_counts_until_it_is_taken_back_and_the_records_follow() {
    Scene::new().with(other_way).play(async |stage| {
        webhook(stage, &json!({"type": "identify", "userId": "u-1", "traits": {"plan": "gold"}})).await;
        let brand = json!({"favourite_brand": "Acme"});
        webhook(stage, &json!({"type": "identify", "anonymousId": "phone", "traits": brand})).await;
        let records = |stage: &Stage| -> Vec<(Value, Value)> {
            let kept = stage.sandbox.records("people").into_iter().map(|kept| kept["record"].clone());
            let mut of: Vec<(Value, Value)> =
                kept.map(|record| (record["objectID"].clone(), record["favourite_brand"].clone())).collect();
            of.sort_by_key(|(id, _)| id.to_string());
            of
        };
        stage.settled().await;
        assert_eq!(records(stage), [(json!("phone"), json!("Acme")), (json!("u-1"), Value::Null)]);

        let link = order(stage, "u-1/link", &json!({"anonymousId": "phone"})).await;
        assert_eq!((&link["order"], &link["from"]["id"]), (&json!("link"), &json!("u-1")));
        stage.settled().await;
        stage.accept(&[view("phone", "linked")]).await;
        stage.settled().await;
        assert_eq!(about(stage, "linked")[0]["userId"], "u-1");
        assert_eq!(records(stage), [(json!("u-1"), json!("Acme"))]);
        let described = person(stage, "phone").await;
        assert_eq!(
            (&described["user"], &described["traits"]["plan"]["value"]),
            (&json!("u-1"), &json!("gold"))
        );
        assert_eq!(described["links"][0]["reasons"], json!(["operator"]));
        assert_eq!(described["latest"][0]["about"], json!(["linked"]));

        order(stage, "phone/unlink", &json!({"userId": "u-1"})).await;
        stage.settled().await;
        stage.accept(&[view("phone", "unlinked")]).await;
        stage.settled().await;
        assert_eq!(about(stage, "unlinked")[0]["userId"], Value::Null);
        assert_eq!(records(stage), [(json!("phone"), json!("Acme")), (json!("u-1"), Value::Null)]);
        let plan = order(stage, "phone/repair", &json!({"dry_run": true})).await;
        let listed = plan["events"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{plan}");
        assert_eq!((&listed[0]["was"], &listed[0]["now"]), (&json!("u-1"), &Value::Null));
        assert_eq!(person(stage, "u-1").await["links"][0]["standing"], "undone");
    });
}

#[test]
fn an_alias_can_be_taken_back_from_either_side() {
    Scene::new().with(other_way).play(async |stage| {
        webhook(stage, &json!({"type": "alias", "previousId": "old", "userId": "new"})).await;
        stage.settled().await;
        assert_eq!(person(stage, "old").await["users"], json!(["new", "old"]));
        order(stage, "new/unlink", &json!({"userId": "old"})).await;
        stage.settled().await;
        assert_eq!(person(stage, "new").await["users"], json!(["new"]));
    });
}

#[test]
fn an_order_that_can_not_be_meant_is_refused_with_what_to_send_instead() {
    play(async |stage| {
        stage.accept(&[known("phone", "ann", "login")]).await;
        stage.settled().await;
        for (path, body, words) in [
            ("ann/link", "", "send {\"userId\""),
            ("ann/link", "{}", "neither is given"),
            ("ann/link", r#"{"userId":"a","anonymousId":"b"}"#, "both are given"),
            ("ann/link", r#"{"userId":"ann"}"#, "is that id itself"),
            ("ann/link", r#"{"userId":""}"#, "an id is empty"),
            ("ann/link", r#"{"userid":"bob"}"#, "unknown field"),
            ("nobody/link", r#"{"anonymousId":"phone"}"#, "nothing is known of \"nobody\""),
            ("ann/unlink", r#"{"anonymousId":"phone","at":"2100-01-01"}"#, "at: it lies ahead"),
            ("ann/unlink", r#"{"anonymousId":"phone","at":"soon"}"#, "at: \"soon\" is no instant"),
            ("ann/repair", r#"{"dryrun":true}"#, "send {\"dry_run\": true}"),
        ] {
            let answer = stage.admin_with("POST", &format!("/api/persons/{path}"), &[], body).await;
            assert_eq!(answer.status, 422, "{path} {body}: {}", answer.text());
            assert!(answer.message().contains(words), "{path} {body}: {}", answer.text());
        }
        assert_eq!(stage.admin("GET", "/api/persons/nobody").await.status, 404);
        assert_eq!(stage.journal_length(), 1);
    });
}

#[test]
fn a_call_is_traced_to_its_record_and_an_invalid_one_to_its_dead_letter() {
    Scene::new().with(other_way).play(async |stage| {
        let call =
            json!({"type": "identify", "messageId": "m-1", "userId": "u-1", "traits": {"plan": "gold"}});
        webhook(stage, &call).await;
        let invalid = json!({"type": "track", "messageId": "m-bad", "userId": "u-2"});
        let batch = json!({"batch": [call, invalid], "writeKey": "sandbox-write-key"});
        assert_eq!(stage.send("POST", "/v1/batch", &[], batch.to_string()).await.status, 200);
        stage.settled().await;
        let answer = stage.admin("GET", "/api/events/m-1").await.json();
        let events = answer["events"].as_array().unwrap();
        let sources: Vec<&Value> = events.iter().map(|event| &event["source"]).collect();
        assert_eq!(sources, ["tracking", "webhook"], "newest first: {answer}");
        let first = &events[1];
        assert_eq!((&first["kind"], &first["user_token"]), (&json!("identify"), &json!("u-1")));
        let delivery = &first["deliveries"][0];
        assert_eq!((&delivery["destination"], &delivery["fate"]), (&json!("profiles"), &json!("delivered")));
        assert_eq!(delivery["attempts"][0]["status"], 200, "{answer}");
        let bad = traced(stage, "m-bad").await;
        assert_eq!((&bad["stage"], &bad["kind"]), (&json!("quarantined"), &json!("track")));
        assert!(bad["deliveries"][0]["reason"].as_str().unwrap().contains("event"), "{bad}");
    });
}

const ORDERS: &str = r#"
name = "orders"
source = "segment"
trigger = 'type = "track"'
[mapping]
event = { "@path" = "$.properties.PLACE" }
"#;

#[test]
fn a_call_that_a_flow_could_not_map_is_retried_as_a_call_when_the_flow_is_mended() {
    let with_flow = |settings: &mut Settings| {
        other_way(settings);
        settings.flows.directory = Some("flows".into());
    };
    let faulty = ORDERS.replace("PLACE", "missing");
    Scene::new().with(with_flow).file("flows/orders.toml", faulty).play(async |stage| {
        let properties = json!({"title": "Order Shipped"});
        let call =
            json!({"type": "track", "event": "Order", "anonymousId": "phone", "properties": properties});
        webhook(stage, &call).await;
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!((&letters[0]["cause"], &letters[0]["person"]), (&json!("mapping"), &json!("phone")));
        let mended = json!({"text": ORDERS.replace("PLACE", "title")}).to_string();
        let saved = stage.admin_with("PUT", "/api/flows/orders", &[], mended).await;
        assert_eq!(saved.status, 200, "{}", saved.text());
        assert_eq!(stage.retry(&letters[0], &json!({})).await.status, 200);
        stage.settled().await;
        let tracks = stage.tracks();
        assert_eq!(tracks.len(), 1);
        assert_eq!(
            (&tracks[0]["event"], &tracks[0]["anonymousId"]),
            (&json!("Order Shipped"), &json!("phone"))
        );
        assert_eq!(stage.balance("orders"), [1, 1, 0, 0, 0]);
    });
}

#[test]
fn a_person_is_shown_and_repaired_from_the_command_line() {
    process::play(async |_, home| {
        let running = home.start().await;
        for event in late_login() {
            home.accept(&[event]).await;
        }
        home.settled().await;
        let shown = home.run(&["person", "phone"]).ended(0).out;
        for words in ["user ann", "anonymous  phone", "both-ids-insights", "Product Viewed", "userToken"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
        assert_eq!(home.run(&["person", "phone", "--json"]).ended(0).json()["user"], "ann");
        home.run(&["person", "nobody"]).ended(1);
        home.run(&["person", "phone", "--dry-run"]).ended(2);

        let plan = home.run(&["person", "ann", "--repair", "--dry-run"]).ended(1).out;
        assert!(plan.contains("was nobody, now ann") && plan.contains("What Algolia has stays"), "{plan}");
        let repaired = home.run(&["person", "ann", "--repair", "--json"]).ended(0).json();
        assert_eq!(repaired["resent"], 1, "{repaired}");
        home.settled().await;
        home.run(&["person", "ann", "--repair", "--dry-run"]).ended(0);
        assert_eq!(running.terminate().await, 0);
    });
}
