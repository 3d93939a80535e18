//! Credentials from anybody, in headers and query strings: reading and checking never panics, nothing but a known key or
//! a secured key made from one is let in, and what a client encodes is read as it was.

#![no_main]

use causeway_algolia::credentials::{Account, Credentials, Grant, Secret, secured, verify};
use libfuzzer_sys::fuzz_target;

const APP: &str = "APP1";
const KEY: &str = "known-key";
const NOW: i64 = 1_790_000_000_000;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fuzz_target!(|data: &str| {
    let accounts = [Account { app_id: APP.to_owned(), keys: vec![Secret::new(KEY), Secret::new("")] }];
    let mut parts = data.splitn(3, '\n');
    let [header_app, header_key, query] = [0; 3].map(|_| parts.next().unwrap_or_default());
    let header = |name: &str| {
        let value = if name.ends_with("id") { header_app } else { header_key };
        (!value.is_empty()).then_some(value)
    };
    if let Some(given) = Credentials::read(header, query) {
        match verify(&accounts, &given, NOW) {
            Ok(Grant::Key) => assert_eq!((&*given.app_id, given.api_key.expose()), (APP, KEY)),
            Ok(Grant::Secured(_)) => {
                assert_ne!(given.api_key.expose(), KEY, "a secured key is longer than its parent");
            }
            Err(denied) => assert!(!denied.to_string().is_empty()),
        }
    }

    let query = format!("x-algolia-API-key={}&X-Algolia-Application-Id={APP}", encoded(query));
    let again = Credentials::read(|_| None, &query).expect("both are there");
    assert_eq!(encoded(again.api_key.expose()), query["x-algolia-API-key=".len()..query.find('&').unwrap()]);

    let made = secured::make(&Secret::new(KEY), header_key);
    let given = Credentials { app_id: APP.into(), api_key: made };
    let expires = header_key.split('&').any(|pair| pair.to_lowercase().contains("until") || pair.contains('%'));
    assert!(expires || verify(&accounts, &given, NOW).is_ok(), "a key made from a known key is refused");
});
