//! Everything about one event: what was sent, by which text of the flow, for whom, in which requests.

use crate::events::{but, click, now, view, views};
use crate::stage::{Scene, Stage, play};
use causeway::config::Settings;
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};

const OWN: &str = "name = \"own\"\n[mapping]\nevent = \"First\"\nproperties = { object = { \"@path\" = \"$.properties.objectIDs[0]\" } }\n";

fn own(settings: &mut Settings) {
    settings.recipes.clear();
    settings.algolia.forward_events = true;
    settings.flows.directory = Some("flows".into());
}

async fn trace(stage: &Stage, id: &str) -> Value {
    let mut answer = stage.admin("GET", &format!("/api/events/{id}")).await.json();
    answer["events"][0].take()
}

async fn change(stage: &Stage, text: String) {
    let saved = stage.admin_with("PUT", "/api/flows/own", &[], json!({ "text": text }).to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
}

fn by<'t>(traced: &'t Value, flow: &str) -> &'t Value {
    let all = traced["deliveries"].as_array().unwrap();
    all.iter().find(|delivery| delivery["flow"] == flow).unwrap_or_else(|| panic!("{traced}"))
}

/// What the vendor got is what the trace shows, word by word.
fn shows_what_was_sent(stage: &Stage, delivery: &Value) {
    let id = delivery["message_ids"][0].as_str().unwrap();
    let got = stage.tracks().into_iter().find(|track| track["messageId"] == id).unwrap();
    // Segment corrects times by the clock of whoever sends.
    for (key, value) in
        delivery["output"][0].as_object().unwrap().iter().filter(|(key, _)| *key != "timestamp")
    {
        assert_eq!(&got[key], value, "{key} of {delivery}");
    }
}

#[test]
fn an_event_shows_the_text_that_made_it_and_what_was_sent_after_the_flow_was_changed_and_a_restart() {
    Scene::new().with(own).file("flows/own.toml", OWN).play(async |stage| {
        stage.accept(&[click("ann", "o-1")]).await;
        stage.settled().await;
        change(stage, OWN.replace("First", "Second")).await;
        stage.accept(&[click("ann", "o-2")]).await;
        stage.settled().await;
        change(stage, OWN.replace("First", "Third")).await;
        for restart in [false, true] {
            if restart {
                stage.restart().await;
            }
            for (object, event, version) in [("o-1", "First", json!(null)), ("o-2", "Second", json!(1))] {
                let traced = trace(stage, object).await;
                let delivery = by(&traced, "own");
                assert_eq!(delivery["definition"]["mapping"]["event"], event, "{delivery}");
                assert_eq!(
                    (&delivery["version"], &delivery["output"][0]["event"]),
                    (&version, &json!(event))
                );
                assert_eq!(delivery["revision"].as_str().unwrap().len(), 16);
                shows_what_was_sent(stage, delivery);
                let forwarded = &by(&traced, "forward-events")["output"][0];
                assert_eq!(forwarded["objectIDs"], json!([object]), "{traced}");
            }
        }
    });
}

#[test]
fn an_event_shows_whom_it_was_taken_to_be_of_and_its_twin_at_the_other_vendor() {
    play(async |stage| {
        stage.accept(&[but(click("phone", "o-1"), json!({"timestamp": now() - 30_000}))]).await;
        stage.settled().await;
        let login = json!({"authenticatedUserToken": "ann", "timestamp": now() - 60_000});
        stage.accept(&[but(view("phone", "o-2"), login)]).await;
        stage.settled().await;
        let traced = trace(stage, "o-1").await;
        let expected = json!({"anonymous_id": "phone", "user_id_now": "ann", "by": "none"});
        assert_eq!(traced["identity"], expected);
        let delivery = by(&traced, "search-events");
        assert!(delivery["output"][0].get("userId").is_none(), "nobody was known then: {delivery}");
        shows_what_was_sent(stage, delivery);
        let twin = &traced["twins"][0];
        assert_eq!((&twin["vendor"], &twin["fate"]), (&json!("segment"), &json!("delivered")));
        assert_eq!(twin["ids"], delivery["message_ids"]);
        assert_eq!(trace(stage, "o-2").await["identity"]["by"], "event");
        stage.accept(&[view("stranger", "o-3")]).await;
        stage.settled().await;
        let of_ann = stage.admin("GET", "/api/events/ann").await.json();
        let objects: Vec<&Value> =
            of_ann["events"].as_array().unwrap().iter().map(|one| &one["payload"]["objectIDs"][0]).collect();
        assert_eq!(objects, ["o-2", "o-1"], "found by the person's other id, too");
    });
}

