//! Mappings and payloads from anybody, a definition and a payload on two lines: compiling and running never panic, and
//! both ways to run a mapping give the same.

#![no_main]

use causeway_mapping::{Mapping, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (definition, payload) = text.split_once('\n').unwrap_or((text, "{}"));
    let Ok(definition) = Value::parse(definition.as_bytes()) else { return };
    let Ok(mapping) = Mapping::compile(&definition) else { return };
    let Ok(payload) = Value::parse(payload.as_bytes()) else { return };
    let mut written = Vec::new();
    let any = mapping.write_json(&payload, &mut written);
    match (mapping.resolve(&payload), any) {
        (Ok(Some(result)), Ok(true)) => {
            let mut json = Vec::new();
            result.write_json(&mut json);
            assert_eq!(json, written);
        }
        (Ok(None), Ok(false)) => assert!(written.is_empty()),
        // the two count differently what a result costs
        (Err(error), _) | (_, Err(error)) => assert!(!error.to_string().is_empty()),
        (resolved, written) => panic!("{resolved:?} and {written:?}"),
    }
});
