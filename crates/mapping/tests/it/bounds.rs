//! Whatever the definition and the payload: no panic, no result without bound, no more than linear time.

use std::time::Duration;

use causeway_mapping::{LiquidProbe, Mapping, ResolveError, Trigger, Value, limits};
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::{compile, faults, value};

/// Any JSON, with the words of the language among its keys and texts.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let words = prop::sample::select(vec![
        "@path",
        "@template",
        "@literal",
        "@if",
        "@case",
        "@replace",
        "@arrayPath",
        "@merge",
        "@transform",
        "@flatten",
        "@json",
        "@liquid",
        "@excludeWhenNull",
        "_metadata",
        "exists",
        "blank",
        "then",
        "else",
        "operator",
        "value",
        "pattern",
        "replacement",
        "objects",
        "direction",
        "apply",
        "mapping",
        "separator",
        "mode",
        "__segment_internal_directive",
    ]);
    let texts = prop::sample::select(vec![
        "$.a",
        "$.a.b[0]",
        "a['b",
        "$..a",
        "$.a[*]",
        "{{a}}",
        "{{{a}}}{{",
        "{{ a | upcase }}",
        "{% if a %}x{% endif %}",
        "lower",
        "left",
        "encode",
        "decode",
        "-",
        "",
        "é😀",
        "[1,{\"a\":",
        "$&$`",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        texts.prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let key = prop_oneof![4 => words.clone().prop_map(str::to_owned), 1 => "[ab]"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
            prop::collection::hash_map(key.clone(), inner.clone(), 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            (key, inner).prop_map(|(key, inner)| serde_json::json!({ key: inner })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_definition_and_no_payload_makes_it_panic(definition in json(), payload in json()) {
        let payload = Value::from(&payload);
        if let Ok(mapping) = Mapping::compile(&Value::from(&definition)) {
            let mut written = Vec::new();
            let any = mapping.write_json(&payload, &mut written);
            match mapping.resolve(&payload) {
                Ok(Some(result)) => {
                    let mut json = Vec::new();
                    result.write_json(&mut json);
                    prop_assert_eq!(any, Ok(true));
                    prop_assert_eq!(json, written);
                }
                Ok(None) => prop_assert_eq!(any, Ok(false)),
                Err(error) => prop_assert_eq!(any, Err(error)),
            }
        }
    }

    #[test]
    fn no_liquid_template_makes_it_panic_and_watching_changes_nothing(template in r#"([{%}|"'.,:\[\]() a-c0-9-]|\{\{|\}\}|\{%|%\}|if |endif|assign |capture |upcase|join: |slice: |nil|é){0,60}"#) {
        let definition = serde_json::json!({ "@liquid": template });
        let payload = value(r#"{"a": [1, {"b": "x"}], "b": "é😀", "c": 1.5}"#);
        let probe = LiquidProbe::parse(&template);
        match Mapping::compile(&Value::from(&definition)) {
            Ok(mapping) => {
                let made = mapping.resolve(&payload).ok().flatten();
                let watched = probe.expect("what compiles can be watched").look(&payload).0.ok();
                prop_assert_eq!(made, watched.map(Value::from));
            }
            Err(_) => prop_assert!(probe.is_err()),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[\\[\\]{},:\"\\\\a-f0-9.eE+ tn-]{0,64}") {
        let _ = Value::parse(text.as_bytes());
    }
}

#[test]
fn definitions_have_a_depth_and_a_size() {
    let deep = |levels: usize| r#"{"a":"#.repeat(levels) + "1" + &"}".repeat(levels);
    compile(&deep(limits::MAX_DEFINITION_DEPTH - 1));
    let too_deep =
        serde_json::from_str::<serde_json::Value>(&deep(limits::MAX_DEFINITION_DEPTH + 1)).expect("JSON");
    let error = Mapping::compile(&Value::from(&too_deep)).expect_err("too deep");
    assert_eq!(error[0].to_string(), "the mapping: nested deeper than 64 levels");
    let wide = format!("[{}1]", "1,".repeat(limits::MAX_DEFINITION_VALUES));
    assert_eq!(faults(&wide), ["the mapping: has more than 10000 values"]);
}

#[test]
fn paths_templates_and_triggers_have_a_length() {
    let long = "a".repeat(70_000);
    assert!(
        faults(&format!(r#"{{"@path": "{long}"}}"#))[0]
            .starts_with("@path: a path may have at most 1024 bytes")
    );
    assert!(
        faults(&format!(r#"{{"@template": "{long}"}}"#))[0]
            .starts_with("@template: a template may have at most")
    );
    let error = Trigger::parse(&format!("event = \"{long}\"")).expect_err("too long");
    assert!(error.to_string().starts_with("column 1: a trigger may have at most"), "{error}");
}

#[test]
fn a_result_that_multiplies_the_payload_is_stopped() {
    let payload = format!(r#"{{"a": [{}1]}}"#, "1,".repeat(20_000));
    let copies = r#"{"@path": "$.a"},"#.repeat(1_000);
    let definition = format!("[{copies} 1]");
    let (mapping, payload) = (compile(&definition), value(&payload));
    assert_eq!(mapping.resolve(&payload), Err(ResolveError::TooLarge));
    let mut out = b"kept".to_vec();
    assert_eq!(mapping.write_json(&payload, &mut out), Err(ResolveError::TooLarge));
    assert_eq!(out, b"kept");
}

/// The least of a few runs, in this thread's own time: what others do on the machine is not in it.
fn time(run: impl Fn()) -> Duration {
    let now = || clock_gettime(ClockId::ThreadCPUTime);
    let once = |_| {
        let start = now();
        run();
        Duration::try_from(now() - start).unwrap_or_default()
    };
    (0..5).map(once).min().unwrap_or_default()
}

/// Sixteen times the input may take no more than sixty-four times as long; quadratic would be two hundred and fifty-six.
/// Caches may spoil a comparison, so one good one of several is enough: what is quadratic has none.
fn is_linear(name: &str, run: impl Fn(usize)) {
    let compare = |_| time(|| run(64_000)) < time(|| run(4_000)) * 64;
    assert!((0..4).any(compare), "{name} takes more than linear time");
}

#[test]
fn time_grows_no_faster_than_the_payload() {
    let text = |size: usize| format!(r#"{{"a": "{}"}}"#, "ab-".repeat(size / 3));
    let list = |size: usize| format!(r#"{{"a": [{}{{"b":1}}]}}"#, r#"{"b":1},"#.repeat(size / 8));
    let keys = |size: usize| {
        let members: Vec<String> = (0..size / 10).map(|at| format!(r#""key{at}":1"#)).collect();
        format!(r#"{{"a": {{{}}}}}"#, members.join(","))
    };
    let run = |definition: &str, payload: &str| {
        let (mapping, payload) = (compile(definition), value(payload));
        let _ = mapping.resolve(&payload);
        let _ = mapping.write_json(&payload, &mut Vec::new());
    };
    let replace = r#"{"@replace": {"value": {"@path": "$.a"}, "pattern": "b-a", "replacement": "x"}}"#;
    is_linear("@replace", |size| run(replace, &text(size)));
    is_linear("@liquid", |size| {
        run(r#"{"@liquid": "{{ a | replace: '-', '+' | upcase | truncate: 20 }}"}"#, &text(size));
    });
    is_linear("@arrayPath", |size| run(r#"{"@arrayPath": ["$.a", {"c": {"@path": "$.b"}}]}"#, &list(size)));
    is_linear("JSONPath", |size| run(r#"{"@path": "$.a[?@.b > 0].b"}"#, &list(size)));
    is_linear("@flatten", |size| {
        run(r#"{"@flatten": {"value": {"@path": "$.a"}, "separator": "."}}"#, &keys(size));
    });
    is_linear("@merge", |size| {
        run(
            r#"{"@merge": {"objects": [{"@path": "$.a"}, {"@path": "$.a"}], "direction": "right"}}"#,
            &keys(size),
        );
    });
    is_linear("FQL", |size| {
        drop(Trigger::parse(&format!("event = \"x\"{}", " and event = \"x\"".repeat(size / 17))));
    });
}
