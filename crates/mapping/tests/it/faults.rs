//! What is refused, where, and in which words.

use causeway_mapping::Value;

use crate::{compile, faults, value};

#[test]
fn a_fault_names_its_place_and_what_would_be_right() {
    let rows = [
        (r#"{"a": {"@path": 5}}"#, "a.@path: takes a string or a directive, not a number"),
        (r#"{"a": {"@template": {}}}"#, "a.@template: takes a string or a directive, not an object"),
        (
            r#"{"a": [{"@arrayPath": "x"}]}"#,
            "a[0].@arrayPath: takes an array of a path and a shape, not a string",
        ),
        (r#"{"@if": {"then": 1}}"#, "@if: needs an \"exists\" or a \"blank\" to ask for"),
        (
            r#"{"@case": {"operator": "title"}}"#,
            "@case: needs an \"operator\" that is \"lower\" or \"upper\"",
        ),
        (r#"{"@replace": {"value": "a"}}"#, "@replace: needs a \"pattern\" of at least one character"),
        (
            r#"{"@replace": {"value": "a", "pattern": "12345678901"}}"#,
            "@replace.pattern: may have at most 10 characters, \"12345678901\" has 11",
        ),
        (
            r#"{"@replace": {"value": "a", "pattern": "a", "global": "yes"}}"#,
            "@replace.global: takes true or false, not a string",
        ),
        (r#"{"@merge": {"objects": []}}"#, "@merge: needs a \"direction\" that is \"left\" or \"right\""),
        (
            r#"{"@merge": {"objects": [1], "direction": "left"}}"#,
            "@merge.objects[0]: takes an object or a directive, not a number",
        ),
        (r#"{"@transform": {"mapping": {}}}"#, "@transform: needs an \"apply\", a mapping for the payload"),
        (
            r#"{"@flatten": {"value": {}, "separator": ""}}"#,
            "@flatten: needs a \"separator\" of at least one character",
        ),
        (
            r#"{"@json": {"value": {"@path": "a"}, "mode": "parse"}}"#,
            "@json: needs a \"mode\" that is \"encode\" or \"decode\"",
        ),
        (r#"{"@liquid": 5}"#, "@liquid: takes a string, not a number"),
        (r#"{"@path": "$.a[*"}"#, "@path: \"$.a[*\" is no JSONPath: at position 5, expected ']'"),
        (
            r#"{"@path": "$.a", "b": 1}"#,
            "the mapping: @path may not stand beside \"b\"; give the directive a key of its own",
        ),
        (
            r#"{"a": {"@path": "$.a", "@literal": 1}}"#,
            "a: has more than one directive; keep one, or give each a key of its own",
        ),
    ];
    for (definition, message) in rows {
        let found = faults(definition);
        let start = message.split(": at position").next().unwrap_or(message);
        assert!(found[0].starts_with(start), "{definition}: {found:?}");
    }
}

#[test]
fn an_unknown_directive_is_answered_with_all_there_are() {
    let found = faults(r#"{"a": {"@pth": "$.a"}}"#);
    assert!(found[0].starts_with("a.@pth: no such directive; there are @arrayPath, @case, "), "{found:?}");
}

#[test]
fn every_fault_is_found_at_once() {
    let found = faults(
        r#"{"a": {"@path": 1}, "b": {"@if": {"exists": {"@nope": 1}, "then": {"@literal": {"@path": 2}}}}}"#,
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].starts_with("b.@if.then.@literal.@path: "), "{found:?}");
}

#[test]
fn faults_are_found_in_options_that_are_not_used() {
    let found = faults(r#"{"@if": {"exists": 1, "blank": {"@path": 1}, "note": {"@path": 2}}}"#);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn metadata_beside_a_directive_is_no_fault() {
    compile(r#"{"@path": "$.a", "_metadata": {"label": "A", "type": "variable"}}"#);
}

#[test]
fn a_payload_that_does_not_fit_is_an_error_with_the_place() {
    let error = |definition: &str, payload: &str| {
        let (mapping, payload): (_, Value<'_>) = (compile(definition), value(payload));
        mapping.resolve(&payload).expect_err(definition).to_string()
    };
    assert_eq!(error("{}", "[]"), "the payload must be an object, this one is: array");
    assert_eq!(
        error(r#"{"a": {"@path": {"@path": "$.x"}}}"#, r#"{"x": 5}"#),
        "a.@path takes a string, the directive inside it gave: number"
    );
    assert_eq!(
        error(
            r#"{"@arrayPath": ["$.x", {"a": {"@transform": {"apply": {}, "mapping": {}}}}]}"#,
            r#"{"x": [5]}"#
        ),
        "@arrayPath[1].a.@transform takes an object, this item is: number"
    );
}
