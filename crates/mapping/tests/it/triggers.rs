//! FQL: what it means, how it is printed, and where its errors are.

use causeway_mapping::Trigger;
use proptest::prelude::*;
use serde_json::json;

use crate::value;

const PAYLOAD: &str = r#"{
    "type": "track", "event": "Order Completed", "userId": "u1", "name": null,
    "properties": {"total": 100, "text": "100", "yes": true, "word": "true", "none": null, "a": {"b": [{"c": "deep"}]},
                   "product 1": "spaced", "empty": ""},
    "traits": {"plan": "gold"}, "context": {"page": {"path": "/cart"}}
}"#;

fn trigger(text: &str) -> Trigger {
    Trigger::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn check(rows: &[(&str, bool)]) {
    for (text, passes) in rows {
        assert_eq!(trigger(text).matches(&value(PAYLOAD)), *passes, "{text}");
    }
}

#[test]
fn equality_knows_texts_numbers_booleans_and_null_apart() {
    check(&[
        (r#"type = "track""#, true),
        (r#"event != "Order Completed""#, false),
        ("properties.total = 100", true),
        (r#"properties.total = "100""#, false),
        (r#"properties.text = "100""#, true),
        ("properties.text = 100", false),
        ("properties.yes = true", true),
        (r#"properties.yes = "true""#, false),
        (r#"properties.word = "true""#, true),
        ("properties.word = true", false),
        ("properties.none = null", true),
        ("properties.missing = null", true),
        ("properties.empty = null", false),
        ("name = null and userId != null", true),
    ]);
}

#[test]
fn comparisons_hold_for_numbers_only() {
    check(&[
        ("properties.total > 99.5", true),
        ("properties.total <= 100", true),
        ("properties.total < 100", false),
        (r#"properties.total >= "100""#, true),
        ("properties.text > 1", false),
        ("properties.missing < 1", false),
        ("properties.total != 100", false),
        ("properties.text != 5", false),
    ]);
}

#[test]
fn what_is_missing_fails_every_test_but_not_equal_and_null() {
    check(&[
        (r#"properties.missing = "x""#, false),
        (r#"properties.missing != "x""#, true),
        (r#"contains(properties.missing, "x")"#, false),
        (r#"!contains(properties.missing, "x")"#, false),
        ("properties.missing = false", false),
        ("properties.missing != 1", false),
    ]);
}

#[test]
fn functions_look_for_a_part_a_start_or_an_end() {
    check(&[
        (r#"contains(event, "der Com")"#, true),
        (r#"contains(event, "der com")"#, false),
        (r#"!contains(event, "x")"#, true),
        (r#"match(event, "Order*")"#, true),
        (r#"match(event, "*Completed")"#, true),
        (r#"match(event, "*Order")"#, false),
        (r#"!match(properties.total, "1*")"#, false),
    ]);
}

#[test]
fn fields_reach_into_objects_lists_and_spaced_names() {
    check(&[
        (r#"properties.a.b.\0.c = "deep""#, true),
        (r#"properties.a.b\[0\].c = "deep""#, true),
        (r#"properties.product\ 1 = "spaced""#, true),
        (r#"traits.plan = "gold" and context.page.path = "/cart""#, true),
    ]);
}

#[test]
fn the_last_and_or_or_joins_a_whole_group_and_is_noticed() {
    let mixed = trigger(r#"type = "page" and type = "track" or userId = "u1""#);
    assert!(mixed.matches(&value(PAYLOAD)));
    assert_eq!(mixed.notices().len(), 1);
    check(&[
        (r#"type = "track" and (event = "x" or userId = "u1")"#, true),
        (r#"type = "page" or (event = "Order Completed" and userId = "u2")"#, false),
    ]);
    assert!(trigger(r#"type = "track""#).notices().is_empty());
}

#[test]
fn a_group_ends_at_the_first_closing_parenthesis_and_that_is_noticed() {
    let early = trigger(r#"type = "page" and (contains(event, "Order") or userId = "u2")"#);
    assert!(early.matches(&value(PAYLOAD)), "the or is no longer in the group, and joins everything");
    assert!(
        early.notices().iter().any(|notice| notice.message == ") is ignored here"),
        "{:?}",
        early.notices()
    );
}

#[test]
fn errors_point_at_the_column_and_say_what_would_be_right() {
    for (text, message) in [
        ("", "column 1: there is nothing to test; write a condition like type = \"track\""),
        (
            r#"type = "track" and kind = 1"#,
            "column 20: unknown identifier kind; there are type, event, name, userId, properties.*, traits.*, context.*",
        ),
        (r#"type = "track"#, "column 8: this string is never closed; end it with \""),
        (r#"(type = "track""#, "column 1: this ( is never closed"),
        (r#"event is "x""#, "column 7: expected =, !=, <, <=, > or >= after event, not is"),
        ("properties.a = 1.2.3", "column 19: a number has one decimal point"),
        (r#"contains event, "x""#, "column 1: expected contains(field, \"text\")"),
        (r#"contains(type, "x")"#, "column 10: functions cannot test type; use = or !="),
        ("event = ", "column 9: expected a value"),
        ("(event =) and type = \"track\"", "column 9: expected a value"),
        (r#"é = "x""#, "column 1: unexpected character 'é'; names escape such with \\"),
    ] {
        assert_eq!(Trigger::parse(text).expect_err(text).to_string(), message, "{text}");
    }
}

#[test]
fn the_tree_is_segments_own() {
    let tree = json!({"type": "group", "operator": "and", "children": [
        {"type": "event-type", "operator": "=", "value": "track"},
        {"type": "group", "operator": "or", "children": [
            {"type": "event-property", "name": "total", "operator": ">", "value": 10},
            {"type": "userId", "operator": "exists"},
            {"type": "event-trait", "name": "plan", "operator": "not_contains", "value": "free"},
        ]},
        {"type": "event-context", "name": "page.path", "operator": "starts_with", "value": "/c"},
    ]});
    let text = r#"type = "track" and (properties.total > 10 or userId != null or !contains(traits.plan, "free")) and match(context.page.path, "/c*")"#;
    assert_eq!(trigger(text).to_tree(), tree);
    assert_eq!(Trigger::from_tree(&tree).map(|trigger| trigger.to_string()).as_deref(), Ok(text));
    let error = Trigger::from_tree(
        &json!({"type": "group", "operator": "and", "children": [{"type": "event", "operator": "~"}]}),
    );
    assert_eq!(error.expect_err("no operator").to_string(), "children[0].operator: no such operator: \"~\"");
}

/// Texts made of FQL's own words, so that many of them parse.
fn fql() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "type",
        "event",
        "name",
        "userId",
        "properties.a",
        "properties.a-b.c",
        r"traits.x\ y",
        r"context.\é",
        "properties.0",
        "=",
        "!=",
        "<",
        ">=",
        "and",
        "or",
        "(",
        ")",
        ",",
        "contains",
        "match",
        "!contains",
        "\"track\"",
        "\"a*\"",
        "\"*a\"",
        "\"\"",
        "'q'",
        "1",
        "-2.5",
        "true",
        "null",
        "not",
        "\\",
        ".",
    ]);
    prop::collection::vec((word, prop::sample::select(vec![" ", " ", "", "\n"])), 0..16)
        .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

/// Whole conditions joined, all of which parse.
fn conditions() -> impl Strategy<Value = String> {
    let field =
        prop::sample::select(vec!["event", "userId", "properties.a", r"traits.x\ y.z", r"context.\é"]);
    let test =
        (field, "[a-zA-Z0-9 *'é]{0,6}", any::<i32>(), 0_usize..8).prop_map(|(field, text, number, kind)| {
            match kind {
                0 => format!("{field} = \"{text}\""),
                1 => format!("{field} != \"{text}\""),
                2 => format!("{field} >= {number}"),
                3 => format!("{field} = {number}"),
                4 => format!("!contains({field}, \"{text}\")"),
                5 => format!("match({field}, \"{text}\")"),
                6 => format!("{field} != null"),
                _ => format!("{field} = true"),
            }
        });
    let group = (prop::collection::vec(test.clone(), 1..4), prop::sample::select(vec![" and ", " or "]))
        .prop_map(|(tests, joint)| format!("({})", tests.join(joint)));
    let either = prop_oneof![3 => test, 1 => group];
    (prop::collection::vec(either, 1..5), prop::sample::select(vec![" and ", " or "]))
        .prop_map(|(parts, joint)| parts.join(joint))
}

fn reads_back(trigger: &Trigger) -> Result<(), TestCaseError> {
    let printed = trigger.to_string();
    let again =
        Trigger::parse(&printed).map_err(|error| TestCaseError::fail(format!("{error}: {printed}")))?;
    prop_assert_eq!(&again, trigger, "{}", printed);
    prop_assert_eq!(again.to_string(), printed);
    Ok(())
}

proptest! {
    #[test]
    fn what_parses_prints_and_parses_to_the_same(text in conditions()) {
        reads_back(&trigger(&text))?;
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_column_inside_it(text in fql()) {
        match Trigger::parse(&text) {
            Ok(trigger) => reads_back(&trigger)?,
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{} {:?}", text, error),
        }
    }

    #[test]
    fn a_trigger_from_a_tree_has_that_tree(text in conditions()) {
        let tree = trigger(&text).to_tree();
        prop_assert_eq!(Trigger::from_tree(&tree).map(|trigger| trigger.to_tree()), Ok(tree));
    }
}
