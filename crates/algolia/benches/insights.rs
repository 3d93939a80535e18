//! Parsing and validating a body of 100 events, beside the two plain ways of reading it with `serde_json`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a broken benchmark")]

use causeway_algolia::insights::{Rules, identity_hash, parse};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write as _;

const NOW: i64 = 1_790_000_000_000;
const EVENTS: usize = 100;

fn main() {
    divan::main();
}

/// Clicks, views and purchases as the vendor's browser library sends them, about 250 bytes each.
fn body() -> String {
    let mut events = String::new();
    for n in 0..EVENTS {
        let separator = if n == 0 { "" } else { "," };
        let head = format!(
            r#""index":"products_en","userToken":"anonymous-3f2b8a1c-77d0-4a52-9d7e-00000000{n:04}","timestamp":{}"#,
            NOW - 1000
        );
        let rest = match n % 4 {
            0 | 1 => format!(
                r#""eventName":"Product Clicked","eventType":"click","objectIDs":["sku-{n}-1"],"positions":[{}],"queryID":"7dfe2ada7bca48bdd0629649df0bee07""#,
                n + 1
            ),
            2 => r#""eventName":"Hits Viewed","eventType":"view","objectIDs":["sku-1","sku-2","sku-3","sku-4","sku-5","sku-6"]"#.to_owned(),
            _ => r#""eventName":"Order Completed","eventType":"conversion","eventSubtype":"purchase","objectIDs":["sku-1"],"objectData":[{"price":49.99,"quantity":1}],"currency":"EUR""#.to_owned(),
        };
        write!(events, "{separator}{{{rest},{head}}}").unwrap();
    }
    format!("{{\"events\":[{events}]}}")
}

/// The body lives for ever, so that what is read may be handed out and its dropping isn't measured.
fn bench<T>(bencher: Bencher<'_, '_>, run: impl Fn(&'static [u8]) -> T + Sync) {
    let body: &'static str = body().leak();
    bencher
        .counter(BytesCount::of_str(body))
        .counter(ItemsCount::new(EVENTS))
        .bench(|| run(black_box(body.as_bytes())));
}

#[divan::bench]
fn parse_and_validate(bencher: Bencher<'_, '_>) {
    bench(bencher, |body| parse(body, &Rules::default(), NOW).unwrap());
}

#[divan::bench]
fn parse_validate_identify_and_write(bencher: Bencher<'_, '_>) {
    bench(bencher, |body| {
        let batch = parse(body, &Rules::default(), NOW).unwrap();
        let mut out = Vec::with_capacity(body.len() + 64);
        batch.events.iter().flatten().fold(0, |hashes, event| {
            event.write_json(NOW, &mut out);
            hashes ^ identity_hash(event, NOW)
        })
    });
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct PlainBatch<'a> {
    #[serde(borrow)]
    events: Vec<PlainEvent<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only read")]
struct PlainEvent<'a> {
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    event_subtype: Option<Cow<'a, str>>,
    #[serde(borrow)]
    index: Cow<'a, str>,
    #[serde(borrow)]
    user_token: Cow<'a, str>,
    timestamp: Option<i64>,
    #[serde(borrow, rename = "queryID")]
    query_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "objectIDs")]
    object_ids: Option<Vec<&'a str>>,
    positions: Option<Vec<u32>>,
    object_data: Option<Vec<PlainData>>,
    #[serde(borrow)]
    currency: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct PlainData {
    price: Option<f64>,
    quantity: Option<i32>,
}

#[divan::bench]
fn serde_json_into_borrowed_struct_without_rules(bencher: Bencher<'_, '_>) {
    bench(bencher, |body| serde_json::from_slice::<PlainBatch<'_>>(body).unwrap());
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct RawBatch<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

#[divan::bench]
fn serde_json_into_raw_values(bencher: Bencher<'_, '_>) {
    bench(bencher, |body| serde_json::from_slice::<RawBatch<'_>>(body).unwrap());
}
