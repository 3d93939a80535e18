//! Forgetting a person, here and at Algolia.

use crate::erasure::at_the_sandbox;
use crate::events::{but, view};
use crate::process::{Home, causeway};
use crate::stage::{Scene, Stage, sorted, until};
use causeway::config::Settings;
use causeway_sandbox::{Fault, Options, Sandbox, Target};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const JANE: &str = "jane@example.com";
const DEVICE: &str = "jane-device";
const BEARER: (&str, &str) = ("authorization", "Bearer wanted.token");

fn from_segment(settings: &mut Settings) {
    at_the_sandbox(settings);
    settings.segment.webhook_token = Some("wanted.token".into());
}

async fn webhook(stage: &Stage, message: Value) {
    let answer = stage.send("POST", "/webhooks/segment", &[BEARER], message.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Jane has logged in on her device, joe browses; all of it is delivered. Then Segment fails, and messages of both wait, and
/// an event of hers is a dead letter. Answers what Segment has of her so far.
async fn jane_and_joe(stage: &Stage) -> usize {
    let identify = json!({"type": "identify", "userId": JANE, "anonymousId": DEVICE, "messageId": "m-1", "traits": {"plan": "gold"}});
    webhook(stage, identify).await;
    stage.accept(&[view(DEVICE, "o-1"), view("joe", "o-2")]).await;
    stage.settled().await;
    stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
    for number in 3..6 {
        stage.accept(&[view(DEVICE, &format!("o-{number}")), view("joe", &format!("o-{number}"))]).await;
    }
    let invalid = but(view(DEVICE, "o-7"), json!({"index": null}));
    assert_eq!(stage.events(&[view("joe", "o-6"), invalid]).await.status, 200);
    stage.until("all waits", || stage.balance("search-events")[4] == 7).await;
    assert_eq!(stage.dead_letters().await.len(), 1);
    of_jane(stage)
}

fn of_jane(stage: &Stage) -> usize {
    let hers = |message: &Value| message["anonymousId"] == DEVICE || message["userId"] == JANE;
    stage.sandbox.messages().into_iter().filter(hers).count()
}

/// What Segment has of joe.
fn of_joe(stage: &Stage) -> Vec<String> {
    let tracks: Vec<Value> =
        stage.tracks().into_iter().filter(|message| message["anonymousId"] == "joe").collect();
    sorted(&tracks, "/properties/products/0/product_id")
}

/// The tokens whose deletion Algolia was asked for.
fn deleted(stage: &Stage, api: &str) -> Vec<String> {
    let deletions: Vec<Value> =
        stage.sandbox.deletions().into_iter().filter(|deletion| deletion["api"] == api).collect();
    sorted(&deletions, "/token")
}

/// Files of the store that hold a text.
fn holding(home: &Path, text: &str) -> Vec<String> {
    let files = std::fs::read_dir(home.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    files.filter(holds).map(|path| path.display().to_string()).collect()
}

/// The name of the only erasure.
fn only_erasure(stage: &Stage) -> Option<String> {
    let facts = stage.bridge().state.facts_with_prefix(b"forgetting/", None, 2).unwrap();
    facts.first().map(|(key, _)| String::from_utf8_lossy(&key["forgetting/".len()..]).into_owned())
}

async fn receipt(stage: &Stage, id: &str) -> Value {
    let answer = stage.admin("GET", &format!("/api/erasures/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn done(stage: &Stage, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let receipt = receipt(stage, id).await;
        if receipt["state"] == "done" {
            return receipt;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "never done: {receipt:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Nothing of Jane is anywhere, and joe has everything.
async fn gone(stage: &Stage, before: usize) {
    let token = causeway_algolia::tokens::legal(JANE, b"").into_owned();
    for api in ["insights", "personalization", "advanced-personalization"] {
        let tokens = deleted(stage, api);
        let wanted = [&token, DEVICE].map(|token| tokens.iter().any(|one| one == token));
        assert_eq!(wanted, [true, true], "{api}: {tokens:?}");
    }
    for name in ["jane", &token] {
        assert_eq!(holding(stage.home(), name), Vec::<String>::new(), "{name}");
    }
    assert!(!holding(stage.home(), "joe").is_empty());
    stage.sandbox.clear_faults();
    stage.settled().await;
    assert_eq!(of_joe(stage), ["o-2", "o-3", "o-4", "o-5", "o-6"]);
    assert_eq!(of_jane(stage), before, "nothing of hers was sent afterwards");
    assert_eq!(stage.balance("search-events"), [9, 6, 3, 0, 0]);
    assert!(stage.dead_letters().await.is_empty());
}

#[test]
fn a_forgotten_person_is_sent_to_nobody_and_found_nowhere_and_all_others_go_on() {
    Scene::new().with(from_segment).play(async |stage| {
        let before = jane_and_joe(stage).await;
        let answer = stage.admin("POST", "/api/persons/jane%40example.com/forget").await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let receipt = done(stage, &id).await;
        let here = &receipt["here"];
        assert_eq!((&here["identifiers"], &here["dead_letters"]), (&json!(2), &json!(1)), "{receipt:#}");
        assert_eq!((&here["journal_records"], &here["journal_events"]), (&json!(7), &json!(7)));
        assert!(!receipt.to_string().contains("jane"), "{receipt:#}");
        gone(stage, before).await;
        stage.accept(&[view(DEVICE, "o-9")]).await;
        stage.settled().await;
        let tracks = stage.tracks();
        let last = tracks.last().unwrap();
        assert_eq!((&last["anonymousId"], &last["userId"]), (&json!(DEVICE), &Value::Null), "a new person");
    });
}

#[test]
fn segments_deletion_forgets_as_well_and_a_restart_in_the_middle_goes_on() {
    Scene::new().with(from_segment).play(async |stage| {
        let before = jane_and_joe(stage).await;
        stage.trouble.rewrites_fail.store(true, Ordering::SeqCst);
        webhook(stage, json!({"type": "delete", "userId": JANE, "messageId": "m-2"})).await;
        until("it is ordered", || only_erasure(stage).is_some()).await;
        let id = only_erasure(stage).unwrap();
        assert_eq!(receipt(stage, &id).await["state"], "running");
        stage.sandbox.set_fault(Fault::status(Target::Personalization, 503));
        stage.restart().await;
        stage.trouble.rewrites_fail.store(false, Ordering::SeqCst);
        stage.restart().await;
        until("Algolia is asked", || !deleted(stage, "insights").is_empty()).await;
        stage.restart().await;
        assert_eq!(receipt(stage, &id).await["state"], "running");
        stage.sandbox.clear_faults();
        stage.sandbox.set_fault(Fault::status(Target::Segment, 503));
        done(stage, &id).await;
        gone(stage, before).await;
    });
}

#[test]
fn the_command_waits_until_the_person_is_gone_and_says_what_is_not() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let home = Home::new(&sandbox);
        home.run(&["forget", "a"]).ended(3);
        let running = home.start().await;
        home.accept(&[view("jane-1", "o-1")]).await;
        home.settled().await;
        let without_key = home.run(&["forget", "jane-1"]).ended(1);
        assert!(without_key.out.contains("no-credentials"), "{without_key:?}");
        home.run(&["forget", "jane-1", "--no-wait"]).ended(0);
        home.run(&["forget", ""]).ended(2);
        drop(running);
        let file = home.directory.path().join("causeway.toml");
        let url = sandbox.url();
        let keys = format!(
            "[algolia]\nadmin_key = \"sandbox-admin-key\"\nsearch_hosts = [\"{url}\"]\n\
             personalization_url = \"{url}\"\nadvanced_personalization_url = \"{url}\""
        );
        let text = std::fs::read_to_string(&file).unwrap().replace("[algolia]", &keys);
        std::fs::write(&file, text).unwrap();
        let _running = home.start().await;
        let done = causeway(home.directory.path(), &["forget", "jane-1", "--json"], "").ended(0).json();
        assert_eq!(done["state"], "done", "{done:#}");
        assert!(holding(home.directory.path(), "jane-1").is_empty());
        sandbox.stop().await;
    });
}
