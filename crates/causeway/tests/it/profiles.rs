//! Profile records on their way to Algolia's Search API.

use crate::events::now;
use crate::stage::{Scene, Stage, open_store, texts};
use causeway::config::Settings;
use causeway::config::units::{Size, Span};
use causeway_algolia::records::{IndexName, ObjectId, operation};
use causeway_engine::event::{EventId, slot};
use causeway_engine::flow::DESTINATION_PROFILES;
use causeway_engine::ledger::{Additions, hour_of};
use causeway_engine::outbox::{Builder, Made};
use causeway_engine::profile::held_key;
use causeway_sandbox::{Effect, Fault, Options, Sandbox, Target};
use causeway_store::state::Change;
use causeway_store::{BlockId, Position, State};
use serde_json::Value;

const FLOW: &str = "trait-sync";

fn on() -> toml::Value {
    toml::Value::Table(toml::toml! { traits = ["plan"] })
}

/// With records kept at the sandbox.
pub(crate) fn keeps_records(settings: &mut Settings) {
    settings.algolia.admin_key = Some("sandbox-admin-key".into());
    settings.algolia.search_hosts = settings.algolia.insights_url.clone().map(|url| vec![url]);
    settings.recipes.insert(FLOW.to_owned(), on());
}

fn update(person: &str, value: &str) -> (String, Vec<u8>) {
    let (index, id) = (IndexName::parse("profiles").unwrap(), ObjectId::parse(person).unwrap());
    let mut out = Vec::new();
    operation::write_partial_update(&index, &id, [("plan", value.as_bytes())], &mut out);
    (person.to_owned(), out)
}

/// Puts operations, each with its person, into the outbox as the engine would, and notes that Algolia holds the records.
async fn wait_in_outbox(stage: &mut Stage, operations: &[(String, Vec<u8>)]) {
    stage.stop().await;
    let store = open_store(&stage.home().join("data"));
    let (hour, time) = (hour_of(now()), now());
    let mut builder = Builder::new(DESTINATION_PROFILES, hour);
    let mut change = Change::default();
    for (place, (person, operation)) in operations.iter().enumerate() {
        let start = builder.payload().len();
        builder.payload().extend_from_slice(operation);
        let made = Made { start, messages: 1, slot: slot(person), time, position: Position(1) };
        builder.add(FLOW, EventId::untimed(0, time, 1, place), made);
        change.facts.push((held_key("profiles", person), Some(b"held".to_vec())));
    }
    let mut ledger = Additions::default();
    ledger.row(FLOW, hour).accepted += operations.len() as i64;
    change.ledger = ledger.into_rows();
    change.outbox.push(builder.build(BlockId(store.state.last_block().unwrap().0 + 1)));
    store.state.commit(&change).unwrap();
    drop(store);
    stage.restart().await;
}

fn is_held(stage: &Stage, person: &str) -> bool {
    let key = held_key("profiles", person);
    stage.bridge().state.facts(&[key.as_slice()]).unwrap()[0].is_some()
}

fn plan_of(stage: &Stage, person: &str) -> Value {
    let records = stage.sandbox.records("profiles");
    let record = records.into_iter().find(|record| record["record"]["objectID"] == person);
    record.map_or(Value::Null, |record| record["record"]["plan"].clone())
}

#[test]
fn thousands_of_records_go_out_in_few_requests_and_each_record_ends_as_it_was_last_set() {
    Scene::new().with(keeps_records).play(async |stage| {
        let operations: Vec<_> =
            (0..3000).map(|number| update(&format!("p-{}", number % 1000), &number.to_string())).collect();
        wait_in_outbox(stage, &operations).await;
        stage.settled().await;
        let search = stage.sandbox.stats().search;
        assert_eq!((search.kept, search.refused), (3000, 0));
        assert!(search.requests <= 8, "{} requests", search.requests);
        for person in [0, 1, 999] {
            assert_eq!(plan_of(stage, &format!("p-{person}")), 2000 + person);
        }
        let writes = texts(&stage.sandbox.writes(), "/action");
        assert!(writes.iter().all(|action| action == "partialUpdateObject"));
        assert_eq!(stage.balance(FLOW), [3000, 3000, 0, 0, 0]);
    });
}

