//! JSON from anybody: reading never panics, takes exactly what serde_json takes, and what is written reads back the same.

#![no_main]

use causeway_mapping::{Value, limits::MAX_DEPTH};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Ok(value) = Value::parse(json) else { return };
    assert!(depth(&value) <= MAX_DEPTH);
    let mut written = Vec::new();
    value.write_json(&mut written);
    assert_eq!(Value::parse(&written).expect("what is written is JSON"), value);
    let half_a_pair = json.windows(2).any(|escape| escape == b"\\u");
    assert!(half_a_pair || serde_json::from_slice::<serde_json::Value>(json).is_ok());
});

fn depth(value: &Value<'_>) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.iter().map(|(_, member)| depth(member)).max().unwrap_or(0),
        _ => 0,
    }
}
