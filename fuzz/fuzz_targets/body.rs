//! Bodies from anybody, packed or not: what is unfolded stays within the limit, and what is not packed comes as it is.

#![no_main]

use axum::body::Body;
use causeway::intake::body::{Budget, Problem, read};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const LIMIT: usize = 64 * 1024;

fuzz_target!(|data: (Option<&str>, Option<&str>, &[u8])| {
    let (encoding, length, bytes) = data;
    let mut headers = HeaderMap::new();
    let given = [(CONTENT_ENCODING, encoding), (CONTENT_LENGTH, length)];
    for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value?.parse().ok()?))) {
        headers.insert(name, value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts");
    let budget = Budget::new(1 << 20);
    let body = Body::from(bytes.to_vec());
    match runtime.block_on(read(&headers, body, LIMIT, Duration::from_secs(5), &budget)) {
        Ok(held) => {
            assert!(held.bytes.len() <= LIMIT);
            let packed = encoding.is_some_and(|encoding| encoding.to_ascii_lowercase().contains("gzip"));
            assert!(packed || held.bytes == bytes, "a body came changed");
        }
        Err(problem) => assert_ne!(problem, Problem::TooSlow),
    }
});
