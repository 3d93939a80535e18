//! Tracking plans through whole flows: from an Insights event to the message, or to the dead letter that explains itself.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_engine::duplicates::Window;
use causeway_engine::flow::{Definition, Fault, Flow};
use causeway_engine::{Engine, Facts, Settings, Source, trial};
use causeway_store::journal::Record;
use causeway_store::{BlockId, Entry, Error, Position};
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: i64 = 1_795_000_000_000;

const FLOW: &str = r#"
name = "purchases"
plan = "shop.json"
ON_VIOLATION

[mapping]
event = "Order Completed"
[mapping.properties]
order_id = { "@path" = "$.properties.queryID" }
total = { "@template" = "{{properties.value}}" }
note = { "@path" = "$.properties.currency" }
[mapping.context.protocols]
event_version = 2
"#;

fn plan() -> String {
    let version = |number: u32, total: &str| {
        let members = json!({"order_id": {"type": "string"}, "total": {"type": total}});
        let content = json!({"type": "object", "properties": members, "required": ["order_id", "total"]});
        json!({"type": "TRACK", "key": "Order Completed", "version": number,
            "jsonSchema": {"type": "object", "properties": {"properties": content}}})
    };
    json!({"data": {"rules": [version(2, "number"), version(1, "string")]}}).to_string()
}

fn flow(on_violation: &str) -> Result<Flow, Vec<Fault>> {
    let text = FLOW.replace("ON_VIOLATION", on_violation);
    let definition = Definition::parse(&text, "purchases.toml")?;
    Flow::compile(&definition, &|name| if name == "shop.json" { Ok(plan()) } else { Err("no".to_owned()) })
}

fn purchase() -> Value {
    json!({"eventType": "conversion", "eventSubtype": "purchase", "eventName": "Bought", "index": "products",
        "userToken": "u1", "timestamp": NOW, "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "value": 20, "currency": "EUR",
        "objectIDs": ["a"], "objectData": [{"price": 20, "quantity": 1}]})
}

fn tried(on_violation: &str) -> Value {
    let flow = flow(on_violation).unwrap();
    let answer = trial::run(&flow, purchase().to_string().as_bytes(), &trial::Conditions::at(NOW));
    serde_json::from_slice(&answer).unwrap()
}

#[test]
fn a_blocked_message_is_rejected_with_every_violation_of_its_version() {
    let tried = tried("on_violation = 'block'");
    assert_eq!(tried["outcome"], "rejected");
    let reason = tried["reason"].as_str().unwrap();
    assert!(reason.contains("properties.total: ") && reason.contains("(Invalid Type)"), "{reason}");
    assert!(reason.contains("properties.note: ") && reason.contains("(Unplanned Property)"), "{reason}");
}

#[test]
fn a_flagged_message_goes_out_whole_with_its_violations_listed() {
    for default in ["", "on_violation = 'flag'"] {
        let message = tried(default)["output"][0].take();
        assert_eq!(message["properties"]["note"], "EUR");
        let protocols = &message["context"]["protocols"];
        assert_eq!(protocols["event_version"], 2);
        let fields: Vec<_> =
            protocols["violations"].as_array().unwrap().iter().map(|violation| &violation["field"]).collect();
        assert_eq!(fields, ["properties.total", "properties.note"]);
        assert_eq!(message["context"]["integration"]["name"], "causeway");
    }
}

#[test]
fn a_stripped_message_goes_out_without_what_is_at_fault() {
    let message = tried("on_violation = 'strip'")["output"][0].take();
    assert_eq!(message["properties"], json!({"order_id": "43b15df305339e827f0ac0bdc5ebcaa7"}));
    assert_eq!(message["context"]["protocols"]["omitted"], json!(["properties.note"]));
    assert_eq!(message["context"]["protocols"]["omitted_on_violation"], json!(["properties.total"]));
}

#[test]
fn each_kind_of_violation_may_have_an_action_of_its_own() {
    let each =
        "on_violation = { unplanned_properties = 'strip', violations = 'pass', unplanned_events = 'block' }";
    let message = tried(each)["output"][0].take();
    assert_eq!(message["properties"]["total"], "20");
    assert_eq!(message["context"]["protocols"]["omitted"], json!(["properties.note"]));
    let passed = tried("on_violation = 'pass'")["output"][0].take();
    assert!(passed["context"]["protocols"].get("violations").is_none());
}

#[test]
fn a_wrong_action_or_plan_is_a_fault_with_its_place() {
    let fault = |text: &str| flow(text).unwrap_err()[0].to_string();
    let wrong = fault("on_violation = 'blok'");
    assert!(wrong.contains("line 4") && wrong.contains("`block`, `flag`, `strip`"), "{wrong}");
    let wrong = fault("on_violation = { violation = 'block' }");
    assert!(wrong.contains("unplanned_events"), "{wrong}");
    let look_ahead =
        r#"[{"type": "TRACK", "key": "E", "jsonSchema": {"properties": {"event": {"pattern": "^(?!no)"}}}}]"#;
    let text = FLOW.replace("ON_VIOLATION", "").replace("\"shop.json\"", &format!("'{look_ahead}'"));
    let definition = Definition::parse(&text, "purchases.toml").unwrap();
    let faults = Flow::compile(&definition, &|_| Err("asked for a file".to_owned())).unwrap_err();
    let words = faults[0].to_string();
    assert!(
        words.contains("plan: rule 0 (TRACK \"E\")") && words.contains("/properties/event/pattern"),
        "{words}"
    );
}

struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }
}

#[test]
fn what_a_plan_blocks_is_a_dead_letter_that_can_be_repaired() {
    let window = Window { timed_ms: 1_000, untimed_ms: 1_000, remember: 10 };
    let settings = Settings { duplicates: window, tell_links: false, ..Settings::default() };
    let mut engine =
        Engine::new(settings, vec![Arc::new(flow("on_violation = 'block'").unwrap())], BlockId(0));
    let record = Record {
        received_at: NOW,
        source: Source::Insights.into(),
        meta: Vec::new().into(),
        body: json!({"events": [purchase()]}).to_string().into_bytes().into(),
    };
    let change = engine.process(&[Entry { position: Position(1), record }], &Nothing).unwrap().change;
    assert!(change.outbox.is_empty());
    let letter = &change.dead_letters[0];
    assert_eq!((letter.flow.as_str(), letter.cause.as_str()), ("purchases", "plan"));
    assert!(letter.reason.contains("properties.total"), "{}", letter.reason);
    assert_eq!(serde_json::from_slice::<Value>(&letter.payload).unwrap(), purchase());
    let row = change.ledger.iter().find(|row| row.flow == "purchases").unwrap().tally;
    assert_eq!((row.accepted, row.dead_lettered), (1, 1));
}
