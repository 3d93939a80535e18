//! Any plan is compiled or refused, and a compiled one takes any message: without a panic, and without an end that
//! doesn't come.

use causeway_segment::plan::{Action, Plan, Policy, apply};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const KEYWORDS: [&str; 24] = [
    "type",
    "properties",
    "traits",
    "required",
    "items",
    "enum",
    "const",
    "pattern",
    "format",
    "minimum",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "$ref",
    "$id",
    "definitions",
    "dependencies",
    "patternProperties",
    "additionalProperties",
    "uniqueItems",
    "contains",
];

fn json_value() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "object",
        "string",
        "number",
        "#/definitions/a",
        "#",
        "date-time",
        "(",
        "E",
        "track",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let key = prop_oneof![4 => prop::sample::select(KEYWORDS.to_vec()).prop_map(str::to_owned), 1 => "[a-c]"];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => prop::collection::vec((key, inner), 0..5).prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_and_any_message_end_well(schema in json_value(), content in json_value(), plan in json_value()) {
        let _ = Plan::load(plan.to_string().as_bytes());
        let rules = json!([{"type": "TRACK", "key": "E", "jsonSchema": schema}]);
        let Ok(plan) = Plan::load(rules.to_string().as_bytes()) else { return Ok(()) };
        let message = json!({"type": "track", "event": "E", "properties": content});
        let violations = plan.check(&message);
        for action in [Action::Flag, Action::Strip, Action::Block] {
            let mut message = message.clone();
            apply(Policy::from(action), &violations, &mut message);
            prop_assert_eq!(&message["event"], "E");
        }
        prop_assert!(plan.fields("E").is_some());
    }
}
