//! What lint finds in mappings of every shape, and what it must not find.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_engine::flow::lint::{Finding, Lint};
use causeway_engine::flow::{Definition, Source};
use causeway_engine::{recipes, trial};
use serde_json::{Value, json};

const NOW: i64 = 1_795_000_000_000;

fn purchase(coupon: Option<&str>) -> Value {
    let mut event = json!({"eventType": "conversion", "eventSubtype": "purchase", "eventName": "Bought", "index": "products",
        "userToken": "u1", "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "currency": "EUR", "objectIDs": ["a", "b"],
        "objectData": [{"price": 20, "quantity": 1}, {"price": 5, "quantity": 2}]});
    if let Some(coupon) = coupon {
        event["coupon"] = coupon.into();
    }
    event
}

fn found(definition: &Definition, events: &[Value]) -> Vec<Finding> {
    let mut lint = Lint::new(definition, &|_| Err("no plan".to_owned())).unwrap();
    for event in events {
        let event = event.to_string();
        trial::show(Source::Algolia, event.as_bytes(), &trial::Conditions::at(NOW), |payload, stamp| {
            lint.add(payload, stamp)
        })
        .unwrap();
    }
    lint.findings()
}

/// Places and figures of what is found in one property's mapping.
fn of_property(mapping: &str, events: &[Value]) -> Vec<String> {
    let text = format!("name = \"x\"\n[mapping]\nevent = \"E\"\nproperties = {{ p = {mapping} }}\n");
    let findings = found(&Definition::parse(&text, "x").unwrap(), events);
    let short = |place: &str| place.replace("subscription \"x\": mapping.properties.p", "p");
    findings.iter().map(|one| format!("{} {}/{}", short(&one.place), one.count, one.of)).collect()
}

#[test]
fn each_part_of_a_mapping_is_watched_on_what_it_sees() {
    let events = [purchase(None), purchase(Some("SALE"))];
    let cases: [(&str, &[&str]); 11] = [
        ("{ '@path' = '$.properties.currency' }", &[]),
        ("{ '@path' = '$.properties.currencies' }", &["p.@path 0/2"]),
        ("{ '@template' = '{{properties.index}} {{nothing}}' }", &["p.@template 0/2"]),
        ("{ '@template' = 'all {{{properties.products}}}' }", &["p.@template 2/2"]),
        (
            "{ '@liquid' = '{{ properties.index | upcase }} {{- properties.no | default: 1 -}}' }",
            &["p.@liquid 0/2"],
        ),
        (
            "{ '@liquid' = '{% assign no = 1 %}{{ no }}{% if none %}{{ nothing.here }}{% endif %}{{ \"x\" }}' }",
            &[],
        ),
        (
            "{ '@arrayPath' = ['$.properties.products', { id = { '@path' = '$.product_id' }, no = { '@path' = '$.name' } }] }",
            &["p.@arrayPath[1].no.@path 0/4"],
        ),
        ("{ '@arrayPath' = ['$.properties.things', { id = { '@path' = '$.id' } }] }", &["p.@arrayPath 0/2"]),
        (
            "{ '@if' = { exists = { '@path' = '$.properties.coupon' }, then = { '@path' = '$.properties.coupons' }, else = 'none' } }",
            &["p.@if.then.@path 0/1"],
        ),
        (
            "{ '@if' = { exists = { '@path' = '$.properties.no' }, then = { '@path' = '$.properties.nor' }, else = 'none' } }",
            &["p.@if 0/2"],
        ),
        (
            "{ '@transform' = { apply = { a = { '@path' = '$.event' } }, mapping = { b = { '@path' = '$.a' }, c = { '@path' = '$.event' } } } }",
            &["p.@transform.mapping.c.@path 0/2"],
        ),
    ];
    for (mapping, expected) in cases {
        assert_eq!(of_property(mapping, &events), expected, "{mapping}");
    }
}

#[test]
fn a_condition_that_decides_is_no_finding_and_one_that_always_holds_is_after_enough_events() {
    let mapping = "{ '@if' = { exists = { '@path' = '$.event' }, then = 'a', else = 'b' } }";
    let events = |count| vec![purchase(None); count];
    assert_eq!(of_property(mapping, &events(9)), [""; 0]);
    assert_eq!(of_property(mapping, &events(10)), ["p.@if 10/10"]);
}

#[test]
fn a_test_of_a_trigger_that_is_never_true_is_found_beside_others_that_are() {
    let text = "name = \"x\"\ntrigger = 'event = \"Bought\" or (properties.currency = \"EUR\" and properties.no = 1)'\n\
                [mapping]\nevent = \"E\"\n";
    let flow = Definition::parse(text, "x").unwrap();
    let findings: Vec<_> = found(&flow, &[purchase(None)]).iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["trigger: is never true: properties.no = 1 (0 of 1)"]);
}

#[test]
fn a_property_that_the_plan_does_not_know_is_found_though_it_is_sent() {
    let text = "name = \"x\"\nplan = \"plan.json\"\n[mapping]\nevent = \"E\"\nproperties = { known = 1, other = 2 }\n";
    let plan = json!([{"type": "TRACK", "key": "E", "jsonSchema":
        {"properties": {"properties": {"properties": {"known": {"type": "number"}}}}}}]);
    let mut lint = Lint::new(&Definition::parse(text, "x").unwrap(), &|_| Ok(plan.to_string())).unwrap();
    let event = purchase(None).to_string();
    trial::show(Source::Algolia, event.as_bytes(), &trial::Conditions::at(NOW), |payload, stamp| {
        lint.add(payload, stamp)
    })
    .unwrap();
    let findings: Vec<_> = lint.findings().iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["plan \"E\": properties.other: is not in the plan, as in 2 (1 of 1)"]);
}

#[test]
fn the_recipe_has_nothing_to_be_ashamed_of() {
    let text = recipes::definition(recipes::SEARCH_EVENTS, recipes::Naming::Search).unwrap();
    let recipe = Definition::parse(text, "recipe").unwrap();
    let mut event = purchase(None);
    event["query"] = "coat".into();
    let findings = found(&recipe, &[event]);
    let surprising: Vec<_> =
        findings.iter().filter(|one| !one.place.ends_with("trigger")).map(ToString::to_string).collect();
    assert_eq!(surprising, [""; 0]);
}
