//! Erasing a person at Algolia.

use crate::events::view;
use crate::profiles::keeps_records;
use crate::stage::{Scene, Stage, sorted};
use causeway::erasure::{Order, Receipt, State as StepState};
use causeway_algolia::erasure::Token;
use causeway_algolia::records::{IndexName, ObjectId};
use causeway_sandbox::{Fault, Target};
use serde_json::json;
use std::time::{Duration, Instant};

const DELETED: StepState = StepState::Deleted;

const JANE: &str = "jane/1+x=";

fn order(id: &str) -> Order {
    let record = (IndexName::parse("profiles").unwrap(), ObjectId::parse(JANE).unwrap());
    Order { id: id.to_owned(), tokens: vec![Token::parse(JANE).unwrap()], records: vec![record] }
}

async fn receipt(stage: &Stage, id: &str) -> Receipt {
    stage.bridge().eraser().await.find(id).await.unwrap().expect("a receipt")
}

/// Waits until the receipt is so.
async fn until(stage: &Stage, id: &str, what: &str, so: impl Fn(&Receipt) -> bool) -> Receipt {
    let began = Instant::now();
    loop {
        let receipt = receipt(stage, id).await;
        if so(&receipt) {
            return receipt;
        }
        assert!(began.elapsed() < Duration::from_secs(15), "it never came to pass: {what}: {receipt:#?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn finished(stage: &Stage, id: &str) -> Receipt {
    until(stage, id, "it is finished", |receipt| receipt.finished_at.is_some()).await
}

fn state(receipt: &Receipt, what: &str) -> StepState {
    receipt.steps.iter().find(|step| step.what == what).unwrap().state
}

/// With everything that is erased at the sandbox.
pub(crate) fn at_the_sandbox(settings: &mut causeway::config::Settings) {
    keeps_records(settings);
    settings.algolia.personalization_url = settings.algolia.insights_url.clone();
    settings.algolia.advanced_personalization_url = settings.algolia.insights_url.clone();
}

/// Everything that is kept under `erasure/` and `erasing/`.
fn kept(stage: &Stage) -> String {
    let facts = stage.bridge().state.facts_with_prefix(b"eras", None, 100).unwrap();
    facts.iter().flat_map(|(key, value)| [as_text(key), as_text(value)]).collect()
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A record of Jane's, as another program would write it.
async fn write_record(stage: &Stage) {
    let http = crate::http::Http::new();
    let url = format!("{}/1/indexes/*/batch", stage.sandbox.url());
    let headers = [crate::stage::APP, ("x-algolia-api-key", "sandbox-admin-key")];
    let body =
        json!({"requests": [{"action": "addObject", "indexName": "profiles", "body": {"objectID": JANE}}]});
    assert_eq!(http.try_send("POST", &url, &headers, body.to_string()).await.unwrap().status, 200);
}

#[test]
fn a_person_is_erased_everywhere_to_completion_and_the_receipt_names_nobody() {
    let slow = |vendors: &mut causeway_sandbox::Options| {
        vendors.publish_after = Duration::from_millis(150);
        vendors.profile_deletion_takes = Duration::from_millis(150);
    };
    Scene::new().with(at_the_sandbox).vendors(slow).play(async |stage| {
        stage.accept(&[view(JANE, "o-1"), view("joe", "o-2")]).await;
        stage.settled().await;
        write_record(stage).await;
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        assert!(receipt(stage, "1").await.finished_at.is_none());
        let receipt = finished(stage, "1").await;
        let states: Vec<StepState> = receipt.steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [DELETED, StepState::Accepted, DELETED, DELETED]);
        assert!(receipt.steps[1].words.contains("48 hours"));
        assert!(receipt.steps[2].deleted_until.is_some());
        assert_eq!(sorted(&stage.sandbox.events(), "/objectIDs/0"), ["o-2"]);
        assert!(stage.sandbox.records("profiles").is_empty());
        let kept = kept(stage);
        assert!(
            kept.contains(&receipt.steps[0].sha256) && !kept.contains("jane") && !kept.contains("erasing/")
        );
    });
}

#[test]
fn an_erasure_goes_on_after_a_restart_where_it_was() {
    Scene::new().with(at_the_sandbox).play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Personalization, 503));
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        until(stage, "1", "the rest is done", |receipt| state(receipt, "events") == StepState::Accepted)
            .await;
        stage.restart().await;
        stage.sandbox.clear_faults();
        let receipt = finished(stage, "1").await;
        assert_eq!(state(&receipt, "profile"), StepState::Deleted);
        let events = stage.sandbox.deletions().into_iter().filter(|deletion| deletion["api"] == "insights");
        assert_eq!(events.count(), 1, "what was done is not done again");
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        assert_eq!(finished(stage, "1").await, receipt, "the same order is no new one");
    });
}

#[test]
fn what_is_denied_is_told_and_done_when_the_credentials_are_right() {
    Scene::new().with(at_the_sandbox).play(async |stage| {
        stage.settings.algolia.admin_key = Some("sandbox-search-key".into());
        stage.restart().await;
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        let denied = |receipt: &Receipt| receipt.steps.iter().all(|step| step.state == StepState::Denied);
        let receipt = until(stage, "1", "all is denied", denied).await;
        assert!(receipt.steps.iter().all(|step| step.words.starts_with("status 40")), "{receipt:#?}");
        stage.settings.algolia.admin_key = Some("sandbox-admin-key".into());
        stage.restart().await;
        finished(stage, "1").await;
    });
}

#[test]
fn a_plan_without_personalization_keeps_nothing_to_erase() {
    Scene::new().with(at_the_sandbox).play(async |stage| {
        stage.sandbox.set_fault(Fault::status(Target::Personalization, 402));
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        let receipt = finished(stage, "1").await;
        assert_eq!(state(&receipt, "profile"), StepState::NotOnPlan);
        assert_eq!(state(&receipt, "advanced-profile"), StepState::NotOnPlan);
    });
}

#[test]
fn without_a_key_the_receipt_says_that_nothing_was_asked_for() {
    Scene::new().play(async |stage| {
        stage.bridge().eraser().await.start(order("1")).await.unwrap();
        let receipt = receipt(stage, "1").await;
        assert!(receipt.finished_at.is_some());
        assert!(receipt.steps.iter().all(|step| step.state == StepState::NoCredentials));
        assert!(receipt.steps[0].words.contains("algolia.admin_key"));
        assert!(!kept(stage).contains("jane"));
    });
}
