//! Whatever names a plan and its events have, a proposal is a flow that compiles and runs.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_engine::flow::suggest::Suggester;
use causeway_engine::flow::{Definition, Flow, Source};
use causeway_engine::trial;
use causeway_segment::plan::Plan;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_795_000_000_000;

fn event(extra: &[String]) -> String {
    let mut event = json!({"eventType": "click", "eventName": "Clicked", "index": "products", "userToken": "u1",
        "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "objectIDs": ["a"], "positions": [1]});
    for name in extra {
        let members = event.as_object_mut().unwrap();
        members.entry(name.clone()).or_insert_with(|| json!({"a": [{"b c": 1}], name: true}));
    }
    event.to_string()
}

fn plan(event: &str, fields: &[String]) -> String {
    let members: Map<String, Value> = fields
        .iter()
        .map(|name| (name.clone(), json!({"type": ["string", "array"], "enum": [name]})))
        .collect();
    json!([{"type": "TRACK", "key": event, "jsonSchema": {"properties": {"properties": {
        "properties": members, "required": fields}}}}])
    .to_string()
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        "[a-zA-Z_]{1,12}",
        "\\PC{0,8}",
        ".{0,6}",
        "@[a-z]{1,3}",
        "(product|object|query)(_id|ID| Id)"
    ];
    prop::collection::btree_set(name, 0..6).prop_map(|names| names.into_iter().collect())
}

#[test]
fn a_name_that_a_mapping_takes_as_a_directive_is_not_proposed_but_told() {
    let plan = plan("Clicked", &["@id".to_owned(), "query".to_owned()]);
    let mut suggester = Suggester::default();
    let event = event(&["id".to_owned(), "query".to_owned()]);
    trial::show(Source::Algolia, event.as_bytes(), &trial::Conditions::at(NOW), |payload, _| {
        suggester.add(payload);
    })
    .unwrap();
    let loaded = Plan::load(plan.as_bytes()).unwrap();
    let text = suggester.suggest(&loaded, Some("Clicked"), "plan.json").unwrap();
    let flow = Flow::compile(&Definition::parse(&text, "suggested").unwrap(), &|_| Ok(plan.clone()));
    assert!(flow.is_ok(), "{text}\n{flow:?}");
    assert!(text.contains("# NOT POSSIBLE, a mapping takes it as a directive: \"@id\""), "{text}");
}

proptest! {
    #[test]
    fn a_proposal_for_any_names_compiles_and_runs(key in ".{1,20}", fields in names(), extra in names()) {
        let event = event(&[&fields[..], &extra[..]].concat());
        let plan = plan(&key, &fields);
        let mut suggester = Suggester::default();
        // What Insights itself would refuse is nothing to learn from.
        prop_assume!(trial::show(Source::Algolia, event.as_bytes(), &trial::Conditions::at(NOW), |payload, _| suggester.add(payload)).is_ok());
        let loaded = Plan::load(plan.as_bytes()).unwrap();
        let text = suggester.suggest(&loaded, Some(&key), "plan\"'.json").unwrap();
        let definition = Definition::parse(&text, "suggested");
        prop_assert!(definition.is_ok(), "{text}\n{definition:?}");
        let flow = Flow::compile(&definition.unwrap(), &|_| Ok(plan.clone()));
        prop_assert!(flow.is_ok(), "{text}\n{flow:?}");
        let answer = trial::run(&flow.unwrap(), event.as_bytes(), &trial::Conditions::at(NOW));
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        prop_assert_eq!(&answer["outcome"], "mapped", "{}\n{}", text, answer);
    }
}
