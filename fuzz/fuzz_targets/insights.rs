//! Insights bodies from anybody: reading never panics, and what is read can be sent on and read again as the same event.

#![no_main]

use causeway_algolia::insights::{Rules, identity_hash, parse, parse_event};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_790_000_000_000;

fuzz_target!(|body: &[u8]| {
    let rules = Rules::default();
    let Ok(batch) = parse(body, &rules, NOW) else { return };
    for event in batch.events.iter().flatten() {
        let mut sent = Vec::new();
        event.write_json(NOW, &mut sent);
        let sent = std::str::from_utf8(&sent).expect("what is written is text");
        let again = parse_event(sent, &rules, NOW).expect("what is sent on is valid");
        assert_eq!(identity_hash(event, NOW), identity_hash(&again, NOW), "{sent}");
    }
    for invalid in batch.events.iter().filter_map(|event| event.as_ref().err()) {
        assert!(invalid.violation.detail().is_ascii());
    }
});
