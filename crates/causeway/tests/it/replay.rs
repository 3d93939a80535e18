//! What flows made of past events, sent again; and what another mapping would make of them.

use crate::events::{but, click, invalid, now, view};
use crate::process;
use crate::stage::{APP, KEY, Scene, Stage, play};
use causeway::config::Settings;
use causeway_sandbox::{Fault, Target};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A click without a user, and an event that tells only later that the device was Ann's at the time.
async fn late_login(stage: &Stage) {
    stage.accept(&[but(click("phone", "o-1"), json!({"timestamp": now() - 30_000}))]).await;
    stage.settled().await;
    let login = json!({"authenticatedUserToken": "ann", "timestamp": now() - 60_000});
    stage.accept(&[but(view("phone", "o-2"), login)]).await;
    stage.settled().await;
}

/// The tracks by their ids, without what changes with each sending.
fn by_id(stage: &Stage) -> BTreeMap<String, [Value; 4]> {
    let tracks = stage.tracks().into_iter();
    tracks
        .map(|mut track| {
            let id = track["messageId"].as_str().unwrap().to_owned();
            let parts = ["event", "userId", "anonymousId", "properties"];
            (id, parts.map(|part| track[part].take()))
        })
        .collect()
}

async fn replay(stage: &Stage, body: &Value) -> Value {
    let path = "/api/flows/search-events/replay";
    let answer = stage.admin_with("POST", path, &[], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_str(answer.text().lines().last().unwrap()).unwrap()
}

#[test]
fn a_replay_sends_the_same_messages_under_the_same_ids_with_the_identity_as_it_then_was() {
    play(async |stage| {
        late_login(stage).await;
        let before = by_id(stage);
        assert_eq!(before.len(), 2);
        assert!(before.values().any(|[_, user, ..]| user.is_null()), "nobody was known: {before:?}");
        stage.sandbox.reset();
        let planned = replay(stage, &json!({"since": "1h", "dry_run": true})).await;
        assert_eq!(
            (&planned["sent"], &planned["messages"], &planned["calls"]),
            (&json!(2), &json!(2), &json!(1))
        );
        assert!(stage.sandbox.messages().is_empty(), "a dry run sends nothing");
        let done = replay(stage, &json!({"since": "1h"})).await;
        assert_eq!((&done["progress"], &done["sent"]), (&json!("done"), &json!(2)));
        stage.settled().await;
        assert_eq!(by_id(stage), before);
        assert_eq!(stage.balance("search-events"), [4, 4, 0, 0, 0]);
        let last_hour = replay(stage, &json!({"since": "2h", "until": "1h"})).await;
        assert_eq!(last_hour["sent"], 0, "nothing came then");
        let refused = stage.admin_with("POST", "/api/flows/none/replay", &[], r#"{"since":"1h"}"#).await;
        assert_eq!(refused.status, 404);
    });
}

#[test]
fn searches_settle_in_a_replay_as_they_did_when_they_came() {
    play(async |stage| {
        for query in ["re", "red", "red shoes"] {
            let search = json!({"index": "products", "query": query, "nbHits": 0, "userToken": "ann", "queryID": format!("{:032x}", query.len())});
            let body = json!({ "searches": [search] }).to_string();
            assert_eq!(stage.send("POST", "/1/searches", &[APP, KEY], body).await.status, 200);
        }
        stage.pass(60_000);
        stage.until("it has settled", || !stage.tracks().is_empty()).await;
        stage.settled().await;
        let before = by_id(stage);
        assert!(
            before.values().all(|[_, _, _, properties]| properties["query"] == "red shoes"),
            "{before:?}"
        );
        stage.sandbox.reset();
        stage.pass(60_000);
        replay(stage, &json!({"since": "1h"})).await;
        stage.settled().await;
        assert_eq!(by_id(stage), before);
    });
}

/// Requests of events that are large enough that a few of them are a step of their own.
async fn large_requests(stage: &Stage, count: usize) {
    for number in 0..count {
        let events: Vec<Value> =
            (0..20).map(|item| view(&format!("p-{item}"), &format!("o-{number}-{item}"))).collect();
        let body = format!("{}{}", json!({ "events": events }), " ".repeat(300_000));
        assert_eq!(stage.post(body).await.status, 200);
    }
    stage.settled().await;
}

#[test]
fn a_replay_goes_on_after_a_restart_where_it_was_and_sends_nothing_twice() {
    play(async |stage| {
        large_requests(stage, 12).await;
        let before = by_id(stage);
        stage.sandbox.reset();
        stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
        let body = json!({"since": "1h"}).to_string();
        tokio::select! {
            answer = stage.admin_with("POST", "/api/flows/search-events/replay", &[], body) => {
                panic!("it ended though nothing can be sent: {}", answer.text());
            }
            () = stage.until("the first step waits", || stage.balance("search-events")[4] > 0) => {}
        }
        let waiting = stage.balance("search-events")[4];
        assert!(waiting < 240, "a step at a time: {waiting}");
        stage.restart().await;
        stage.sandbox.clear_faults();
        loop {
            let jobs = stage.admin("GET", "/api/replays").await.json();
            match jobs["replays"][0]["progress"].as_str() {
                Some("running") => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                other => break assert_eq!(other, Some("done"), "{jobs}"),
            }
        }
        stage.settled().await;
        assert_eq!(by_id(stage), before);
        assert_eq!(stage.sandbox.stats().segment.duplicates, 0);
        assert_eq!(stage.balance("search-events"), [480, 480, 0, 0, 0]);
    });
}

const OWN: &str = r#"
name = "own"
trigger = 'type = "track"'
plan = '{"rules":[{"type":"TRACK","key":"Seen","version":1,"jsonSchema":{"type":"object","properties":{"properties":{"type":"object","required":["object"]}}}}]}'
on_violation = "pass"
[mapping]
event = "Seen"
properties = { object = { "@path" = "$.properties.objectIDs[0]" }, was = { "@path" = "$.userId" } }
"#;

fn own(settings: &mut Settings) {
    settings.recipes.clear();
    settings.flows.directory = Some("flows".into());
}

async fn whatif(stage: &Stage, change: Value) -> Value {
    let mut body = json!({"since": "1h"});
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let answer = stage.admin_with("POST", "/api/flows/own/whatif", &[], body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn a_candidate_is_held_against_what_really_came_and_nothing_is_sent_or_stored() {
    Scene::new().with(own).file("flows/own.toml", OWN).play(async |stage| {
        late_login(stage).await;
        let (before, ledger) = (stage.sandbox.messages().len(), stage.ledger().table());
        let journal = stage.journal_length();

        let same = whatif(
            stage,
            json!({"mapping": {"event": "Seen", "properties": {
            "object": {"@path": "$.properties.objectIDs[0]"}, "was": {"@path": "$.userId"}}}}),
        )
        .await;
        assert_eq!(
            (&same["unchanged"], &same["changed"], &same["regression"]),
            (&json!(2), &json!(0), &json!(false))
        );
        assert_eq!(
            (&same["events"], &same["after"]["calls"], &same["after"]["people"]),
            (&json!(2), &json!(1), &json!(2))
        );

        let other = whatif(
            stage,
            json!({"mapping": {"event": "Seen", "properties": {
            "item": {"@path": "$.properties.objectIDs[0]"}, "was": {"@path": "$.userId"}}}}),
        )
        .await;
        let fields: Vec<&Value> =
            other["fields"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
        assert_eq!(fields, ["properties.item", "properties.object"]);
        assert_eq!((&other["before"]["violations"], &other["after"]["violations"]), (&json!(0), &json!(2)));
        assert_eq!(other["regression"], true, "{other}");

        let narrow = OWN.replace("'type = \"track\"'", "'properties.eventType = \"click\"'");
        let narrow = whatif(stage, json!({"flow": {"text": narrow}})).await;
        assert_eq!(
            (&narrow["no_longer_matched"]["count"], &narrow["regression"]),
            (&json!(1), &json!(false))
        );

        let nameless = whatif(stage, json!({"mapping": {"event": {"@path": "$.properties.none"}}})).await;
        assert_eq!((&nameless["newly_refused"]["count"], &nameless["regression"]), (&json!(2), &json!(true)));
        assert!(!nameless["newly_refused"]["reasons"].as_object().unwrap().is_empty(), "{nameless}");

        assert_eq!((stage.sandbox.messages().len(), stage.ledger().table()), (before, ledger));
        assert_eq!(stage.journal_length(), journal);
    });
}

#[test]
fn a_candidate_sees_people_as_they_were_known_when_the_events_came() {
    let off = OWN.replace("'type = \"track\"'", "'type = \"none\"'");
    Scene::new().with(own).file("flows/own.toml", off).play(async |stage| {
        late_login(stage).await;
        let on = whatif(stage, json!({"flow": {"text": OWN}})).await;
        let outputs = on["newly_accepted"]["examples"].as_array().unwrap();
        let users: BTreeMap<String, &Value> = outputs
            .iter()
            .map(|one| (one["output"][0]["properties"]["object"].to_string(), &one["output"][0]["userId"]))
            .collect();
        assert_eq!((users["\"o-1\""], users["\"o-2\""]), (&Value::Null, &json!("ann")), "{on}");
    });
}

#[test]
fn whatif_and_replay_work_from_the_command_line_beside_a_running_bridge_and_without_one() {
    process::play(async |sandbox, home| {
        let running = home.start().await;
        home.accept(&[click("ann", "o-1"), view("bob", "o-2"), invalid()]).await;
        home.settled().await;
        let flow = home.run(&["flow", "show", "search-events"]).ended(0).out;
        let path = home.directory.path().join("candidate.toml");
        let whatif = ["whatif", "--flow", "search-events", "--mapping", "candidate.toml", "--since", "1h"];
        std::fs::write(&path, &flow).unwrap();
        let told = home.run(&whatif).ended(0).out;
        assert!(told.contains("unchanged: 2") && told.contains("not worse"), "{told}");
        std::fs::write(&path, flow.replace("\"Search Result Clicked\"", "{ \"@path\" = \"$.none\" }"))
            .unwrap();
        let worse = home.run(&[&whatif[..], &["--json"]].concat()).ended(1).json();
        assert_eq!((&worse["regression"], &worse["newly_refused"]["count"]), (&json!(true), &json!(1)));
        std::fs::write(&path, "{\"@nonsense\": 1}").unwrap();
        home.run(&whatif).ended(2);

        let replay = ["replay", "--flow", "search-events", "--since", "1h"];
        let planned = home.run(&[&replay[..], &["--dry-run", "--json"]].concat()).ended(0).json();
        assert_eq!(planned["refused"], 0, "what was invalid for every flow is not this one's: {planned}");
        assert_eq!(planned["sent"], 2);
        let done = home.run(&[&replay[..], &["--json"]].concat()).ended(0).json();
        assert_eq!((&done["progress"], &done["sent"]), (&json!("done"), &json!(2)));
        home.settled().await;
        assert_eq!((sandbox.messages().len(), sandbox.stats().segment.duplicates), (2, 2));
        assert_eq!(running.terminate().await, 0);

        let told = home.run(&replay).ended(0);
        assert!(
            told.out.contains("2 events, 2 messages") && told.err.contains("2 are sent again"),
            "{}",
            told.err
        );
        let running = home.start().await;
        home.settled().await;
        assert_eq!((sandbox.messages().len(), sandbox.stats().segment.duplicates), (2, 4));
        home.run(&["replay", "--flow", "nothing", "--since", "1h"]).ended(2);
        home.run(&["replay", "--flow", "search-events", "--since", "1h", "--until", "2h"]).ended(2);
        assert_eq!(running.terminate().await, 0);
    });
}
