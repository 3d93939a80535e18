//! Tracking plans: what they find, what is done about it, and which plans are refused.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_segment::plan::{Action, Outcome, Plan, Policy, Report, apply};
use serde_json::{Map, Value, json};

fn rule(
    kind: &str,
    key: Option<&str>,
    version: u32,
    content: &str,
    members: &Value,
    required: &Value,
) -> Value {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {content: {"type": "object", "properties": members, "required": required}},
    });
    let mut rule =
        json!({"type": kind, "version": version, "jsonSchema": schema, "createdAt": "2026-01-01T00:00:00Z"});
    if let Some(key) = key {
        rule["key"] = key.into();
    }
    rule
}

fn rules() -> Vec<Value> {
    let price = json!({"type": "number", "minimum": 0});
    let named = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let viewed = json!({
        "sku": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"},
        "price": price,
        "seen_at": {"type": "string", "format": "date-time"},
        "colour": {"enum": ["red", "blue"]},
        "tags": {"type": "array", "items": named},
    });
    let order = Some("Order Completed");
    vec![
        rule("TRACK", order, 2, "properties", &json!({"total": {"type": "string"}}), &json!(["total"])),
        rule("TRACK", order, 1, "properties", &json!({"total": price}), &json!(["total"])),
        rule("TRACK", Some("Product Viewed"), 1, "properties", &viewed, &json!(["sku"])),
        rule("IDENTIFY", None, 1, "traits", &json!({"plan": {"type": "string"}}), &json!([])),
        rule("GROUP", None, 1, "traits", &json!({"size": {"type": "integer"}}), &json!(["size"])),
        rule("PAGE", None, 1, "properties", &json!({"path": {"type": "string"}}), &json!(["path"])),
        rule("SCREEN", None, 1, "properties", &json!({"screen": {"type": "string"}}), &json!([])),
        json!({"type": "COMMON", "version": 1, "jsonSchema": {
            "type": "object", "properties": {"context": {"type": "object", "required": ["algolia"]}}}}),
    ]
}

fn plan() -> Plan {
    load(&json!({"data": {"rules": rules(), "pagination": {"current": "MA==", "totalEntries": 8}}})).unwrap()
}