/// The plan at Algolia is smaller than the configuration says.
#[test]
fn a_record_that_algolia_refuses_dies_alone_with_its_words_is_no_longer_held_and_can_be_mended() {
    let generous = |settings: &mut Settings| settings.algolia.max_record_size = Size(50_000);
    Scene::new().with(keeps_records).with(generous).play(async |stage| {
        let mut operations: Vec<_> =
            (0..200).map(|number| update(&format!("p-{number}"), "\"gold\"")).collect();
        operations[77] = update("p-77", &format!("\"{}\"", "x".repeat(12_000)));
        wait_in_outbox(stage, &operations).await;
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!(
            (&letters[0]["cause"], &letters[0]["destination"]),
            (&"refused".into(), &"profiles".into())
        );
        let reason = letters[0]["reason"].as_str().unwrap();
        assert!(reason.starts_with("status 400: ") && reason.contains("too big"), "{reason}");
        assert_eq!(stage.sandbox.stats().search.kept, 199);
        assert_eq!((is_held(stage, "p-77"), is_held(stage, "p-78")), (false, true));
        let mended: Value = serde_json::from_slice(&update("p-77", "\"silver\"").1).unwrap();
        let body = serde_json::json!({"payload": mended, "note": "shorter"});
        assert_eq!(stage.retry(&letters[0], &body).await.status, 200);
        stage.settled().await;
        assert_eq!(plan_of(stage, "p-77"), "silver");
    });
}

#[test]
fn a_record_too_large_for_the_plan_is_set_aside_before_it_spoils_a_batch() {
    Scene::new().with(keeps_records).play(async |stage| {
        let large = update("large", &format!("\"{}\"", "x".repeat(12_000)));
        wait_in_outbox(stage, &[large, update("small", "1")]).await;
        stage.settled().await;
        let letters = stage.dead_letters().await;
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0]["cause"], "oversize");
        assert!(letters[0]["reason"].as_str().unwrap().contains("algolia.max_record_size"));
        assert_eq!(stage.sandbox.stats().search.refused, 0);
        assert_eq!((is_held(stage, "large"), plan_of(stage, "small")), (false, 1.into()));
    });
}

#[test]
fn when_a_host_fails_the_next_is_asked() {
    Scene::new().with(keeps_records).play(async |stage| {
        let first = Sandbox::start(Options::default()).await.unwrap();
        stage.settings.algolia.search_hosts = Some(vec![first.url(), stage.sandbox.url()]);
        for effect in [Effect::Status { status: 503, retry_after: None }, Effect::Reset] {
            first.clear_faults();
            first.set_fault(Fault::new(Target::Search, effect));
            wait_in_outbox(stage, &[update("jane", "1")]).await;
            stage.settled().await;
        }
        assert_eq!(first.stats().search.requests, 2, "once in each run");
        assert_eq!(stage.sandbox.stats().search.kept, 2);
        first.stop().await;
    });
}

#[test]
fn what_algolia_answers_for_itself_is_not_asked_of_another_host() {
    Scene::new().with(keeps_records).with(|settings| settings.delivery.retry_longest = Span::ms(10)).play(
        async |stage| {
            let first = Sandbox::start(Options::default()).await.unwrap();
            stage.settings.algolia.search_hosts = Some(vec![first.url(), stage.sandbox.url()]);
            for status in [403, 429] {
                first.set_fault(Fault::status(Target::Search, status));
                let before = first.stats().search.requests;
                wait_in_outbox(stage, &[update("jane", "1")]).await;
                stage.until("it is tried again", || first.stats().search.requests > before + 1).await;
                first.clear_faults();
                stage.settled().await;
            }
            assert_eq!((first.stats().search.kept, stage.sandbox.stats().search.requests), (2, 0));
            first.stop().await;
        },
    );
}

#[test]
fn records_wait_while_the_recipe_is_off_and_go_out_when_it_is_on_again() {
    Scene::new().with(keeps_records).play(async |stage| {
        stage.settings.recipes.insert(FLOW.to_owned(), false.into());
        wait_in_outbox(stage, &[update("jane", "1")]).await;
        assert_eq!(stage.balance(FLOW)[4], 1);
        stage.settings.recipes.insert(FLOW.to_owned(), on());
        stage.restart().await;
        stage.settled().await;
        assert_eq!(plan_of(stage, "jane"), 1);
    });
}
