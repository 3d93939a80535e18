//! What the crate promises, a module for each part of it.

mod bounds;
mod directives;
mod faults;
mod handbook;
mod liquid;
mod probe;
mod triggers;

use causeway_mapping::{Mapping, Value};

fn value(json: &str) -> Value<'_> {
    Value::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn compile(definition: &str) -> Mapping {
    Mapping::compile(&value(definition)).unwrap_or_else(|faults| panic!("{faults:?}: {definition}"))
}

/// What a mapping makes of a payload, as JSON; `nothing` where it resolves to nothing. Both ways to run it must agree.
fn map(definition: &str, payload: &str) -> String {
    let (mapping, payload) = (compile(definition), value(payload));
    let mut written = Vec::new();
    let any =
        mapping.write_json(&payload, &mut written).unwrap_or_else(|error| panic!("{error}: {definition}"));
    let resolved = mapping.resolve(&payload).unwrap_or_else(|error| panic!("{error}: {definition}"));
    assert_eq!(resolved.is_some(), any, "{definition}");
    let Some(resolved) = resolved else { return "nothing".to_owned() };
    let mut json = Vec::new();
    resolved.write_json(&mut json);
    assert_eq!(json, written, "{definition}");
    String::from_utf8(json).expect("JSON is text")
}

/// Checks rows of a mapping and what it makes of the payload.
fn check(payload: &str, rows: &[(&str, &str)]) {
    for (definition, expected) in rows {
        assert_eq!(map(definition, payload), *expected, "{definition} on {payload}");
    }
}

/// Why a definition is refused, a line for each fault.
fn faults(definition: &str) -> Vec<String> {
    let faults = Mapping::compile(&value(definition)).expect_err(definition);
    faults.iter().map(ToString::to_string).collect()
}
