//! Triggers from anybody: parsing never panics, and what parses prints and parses to the same.

#![no_main]

use causeway_mapping::{Trigger, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Trigger::parse(text) {
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}"),
        Ok(trigger) => {
            let printed = trigger.to_string();
            assert_eq!(Trigger::parse(&printed).as_ref(), Ok(&trigger), "{printed}");
            let tree = Trigger::from_tree(&trigger.to_tree()).expect("its own tree");
            assert_eq!(tree, trigger, "{printed}");
            let payload = Value::parse(br#"{"type": "track", "properties": {"a": [1, {"b": "c"}], "n": 1e300}}"#);
            let _ = trigger.matches(&payload.expect("valid JSON"));
        }
    }
});
