//! Calls from anybody, by every door: reading never panics, and what is handed on is the same call.

#![no_main]

use causeway_segment::call::{Route, parse};
use causeway_segment::engage::computation;
use causeway_segment::message::Type;
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_790_000_000_000;

fuzz_target!(|data: (u8, &[u8])| {
    let (door, body) = data;
    let route = match door % 8 {
        0 => Route::Webhook,
        1 => Route::Batch,
        other => Route::Tracking(Type::ALL[usize::from(other) - 2]),
    };
    let Ok(calls) = parse(body, route, NOW) else { return };
    for call in calls.calls.iter().flatten() {
        let _ = (computation(call), call.is_ours());
        let mut sent = Vec::new();
        call.write_json(NOW, Some("made"), &mut sent);
        let mut again = parse(&sent, Route::Webhook, NOW).expect("what is written is a message");
        let again = again.calls.remove(0).expect("what is handed on is valid");
        assert_eq!((again.kind, &again.name), (call.kind, &call.name));
        assert_eq!((&again.user_id, &again.anonymous_id), (&call.user_id, &call.anonymous_id));
        assert_eq!((&again.previous_id, &again.group_id), (&call.previous_id, &call.group_id));
        assert_eq!(again.timestamp, Some(call.timestamp.unwrap_or(NOW)));
        assert!(again.message_id.is_some());
    }
    for invalid in calls.calls.iter().filter_map(|call| call.as_ref().err()) {
        assert!(!invalid.problem.to_string().is_empty());
    }
});
