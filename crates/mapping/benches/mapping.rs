//! Speed of mappings and triggers: JSON in to JSON out, with the limit that reading and writing alone would set.

use std::hint::black_box;

use causeway_mapping::{Mapping, Trigger, Value};
use divan::{Bencher, counter::ItemsCount};

/// A click on a search result, as a flow sees it.
const CLICK: &str = r#"{"type":"track","event":"Hit Clicked","messageId":"cw-5f0c2a91d3e84b67a1f0","anonymousId":"anonymous-7f3a91c2","userId":"user-48213","timestamp":"2026-03-01T12:30:45.123Z","properties":{"eventType":"click","index":"products_en","queryID":"43b15df305339e827f0ac0bdc5ebcaa7","query":"running shoes","objectIDs":["SKU-20931"],"positions":[3],"products":[{"product_id":"SKU-20931","position":3}]},"context":{"algolia":{"app":"APP1234567","userToken":"anonymous-7f3a91c2"},"library":{"name":"search-insights","version":"2.17.3"}},"item":{"product_id":"SKU-20931","position":3}}"#;

/// What the recipe `search-events` makes of a click.
const SEARCH_EVENTS: &str = r#"{"event":"Search Result Clicked","properties":{"product_id":{"@path":"$.item.product_id"},"position":{"@path":"$.item.position"},"query":{"@path":"$.properties.query"},"query_id":{"@path":"$.properties.queryID"},"search_index":{"@path":"$.properties.index"},"event_name":{"@path":"$.event"}}}"#;

/// The trigger of the same.
const TRIGGER: &str = r#"properties.eventType = "click" and properties.products != null"#;

const ORDER: &str = r#"{"type":"track","event":"Order Completed","messageId":"ajs-9b1deb4d-3b7d","userId":"user-48213","anonymousId":"anonymous-7f3a91c2","timestamp":"2026-03-01T12:30:45.123Z","context":{"ip":"203.0.113.7","locale":"en-GB","userAgent":"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/141.0","page":{"url":"https://shop.example/checkout/done","path":"/checkout/done","title":"Thank you","referrer":"https://shop.example/checkout"},"traits":{"email":"ada@example.com","firstName":"Ada","lastName":"Lovelace","plan":"gold"},"campaign":{"name":"spring","source":"newsletter","medium":"email"}},"properties":{"order_id":"50314b8e9bcf000000000000","affiliation":"Web","subtotal":22.5,"total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","currency":"USD","checkout_id":"fksdjfsdjfisjf9sdfjsd9f","query":"monopoly","query_id":"43b15df305339e827f0ac0bdc5ebcaa7","search_index":"games","payment":{"method":"card","last4":"4242"}}}"#;

/// Thirty fields, three of them conditions.
fn thirty_fields() -> String {
    let paths = [
        "$.event",
        "$.messageId",
        "$.userId",
        "$.anonymousId",
        "$.timestamp",
        "$.context.ip",
        "$.context.locale",
        "$.context.userAgent",
        "$.context.page.url",
        "$.context.page.path",
        "$.context.page.title",
        "$.context.page.referrer",
        "$.context.traits.email",
        "$.context.campaign.name",
        "$.context.campaign.source",
        "$.context.campaign.medium",
        "$.properties.order_id",
        "$.properties.affiliation",
        "$.properties.subtotal",
        "$.properties.total",
        "$.properties.shipping",
        "$.properties.tax",
        "$.properties.coupon",
        "$.properties.currency",
        "$.properties.payment.method",
        "$.properties.query_id",
    ];
    let field = |(at, path): (usize, &&str)| format!(r#""field_{at}":{{"@path":"{path}"}}"#);
    let mut fields: Vec<String> = paths.iter().enumerate().map(field).collect();
    let condition = |name: &str, ask: &str, first: &str, second: &str| {
        format!(
            r#""{name}":{{"@if":{{"{ask}":{{"@path":"{first}"}},"then":{{"@path":"{first}"}},"else":{{"@path":"{second}"}}}}}}"#
        )
    };
    fields.push(condition("person", "exists", "$.userId", "$.anonymousId"));
    fields.push(condition("value", "exists", "$.properties.value", "$.properties.revenue"));
    fields.push(condition("index", "blank", "$.properties.search_index", "$.properties.category"));
    fields.push(
        r#""name":{"@template":"{{context.traits.firstName}} {{context.traits.lastName}}"}"#.to_owned(),
    );
    format!("{{{}}}", fields.join(","))
}

fn payload(name: &str) -> &'static str {
    if name == "click" { CLICK } else { ORDER }
}

fn mapping(definition: &str) -> Mapping {
    let definition = Value::parse(definition.as_bytes()).expect("valid JSON");
    Mapping::compile(&definition).expect("a mapping without faults")
}

fn map(bencher: Bencher<'_, '_>, definition: &str, payload: &str) {
    let mapping = mapping(definition);
    let mut out = Vec::with_capacity(4_096);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        let payload = Value::parse(black_box(payload).as_bytes()).expect("valid JSON");
        mapping.write_json(&payload, &mut out).expect("a result")
    });
}

#[divan::bench]
fn click_search_events(bencher: Bencher<'_, '_>) {
    map(bencher, SEARCH_EVENTS, CLICK);
}

#[divan::bench]
fn click_with_its_trigger(bencher: Bencher<'_, '_>) {
    let (mapping, trigger) = (mapping(SEARCH_EVENTS), Trigger::parse(TRIGGER).expect("a trigger"));
    let mut out = Vec::with_capacity(4_096);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        let payload = Value::parse(black_box(CLICK).as_bytes()).expect("valid JSON");
        trigger.matches(&payload) && mapping.write_json(&payload, &mut out).expect("a result")
    });
}

#[divan::bench]
fn order_thirty_fields(bencher: Bencher<'_, '_>) {
    map(bencher, &thirty_fields(), ORDER);
}

#[divan::bench(args = ["click", "order"])]
fn limit_parse_only(bencher: Bencher<'_, '_>, name: &str) {
    let payload = payload(name);
    let parse = || Value::parse(black_box(payload).as_bytes()).expect("valid JSON");
    bencher.counter(ItemsCount::new(1_usize)).bench_local(parse);
}

#[divan::bench(args = ["click", "order"])]
fn limit_serde_json_parse_only(bencher: Bencher<'_, '_>, name: &str) {
    let payload = payload(name);
    let parse = || serde_json::from_str::<serde_json::Value>(black_box(payload)).expect("valid JSON");
    bencher.counter(ItemsCount::new(1_usize)).bench_local(parse);
}

#[divan::bench(args = ["click", "order"])]
fn limit_write_only(bencher: Bencher<'_, '_>, name: &str) {
    let payload = Value::parse(payload(name).as_bytes()).expect("valid JSON");
    let mut out = Vec::with_capacity(4_096);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        out.clear();
        black_box(&payload).write_json(&mut out);
    });
}

#[divan::bench]
fn trigger_alone(bencher: Bencher<'_, '_>) {
    let trigger = Trigger::parse(TRIGGER).expect("a trigger");
    let payload = Value::parse(CLICK.as_bytes()).expect("valid JSON");
    bencher.bench_local(|| black_box(&trigger).matches(black_box(&payload)));
}

fn main() {
    divan::main();
}