fn load(plan: &Value) -> Result<Plan, String> {
    Plan::load(plan.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn message(changes: &Value) -> Value {
    let mut message = json!({"type": "track", "context": {"algolia": {}}});
    for (key, value) in changes.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn found(plan: &Plan, changes: &Value) -> Vec<String> {
    let violations = plan.check(&message(changes));
    violations.iter().map(|violation| format!("{} {}", violation.kind, violation.field)).collect()
}

#[test]
fn each_kind_of_violation_is_found_where_it_is() {
    let viewed = |properties: Value| json!({"event": "Product Viewed", "properties": properties});
    let cases = [
        (
            viewed(json!({"sku": "AB-1", "price": 2, "colour": "red", "seen_at": "2026-11-24T10:00:00Z"})),
            vec![],
        ),
        (viewed(json!({})), vec!["Required properties.sku"]),
        (viewed(json!({"sku": 5})), vec!["Invalid Type properties.sku"]),
        (viewed(json!({"sku": "ab"})), vec!["Invalid Value properties.sku"]),
        (viewed(json!({"sku": "AB-1", "price": -1})), vec!["Invalid Value properties.price"]),
        (viewed(json!({"sku": "AB-1", "colour": "green"})), vec!["Invalid Value properties.colour"]),
        (viewed(json!({"sku": "AB-1", "seen_at": "yesterday"})), vec!["Invalid Value properties.seen_at"]),
        (viewed(json!({"sku": "AB-1", "tags": [{"name": 1}]})), vec!["Invalid Type properties.tags.0.name"]),
        (viewed(json!({"sku": "AB-1", "extra": 1})), vec!["Unplanned Property properties.extra"]),
        (json!({"event": "product viewed"}), vec!["Unplanned Event event"]),
        (json!({"type": "identify", "traits": {"plan": 1}}), vec!["Invalid Type traits.plan"]),
        (json!({"type": "group", "traits": {}}), vec!["Required traits.size"]),
        (json!({"type": "page", "properties": {}}), vec!["Required properties.path"]),
        (json!({"type": "screen", "properties": {"other": 1}}), vec!["Unplanned Property properties.other"]),
        (json!({"type": "screen", "context": {}}), vec!["Required context.algolia"]),
        (json!({"type": "alias"}), vec![]),
    ];
    let plan = plan();
    for (changes, expected) in cases {
        assert_eq!(found(&plan, &changes), expected, "{changes}");
    }
}

#[test]
fn the_message_names_its_version_and_the_oldest_stands_in() {
    let plan = plan();
    let total = |version: &Value, total: Value| {
        let context = json!({"algolia": {}, "protocols": {"event_version": version}});
        found(&plan, &json!({"event": "Order Completed", "context": context, "properties": {"total": total}}))
    };
    assert_eq!(total(&json!(2), json!("5")), [""; 0]);
    assert_eq!(total(&json!(2), json!(5)), ["Invalid Type properties.total"]);
    for oldest in [json!(null), json!(1), json!(9), json!("2"), json!(2.5), json!({})] {
        assert_eq!(total(&oldest, json!(5)), [""; 0], "{oldest}");
        assert_eq!(total(&oldest, json!("5")), ["Invalid Type properties.total"]);
    }
}

#[test]
fn a_plan_is_read_in_every_wrapping_and_from_all_its_pages() {
    let (first, second) = (rules()[..3].to_vec(), rules()[3..].to_vec());
    let pages = json!([
        {"data": {"rules": first, "pagination": {"next": "abc"}}},
        {"data": {"rules": second, "pagination": {"next": null}}},
    ]);
    for wrapped in [json!(rules()), json!({"rules": rules()}), json!({"data": rules()}), pages.clone()] {
        let plan = load(&wrapped).unwrap();
        assert_eq!(plan.events().collect::<Vec<_>>(), ["Order Completed", "Product Viewed"]);
        assert_eq!(found(&plan, &json!({"type": "group", "traits": {}})), ["Required traits.size"]);
    }
    assert!(load(&pages[0]).unwrap_err().contains("another page"));
    assert!(load(&json!({"data": {}})).unwrap_err().contains("no rules"));
}

#[test]
fn an_action_does_to_the_message_what_its_name_says() {
    let plan = plan();
    let original = message(&json!({"event": "Product Viewed", "properties": {
        "sku": "AB-1", "price": "9", "extra": 1, "tags": [{"name": "ok"}, {"name": 1}]}}));
    let after = |policy: Policy| {
        let mut message = original.clone();
        let violations = plan.check(&message);
        (apply(policy, &violations, &mut message), message)
    };
    assert_eq!(after(Action::Pass.into()), (Outcome::Send, original.clone()));
    assert_eq!(after(Action::Block.into()), (Outcome::Blocked, original.clone()));

    let (_, flagged) = after(Action::Flag.into());
    assert_eq!(flagged["properties"], original["properties"]);
    let violations = flagged["context"]["protocols"]["violations"].as_array().unwrap();
    let words = |violation: &Value| format!("{} {}", violation["type"], violation["field"]).replace('"', "");
    let expected = [
        "Invalid Type properties.price",
        "Invalid Type properties.tags.1.name",
        "Unplanned Property properties.extra",
    ];
    assert_eq!(violations.iter().map(words).collect::<Vec<_>>(), expected);
    assert!(violations[0]["description"].is_string());

    let (outcome, stripped) = after(Action::Strip.into());
    assert_eq!(outcome, Outcome::Send);
    assert_eq!(stripped["properties"], json!({"sku": "AB-1"}));
    assert_eq!(stripped["context"]["protocols"]["omitted"], json!(["properties.extra"]));
    let on_violation = &stripped["context"]["protocols"]["omitted_on_violation"];
    assert_eq!(*on_violation, json!(["properties.price", "properties.tags"]));

    let by_kind =
        Policy { unplanned_properties: Action::Strip, violations: Action::Pass, ..Policy::default() };
    let (_, mixed) = after(by_kind);
    assert_eq!(mixed["properties"]["price"], "9");
    assert!(mixed["properties"].get("extra").is_none());
    assert_eq!(mixed["context"]["protocols"]["violations"].as_array().unwrap().len(), 1);
}

#[test]
fn a_faulty_plan_is_refused_with_the_rule_and_the_place() {
    let track = |schema: Value| json!([{"type": "TRACK", "key": "E", "version": 1, "jsonSchema": schema}]);
    let property =
        |schema: Value| track(json!({"properties": {"properties": {"properties": {"x": schema}}}}));
    let cases = [
        (json!([{"type": "TRACKS", "jsonSchema": {}}]), "rule 0 is not readable"),
        (json!([{"type": "PAGE"}]), "jsonSchema"),
        (json!([{"data": {"rules": []}}]), "no rules: [0].data.rules is an empty list"),
        (json!({"rules": []}), "no rules: rules is an empty list"),
        (json!([]), "no rules: the file is an empty list"),
        (json!([{"type": "TRACK", "jsonSchema": {}}]), "no key"),
        (json!([rules()[0], rules()[1], rules()[0]]), "rule 2 repeats TRACK \"Order Completed\" version 2"),
        (property(json!({"type": "strin"})), "rule 0 (TRACK \"E\") has an unusable schema at /properties"),
        (property(json!({"pattern": "^(?!no)"})), "/properties/properties/properties/x/pattern"),
        (property(json!({"pattern": "("})), "/x/pattern"),
        (property(json!({"pattern": "((a{1000}){1000}){1000}"})), "/x/pattern"),
    ];
    for (plan, words) in cases {
        let error = load(&plan).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_hostile_schema_is_refused_before_it_can_do_harm() {
    let track = |schema: &Value| json!([{"type": "TRACK", "key": "E", "jsonSchema": schema}]);
    let twice = |next: usize| json!({"$ref": format!("#/definitions/d{next}")});
    let doubling: Map<String, Value> = (0..20)
        .map(|level| (format!("d{level}"), json!({"allOf": [twice(level + 1), twice(level + 1)]})))
        .chain([("d20".to_owned(), json!({}))])
        .collect();
    let nested = |levels| (0..levels).fold(json!({}), |inner, _| json!({"not": inner}));
    let tree = json!({"properties": {"b": {"$ref": "#/definitions/a"}}});
    let cases = [
        (json!({"$ref": "http://127.0.0.1:9/schema.json"}), "outside of this schema"),
        (json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}), "outside of this schema"),
        (json!({"allOf": [{"$ref": "#"}]}), "leads back to itself"),
        (
            json!({"definitions": {"a": {"not": {"$ref": "#/definitions/a"}}}, "$ref": "#/definitions/a"}),
            "leads back",
        ),
        (json!({"definitions": {"a": tree}, "properties": {"c": {"$ref": "#/definitions/a"}}}), "leads back"),
        (json!({"$ref": "#/definitions/none"}), "leads nowhere"),
        (json!({"properties": {"a": {"$id": "http://x/", "properties": {}}}}), "$id below the top"),
        (json!({"definitions": doubling, "$ref": "#/definitions/d0"}), "more than 10000 schemas"),
        (nested(120), "nested deeper"),
    ];
    for (schema, words) in cases {
        let error = load(&track(&schema)).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(load(&track(&nested(50))).is_ok());
}

#[test]
fn references_within_a_schema_are_followed() {
    let x = json!({"$ref": "#/definitions/id"});
    let members = json!({"a": x, "b": x, "$ref": {"type": "string"}});
    let schema = json!({"definitions": {"id": {"type": "string"}}, "properties": {"properties": {"properties": members}}});
    let plan = load(&json!([{"type": "TRACK", "key": "E", "jsonSchema": schema}])).unwrap();
    let violations = found(&plan, &json!({"event": "E", "properties": {"a": 1, "b": "x", "$ref": 2}}));
    assert_eq!(violations, ["Invalid Type properties.a", "Invalid Type properties.$ref"]);
}

#[test]
fn a_report_counts_by_event_kind_and_field_and_keeps_an_example() {
    let plan = plan();
    let mut report = Report::default();
    for number in 0..4 {
        let tags = json!([{"name": number}, {"name": number}]);
        let properties = if number < 3 { json!({"tags": tags}) } else { json!({"sku": "AB-1"}) };
        let message = message(&json!({"event": "Product Viewed", "properties": properties}));
        report.add(&message, &plan.check(&message));
    }
    let rows = json!(report.rows());
    let row = &rows[0];
    assert_eq!(
        (&row["event"], &row["messages"], &row["violating"]),
        (&json!("Product Viewed"), &json!(4), &json!(3))
    );
    assert_eq!(row["share"], 0.75);
    let name = "properties.tags.$.name";
    let field = json!({"type": "Invalid Type", "field": name, "count": 3, "share": 0.75, "example": 0});
    assert!(row["findings"].as_array().unwrap().contains(&field), "{row}");
    assert_eq!(row["example"]["properties"]["tags"][0]["name"], 0);
}
