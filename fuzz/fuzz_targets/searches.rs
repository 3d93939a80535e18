//! Reports of searches from anybody: reading never panics, and what is kept is read again as the same.

#![no_main]

use causeway::intake::searches::sighting::{MAX_AGE_MS, MAX_SEARCHES, parse};
use causeway_algolia::insights::is_user_token;
use causeway_engine::searches::{FACETS, OBJECTS, Seen};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_790_000_000_000;

fuzz_target!(|body: &[u8]| {
    let report = match parse(body, NOW) {
        Ok(report) => report,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    let searches = &report.seen.searches;
    assert!(!searches.is_empty() && searches.len() + report.faults.len() <= MAX_SEARCHES);
    assert!(searches.is_sorted_by_key(|search| search.at));
    for search in searches {
        assert!((NOW - MAX_AGE_MS..=NOW).contains(&search.at));
        assert!(search.object_ids.len() <= OBJECTS && search.facets.len() <= FACETS);
        assert!(search.user_token.iter().all(|token| is_user_token(token)));
    }
    let kept = serde_json::to_vec(&report.seen).expect("it can be written");
    let again: Seen<'_> = serde_json::from_slice(&kept).expect("what is kept can be read");
    assert_eq!(again, report.seen);
});