#[test]
fn an_event_shows_every_request_that_carried_it_and_with_how_many_others() {
    play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
        stage.accept(&views(0..7)).await;
        stage.until("a failure", || stage.sandbox.stats().segment.faulted > 1).await;
        stage.sandbox.clear_faults();
        stage.settled().await;
        let traced = trace(stage, "o-3").await;
        let attempts = by(&traced, "search-events")["attempts"].as_array().unwrap().clone();
        let statuses: Vec<&Value> = attempts.iter().map(|attempt| &attempt["status"]).collect();
        assert!(statuses.len() > 1 && statuses[0] == 503 && *statuses.last().unwrap() == 200, "{statuses:?}");
        assert_eq!(attempts.last().unwrap()["batch"], 7, "{attempts:?}");
        assert!(attempts.iter().all(|attempt| attempt["latency_ms"].is_u64()), "{attempts:?}");
    });
}

#[test]
fn a_dead_letter_names_the_version_of_the_flow_that_it_died_of() {
    Scene::new().with(own).file("flows/own.toml", OWN).play(async |stage| {
        change(stage, OWN.replace("\"First\"", "{ \"@path\" = \"$.none\" }")).await;
        stage.accept(&[view("ann", "o-1")]).await;
        stage.settled().await;
        stage.sandbox.set_fault(Fault::status(Target::Segment, 400));
        change(stage, OWN.to_owned()).await;
        stage.accept(&[view("ann", "o-2")]).await;
        stage.settled().await;
        stage.sandbox.clear_faults();
        let letters = stage.dead_letters().await;
        let by_cause = |cause: &str| letters.iter().find(|letter| letter["cause"] == cause).unwrap();
        assert_eq!(by_cause("mapping")["version"], 1, "{letters:?}");
        assert_eq!(by_cause("refused")["version"], 2, "{letters:?}");
        let traced = trace(stage, "o-1").await;
        assert_eq!(by(&traced, "own")["version"], 1, "{traced}");
        let refused = trace(stage, "o-2").await;
        assert_eq!(by(&refused, "own")["output"][0]["event"], "First", "{refused}");
    });
}

#[test]
fn the_newest_events_are_listed_with_what_became_of_them() {
    play(async |stage| {
        stage.accept(&[view("ann", "o-1")]).await;
        stage.accept(&[click("ann", "o-2"), view("ann", "o-3")]).await;
        stage.settled().await;
        let list = async |query: &str| {
            let answer = stage.admin("GET", &format!("/api/events{query}")).await.json();
            let events = answer["events"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
            let objects =
                events.iter().map(|event| event["payload"]["objectIDs"][0].as_str().unwrap().to_owned());
            objects.collect::<Vec<String>>()
        };
        assert_eq!(list("").await, ["o-3", "o-2", "o-1"]);
        let answer = stage.admin("GET", "/api/events").await.json();
        for event in answer["events"].as_array().unwrap() {
            let request = &by(event, "search-events")["attempts"][0];
            assert_eq!(request["status"], 200, "each with its own request: {event}");
        }
        assert_eq!(list("?limit=1").await, ["o-3"]);
        assert_eq!(list("?kind=view").await, ["o-3", "o-1"]);
        assert_eq!(list("?before=2").await, ["o-1"]);
        assert_eq!(list("?id=o-2").await, ["o-2"]);
        assert!(list("?source=webhook").await.is_empty());
        assert_eq!(stage.admin("GET", "/api/events?knid=view").await.status, 422);
    });
}

#[test]
fn a_settled_search_shows_what_was_sent_of_it() {
    play(async |stage| {
        let search = json!({"index": "products", "query": "red shoes", "nbHits": 0, "userToken": "ann", "queryID": crate::events::QUERY});
        let body = json!({ "searches": [search] }).to_string();
        let answer = stage.send("POST", "/1/searches", &[crate::stage::APP, crate::stage::KEY], body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        stage.until("it is accepted", || stage.journal_length() > 0).await;
        stage.pass(60_000);
        stage
            .until("it has settled", || {
                stage.tracks().iter().any(|track| track["event"] == "Search Performed")
            })
            .await;
        stage.settled().await;
        let traced = trace(stage, crate::events::QUERY).await;
        let delivery = by(&traced, "search-events");
        assert_eq!(delivery["output"][0]["properties"]["query"], "red shoes", "{traced}");
        shows_what_was_sent(stage, delivery);
    });
}
