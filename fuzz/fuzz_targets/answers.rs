//! Answers to searches from anybody: reading never panics, and what is read is bounded.

#![no_main]

use causeway_algolia::search::{FACETS, OBJECTS, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(answers) = read(body) else { return };
    for answered in answers.into_iter().flatten() {
        assert!(answered.object_ids.len() <= OBJECTS && answered.facets.len() <= FACETS);
    }
});
