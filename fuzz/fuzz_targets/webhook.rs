//! Webhooks from anybody: what is signed of a body is a part of it, the whole message or the first of a batch.

#![no_main]

use causeway_segment::webhook::{is_signed, signature, signed_part};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|body: &[u8]| {
    let part = signed_part(body);
    if let Ok([first, ..]) = serde_json::from_slice::<Vec<&RawValue>>(body).as_deref() {
        let expected = Some(first.get().as_bytes()).filter(|text| text.starts_with(b"{"));
        assert_eq!(part, expected);
    }
    if let Some(part) = part {
        assert!(is_signed(body, &signature(part, "secret"), "secret"));
        assert!(!is_signed(body, &signature(part, "another"), "secret"));
    }
});
