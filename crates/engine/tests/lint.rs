//! What lint finds in mappings of every shape, and what it must not find.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_engine::flow::lint::{Finding, Kind, Level, Lint};
use causeway_engine::flow::{Definition, Flow, Source, Stamp};
use causeway_engine::{recipes, trial};
use causeway_mapping::Value as Payload;
use proptest::prelude::*;
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
        add(&mut lint, event);
    }
    lint.findings()
}

fn add(lint: &mut Lint, event: &Value) {
    show(lint.source(), event, |payload, stamp| lint.add(payload, stamp));
}

fn show(source: Source, event: &Value, look: impl FnOnce(&mut Payload<'_>, Stamp<'_>)) {
    trial::show(source, event.to_string().as_bytes(), &trial::Conditions::at(NOW), look).unwrap();
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
    let cases: [(&str, &[&str]); 13] = [
        ("{ '@path' = '$.properties.currency' }", &[]),
        ("{ '@path' = '$.properties.currencies' }", &["p.@path 0/2"]),
        ("{ '@template' = '{{properties.index}} {{nothing}}' }", &["p.@template 0/2"]),
        ("{ '@template' = 'all {{{properties.products}}}' }", &["p.@template 2/2"]),
        (
            "{ '@liquid' = '{{ properties.index | upcase }} {{- properties.no | default: 1 -}}' }",
            &["p.@liquid {{ properties.no | default: 1 }} 0/2"],
        ),
        (
            "{ '@liquid' = '{% assign no = 1 %}{{ no }}{% if none %}{{ nothing.here }}{% endif %}{{ \"x\" }}' }",
            &["p.@liquid {% if none %} 0/2"],
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
        ("{ '@path' = { '@template' = '$.properties.no' } }", &["p.@path 0/2"]),
        (
            "{ '@transform' = { apply = { __segment_internal_directive = { '@transform' = { apply = { a = { '@path' = '$.event' } } } }, b = { '@path' = '$.a' } }, mapping = { c = { '@path' = '$.b' }, d = { '@path' = '$.a' } } } }",
            &["p.@transform.mapping.d.@path 0/2"],
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
    let fix = "write it as the events have it, or take it out";
    assert_eq!(findings, [format!("trigger: is never true: properties.no = 1 (0 of 1); {fix}")]);
}

/// Level, kind, place, figures and example of what is found in one property's mapping of ten events.
fn told_of_property(mapping: &str) -> Vec<String> {
    let text = format!("name = \"x\"\n[mapping]\nevent = \"E\"\nproperties = {{ p = {mapping} }}\n");
    let findings = found(&Definition::parse(&text, "x").unwrap(), &vec![purchase(None); 10]);
    let example =
        |one: &Finding| one.example.as_ref().map(|example| format!(" {example}")).unwrap_or_default();
    let short = |one: &Finding| one.place.replace("subscription \"x\": mapping.properties.p.", "");
    let line = |one: &Finding| {
        let (kind, level) = (json!(one.kind), json!(one.level));
        let (kind, level) = (kind.as_str().unwrap(), level.as_str().unwrap());
        format!("{level} {kind} {} {}/{}{}", short(one), one.count, one.of, example(one))
    };
    findings.iter().map(line).collect()
}

#[test]
fn conditions_and_paths_in_liquid_are_watched() {
    let cases: [(&str, &[&str]); 7] = [
        (
            "{% if properties.no == 1 %}a{% else %}b{% endif %}",
            &[
                "problem dead_condition @liquid {% if properties.no == 1 %} 0/10",
                "problem never_matched @liquid {% if properties.no == 1 %} 0/10",
            ],
        ),
        (
            "{% if properties.no %}a{% elsif properties.currency == 'USD' %}b{% endif %}",
            &[
                "problem dead_condition @liquid {% if properties.no %} 0/10",
                "problem dead_condition @liquid {% elsif properties.currency == 'USD' %} 0/10",
            ],
        ),
        (
            "{% unless properties.currency == blank %}a{{ properties.no }}{% endunless %}",
            &[
                "problem dead_condition @liquid {% unless properties.currency == blank %} 0/10",
                "problem never_matched @liquid {{ properties.no }} 0/10",
            ],
        ),
        (
            "{% if event %}{{ event | upcase }}{% endif %}",
            &["problem dead_condition @liquid {% if event %} 10/10"],
        ),
        (
            "{% if properties.currency == 'EUR' or event == 'Sold' %}a{% endif %}",
            &[
                "problem dead_condition @liquid {% if properties.currency == 'EUR' or event == 'Sold' %} 10/10",
                "problem dead_condition @liquid {% if properties.currency == 'EUR' or event == 'Sold' %} 0/10",
            ],
        ),
        ("{{ properties.products[0].price | append: ' ' }}{{ properties.products | size }}", &[]),
        (
            "{{ properties.products | first | json }}{{ properties.eventType | times: 2 }}",
            &["problem coerced @liquid {{ properties.eventType | times: 2 }} 10/10 \"conversion\""],
        ),
    ];
    for (template, expected) in cases {
        let mapping = format!("{{ '@liquid' = {} }}", json!(template));
        assert_eq!(told_of_property(&mapping), expected, "{template}");
    }
}

const PRODUCT: &str = "{ '@path' = '$.properties.products[0]' }";
const PRODUCTS: &str = "{ '@path' = '$.properties.products' }";
const PRICE: &str = "{ '@path' = '$.properties.products[0].price' }";
const TEXT: &str = "{ '@path' = '$.properties.currency' }";

fn check_told(rows: &[(String, &[&str])]) {
    for (mapping, expected) in rows {
        assert_eq!(told_of_property(mapping), *expected, "{mapping}");
    }
}

#[test]
fn what_directives_for_texts_change_or_leave_is_told_with_an_example() {
    let with = |directive: &str, options: &str, value: &str| {
        format!("{{ '{directive}' = {{ value = {value}{options} }} }}")
    };
    let replace = |value| with("@replace", ", pattern = '-', replacement = ''", value);
    let case = |value| with("@case", ", operator = 'lower'", value);
    let decode = |value| with("@json", ", mode = 'decode'", value);
    let first = |list: &str| list.replace("products'", "products[1]'");
    check_told(&[
        (replace(TEXT), &[]),
        (replace(PRICE), &["note coerced @replace.value 10/10 20"]),
        (
            replace(&first(PRODUCTS)),
            &["problem cut @replace.value 10/10 {\"product_id\":\"b\",\"price\":5,\"quantity\":2}"],
        ),
        (
            replace("{ '@path' = '$.no' }"),
            &["note coerced @replace.value 10/10", "problem never_matched @replace.value.@path 0/10"],
        ),
        (case(TEXT), &[]),
        (case(PRICE), &["note unchanged @case.value 10/10 20"]),
        (decode("{ '@template' = '[1]' }"), &[]),
        (decode(TEXT), &["problem unchanged @json.value 10/10 \"EUR\""]),
        (decode(PRICE), &["note unchanged @json.value 10/10 20"]),
        ("{ '@template' = '{{properties.products.0.price}}' }".to_owned(), &[]),
        (
            "{ '@template' = '{{properties.products.1}}' }".to_owned(),
            &["problem coerced @template 10/10 {\"product_id\":\"b\",\"price\":5,\"quantity\":2}"],
        ),
    ]);
}

#[test]
fn what_directives_for_objects_and_lists_change_or_leave_out_is_told_with_an_example() {
    let merge = |two: &str| {
        format!("{{ '@merge' = {{ direction = 'right', objects = [{PRODUCT}, {two}, {{ a = 1 }}] }} }}")
    };
    let flatten = |value| format!("{{ '@flatten' = {{ value = {value}, separator = '.' }} }}");
    let shaped = |path: &str| format!("{{ '@arrayPath' = ['{path}', {{ a = {{ '@template' = 'x' }} }}] }}");
    check_told(&[
        (merge(PRODUCT), &[]),
        (merge(TEXT), &["problem coerced @merge.objects[1] 10/10 \"EUR\""]),
        (merge(PRICE), &["problem cut @merge.objects[1] 10/10 20"]),
        (flatten(PRODUCT), &[]),
        (flatten(PRODUCTS), &[]),
        (flatten(TEXT), &["problem coerced @flatten.value 10/10 \"EUR\""]),
        (
            flatten(PRODUCTS).replace("separator", "omitArrays = true, separator"),
            &["problem coerced @flatten.value 10/10 [{\"product_id\":\"a\",\"price\":20,\"quantity\":1},\
               {\"product_id\":\"b\",\"price\":5,\"quantity\":2}]"],
        ),
        (shaped("$.properties.products"), &[]),
        (
            shaped("$.properties.products[1]"),
            &["note coerced @arrayPath 10/10 {\"product_id\":\"b\",\"price\":5,\"quantity\":2}"],
        ),
        (shaped("$.properties.currency"), &["problem unchanged @arrayPath 10/10 \"EUR\""]),
        (
            "{ '@arrayPath' = ['$.properties.currency'] }".to_owned(),
            &["note unchanged @arrayPath 10/10 \"EUR\""],
        ),
    ]);
}

#[test]
fn a_zero_that_counts_as_blank_is_noted() {
    let mapping = format!("{{ '@if' = {{ blank = {PRICE}, then = 'a', else = 'b' }} }}");
    let text = format!("name = \"x\"\n[mapping]\nevent = \"E\"\nproperties = {{ p = {mapping} }}\n");
    let mut free = purchase(None);
    free["objectData"][0]["price"] = 0.into();
    let findings = found(&Definition::parse(&text, "x").unwrap(), &[free, purchase(None)]);
    let told: Vec<_> = findings.iter().map(|one| (one.kind, one.level, one.example.clone())).collect();
    assert_eq!(told, [(Kind::Surprising, Level::Note, Some(json!(0)))]);
}

#[test]
fn what_the_envelope_does_not_take_is_told() {
    let text = "name = \"x\"\n[mapping]\nevent = \"E\"\nmessageId = \"mine\"\ntimestamp = 5\nintegrations = \"All\"\n\
                context = { app = 1, algolia = 2 }\n";
    let findings = found(&Definition::parse(text, "x").unwrap(), &[purchase(None)]);
    let told = findings.iter().map(|one| (one.kind, one.place.as_str(), one.example.clone().unwrap()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (Kind::Cut, "subscription \"x\": mapping.context.algolia", json!(2)),
            (Kind::Cut, "subscription \"x\": mapping.integrations", json!("All")),
            (Kind::Cut, "subscription \"x\": mapping.messageId", json!("mine")),
            (Kind::Cut, "subscription \"x\": mapping.timestamp", json!(5)),
        ]
    );
}

#[test]
fn messages_that_are_too_large_are_one_finding_whatever_their_sizes() {
    let text = format!("name = \"x\"\n[mapping]\nevent = \"E\"\nproperties = {{ p = {PRODUCTS} }}\n");
    let many = |count: usize| {
        let mut event = purchase(None);
        event["objectIDs"] = (0..count).map(|at| format!("{at}{}", "x".repeat(4_000))).collect();
        event["objectData"] = (0..count).map(|_| json!({"price": 1, "quantity": 1})).collect();
        event
    };
    let findings = found(&Definition::parse(&text, "x").unwrap(), &[many(10), many(15), many(1)]);
    let told: Vec<_> = findings.iter().map(|one| (one.kind, one.count, one.of)).collect();
    assert_eq!(told, [(Kind::Rejected, 2, 3)], "{findings:?}");
    assert!(findings[0].message.ends_with("bytes; send at most 32768"), "{}", findings[0].message);
}

/// What is told of a plan when five events go through, one of them without a coupon.
fn told_of_plan(on_violation: &str) -> Vec<String> {
    let text = format!(
        "name = \"x\"\nplan = \"plan.json\"\non_violation = \"{on_violation}\"\n[mapping]\nevent = \"E\"\n\
         [mapping.properties]\nknown = 1\nother = 2\ncolor = \"red\"\ntext = 3\nsizes = [\"s\", 4]\n\
         coupon = {{ '@path' = '$.properties.coupon' }}\n"
    );
    let properties = json!({"known": {"type": "number"}, "color": {"enum": ["blue"]}, "text": {"type": "string"},
        "sizes": {"items": {"type": "string"}}, "coupon": {"type": "string"}, "size": {"type": "string"}});
    let plan = json!([{"type": "TRACK", "key": "E", "jsonSchema":
        {"properties": {"properties": {"properties": properties, "required": ["coupon", "size"]}}}}]);
    let mut lint = Lint::new(&Definition::parse(&text, "x").unwrap(), &|_| Ok(plan.to_string())).unwrap();
    for coupon in [None, Some("A"), Some("B"), Some("C"), Some("D")] {
        add(&mut lint, &purchase(coupon));
    }
    let line = |one: &Finding| one.to_string().replace("plan \"E\": properties.", "");
    let mut lines: Vec<_> =
        lint.findings().iter().map(|one| line(one).split(';').next().unwrap().to_owned()).collect();
    lines.sort();
    lines
}

#[test]
fn every_violation_of_the_plan_is_told_as_what_it_comes_to() {
    let flagged = [
        "color: has a value that the plan doesn't allow, as in \"red\" (5 of 5)",
        "coupon: is required and sometimes missing (1 of 5)",
        "other: is not in the plan, as in 2 (5 of 5)",
        "size: is required and never filled (5 of 5)",
        "sizes.$: has another type than planned, as in 4 (5 of 5)",
        "text: has another type than planned, as in 3 (5 of 5)",
    ];
    assert_eq!(told_of_plan("flag"), flagged);
    let mut passed =
        flagged.map(|line| if line.contains("never") { line.to_owned() } else { format!("note: {line}") });
    passed.sort();
    assert_eq!(told_of_plan("pass"), passed);
    assert_eq!(
        told_of_plan("strip"),
        [
            "color: is left out: the plan doesn't allow it, as in \"red\" (5 of 5)",
            flagged[1],
            "other: is left out: the plan doesn't allow it, as in 2 (5 of 5)",
            flagged[3],
            "sizes.$: makes the whole list be left out: the plan doesn't allow it, as in 4 (5 of 5)",
            "text: is left out: the plan doesn't allow it, as in 3 (5 of 5)",
        ]
    );
    let blocked = told_of_plan("block");
    let coupon = "coupon: makes dead letters: the plan doesn't allow it (1 of 5)";
    assert!(blocked.iter().any(|line| line == coupon), "{blocked:?}");
}

/// Any JSON, with the words of the language among its keys and texts.
fn mapping() -> impl Strategy<Value = Value> {
    let words = "@path @template @literal @if @case @replace @arrayPath @merge @transform @flatten @json @liquid \
                 @excludeWhenNull exists blank then else operator value pattern replacement objects direction apply \
                 mapping separator mode event context";
    let texts = [
        "$.event",
        "$.properties.products",
        "$.properties.products[0].price",
        "$..a",
        "{{event}}{{properties.no}}",
        "{{ properties.products }}",
        "{% if event %}{{ no | upcase }}{% endif %}",
        "lower",
        "left",
        "decode",
        "-",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        prop::sample::select(texts.to_vec()).prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let key = prop::sample::select(words.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            (key.clone(), inner.clone()).prop_map(|(key, inner)| json!({ key: inner })),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn watching_changes_nothing_that_a_flow_makes(mapping in mapping()) {
        let definition = json!({"name": "x", "mapping": {"event": "E", "properties": mapping}});
        let definition: Definition = serde_json::from_value(definition).unwrap();
        let none = |_: &str| Err("no plan".to_owned());
        if let (Ok(flow), Ok(mut lint)) = (Flow::compile(&definition, &none), Lint::new(&definition, &none)) {
            show(Source::Algolia, &purchase(Some("SALE")), |payload, stamp| {
                let mut made = [Vec::new(), Vec::new()];
                let (came, before) = (payload.clone(), flow.run(payload, stamp, &mut made[0]));
                lint.add(payload, stamp);
                assert_eq!(*payload, came);
                let after = flow.run(payload, stamp, &mut made[1]);
                assert_eq!(before, after);
                assert_eq!(made[0], made[1]);
            });
            drop(lint.findings());
        }
    }
}

/// What is found when calls of Segment's go through a flow with this head and mapping.
fn told_of_calls(flow: &str, calls: &[Value]) -> Vec<String> {
    let definition = Definition::parse(&format!("name = \"x\"\nsource = \"segment\"\n{flow}"), "x").unwrap();
    let line = |one: &Finding| one.to_string().replace(&format!("; {}", one.fix), "");
    found(&definition, calls).iter().map(line).collect()
}

fn call(properties: &Value) -> Value {
    json!({"type": "track", "event": "Product Clicked", "messageId": "m-1", "anonymousId": "a-1",
        "properties": properties})
}

#[test]
fn a_flow_from_segment_sees_its_settings_and_may_fill_what_algolia_does_not() {
    let flow = "[settings]\nshop = \"mine\"\n[mapping]\nevent = \"E\"\ncontext = { algolia = 1, integration = 2 }\n\
                [mapping.properties]\nshop = { '@path' = '$.settings.shop' }\nnone = { '@path' = '$.settings.none' }\n";
    assert_eq!(
        told_of_calls(flow, &[call(&json!({}))]),
        [
            "subscription \"x\": mapping.properties.none.@path: $.settings.none never led to a value (0 of 1)",
            "subscription \"x\": mapping.context.integration: is Causeway's own to set: a mapping's is left out, \
             as in 2 (1 of 1)",
        ]
    );
}

#[test]
fn calls_without_consent_are_not_seen_and_are_told_if_they_are_all() {
    let flow = "consent = [\"ads\"]\n[mapping]\nevent = { '@path' = '$.properties.name' }\n";
    let with = |agreed: bool| {
        let mut call = call(&json!({}));
        call["properties"] = if agreed { json!({"name": "E"}) } else { json!({}) };
        call["context"] = json!({"consent": {"categoryPreferences": {"ads": agreed}}});
        call
    };
    assert_eq!(told_of_calls(flow, &[with(true), with(false)]), [""; 0]);
    let stopped = "events: were stopped: consent: a category that the flow needs is not agreed to (2 of 2)";
    assert_eq!(told_of_calls(flow, &[with(false), with(false)]), [stopped]);
}

#[test]
fn what_insights_does_not_take_is_told() {
    let flow = "destination = \"insights\"\n[settings]\nindex = \"products\"\n[mapping]\neventName = \"Clicked\"\n\
                eventType = \"click\"\nquery = \"shoes\"\nobjects = [{ '@path' = '$.properties' }]\n\
                queryID = { '@path' = '$.properties.query' }\n";
    let clicked = |query: &str| call(&json!({"product_id": "a", "query": query, "other": 1}));
    let nameless = call(&json!({"query": "43b15df305339e827f0ac0bdc5ebcaa7"}));
    assert_eq!(
        told_of_calls(flow, &[clicked("none"), clicked("other"), nameless]),
        [
            "subscription \"x\": mapping.query: is nothing that events for Insights are made of, and is left out, \
             as in \"shoes\" (3 of 3)",
            "note: events: an object without an id is left out (1 of 3)",
            "note: events: queryID \"none\" is left out: a search's id has 32 lower-case hexadecimal digits (2 of 3)",
            "events: became dead letters: x: Algolia would refuse it, \"Event should specify either some ObjectIDs or \
             some Filters\": objectIDs and filters are both missing; add one of them (1 of 3)",
        ]
    );
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

#[test]
fn the_recipe_for_insights_maps_nothing_that_insights_does_not_take() {
    let text = recipes::definition(recipes::COMMERCE_EVENTS, recipes::Naming::Search).unwrap();
    let mut recipe = Definition::parse(text, "recipe").unwrap();
    recipe.settings.insert("index".to_owned(), "products".into());
    let product = json!({"product_id": "a", "price": 5, "currency": "EUR", "value": 5, "total": 5,
        "search_index": "other", "products": [{"product_id": "a", "price": 5}],
        "filters": [{"type": "color", "value": "red"}], "query_id": "43b15df305339e827f0ac0bdc5ebcaa7"});
    let of = |event: &str| {
        let mut call = call(&product);
        call["event"] = event.into();
        call
    };
    let calls = recipe.subscriptions.iter().map(|one| of(&one.name)).collect::<Vec<_>>();
    let findings = found(&recipe, &calls);
    assert!(!findings.iter().any(|one| [Kind::Cut, Kind::Rejected].contains(&one.kind)), "{findings:#?}");
}
