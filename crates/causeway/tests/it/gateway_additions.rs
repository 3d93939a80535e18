//! What the gateway adds to searches on their way, and what it leaves alone.

use crate::gateway::with_hosts;
use crate::stage::{APP, KEY, Scene, Stage};
use crate::upstream::{Arrived, Upstream};
use causeway::config::units::Span;
use causeway_algolia::credentials::{Secret, secured};
use causeway_engine::search_context::RuleSettings;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const QUERY: &str = "/1/indexes/products/query";
const QUERIES: &str = "/1/indexes/*/queries";

/// What a search of the person with the favourite brand Acme is given by the rule, as it is written in a body.
const CONTEXT: &str = "\"ruleContexts\":[\"gold\"],\"optionalFilters\":[\"brand:Acme<score=3>\"],\
                       \"analyticsTags\":[\"tier-gold\"],\"enablePersonalization\":true";

/// The same in an address.
const CONTEXT_ENCODED: &str = "ruleContexts=%5B%22gold%22%5D&optionalFilters=%5B%22brand%3AAcme%3Cscore%3D3%3E%22%5D\
                               &analyticsTags=%5B%22tier-gold%22%5D&enablePersonalization=true";

/// A gateway that adds all it can, and waits as long for it as a busy machine may take.
fn adding(host: &Upstream) -> Scene {
    let url = host.url();
    Scene::new().with(move |settings| {
        settings.algolia.search_hosts = Some(vec![url]);
        settings.gateway.observe = false;
        settings.gateway.lookup_timeout = Span::ms(10_000);
        settings.search_context.rules = vec![RuleSettings {
            when: Some("traits.plan = \"gold\"".to_owned()),
            rule_contexts: vec!["gold".to_owned()],
            optional_filters: vec!["brand:{{traits.favourite_brand}}<score=3>".to_owned()],
            analytics_tags: vec!["tier-gold".to_owned()],
            enable_personalization: Some(true),
        }];
    })
}

/// Plays with people whom Segment has told of: `ann`, with the browser `a-1`, likes Acme, `bob` likes Bolt.
fn with_people(scene: impl FnOnce(&Upstream) -> Scene, story: impl AsyncFnOnce(&mut Stage, &Upstream)) {
    with_hosts(
        |[host]| scene(host),
        async |stage, [host]| {
            for (user, browser, brand) in [("ann", "a-1", "Acme"), ("bob", "b-1", "Bolt")] {
                let traits = json!({"plan": "gold", "favourite_brand": brand});
                let call = json!({"messageId": user, "userId": user, "anonymousId": browser, "traits": traits,
                    "writeKey": "sandbox-write-key"});
                let answer = stage.send("POST", "/v1/identify", &[], call.to_string()).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
            stage.settled().await;
            story(stage, host).await;
        },
    );
}

/// What reaches Algolia of a search with this body and, besides the credentials, these headers.
async fn passed(
    stage: &Stage,
    host: &Upstream,
    path: &str,
    more: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> Arrived {
    let headers = [&[APP, KEY], more].concat();
    assert_eq!(stage.send("POST", path, &headers, body).await.status, 200);
    host.only()
}

/// A body with more behind all that it has.
fn with(body: &str, more: &str) -> String {
    format!("{},{more}}}", body.strip_suffix('}').unwrap())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_a_search_leaves_out_is_added_and_all_else_stays_as_it_was_written() {
    with_people(adding, async |stage, host| {
        let body = "{ \"query\" : \"lamp\\u0021\", \"page\":1.0,\n\"x\":[] }";
        let clicks = "\"clickAnalytics\":true";
        let stranger = passed(stage, host, QUERY, &[], body).await;
        assert_eq!(stranger.text(), with(body, clicks));

        let known = passed(stage, host, QUERY, &[("cookie", "x=1; _ALGOLIA=a-1")], body).await;
        assert_eq!(known.text(), with(body, &format!("{clicks},\"userToken\":\"a-1\",{CONTEXT}")));
        assert_eq!(known.header("content-length"), known.body.len().to_string());

        // The header names the person to Algolia as well, so nothing has to.
        let named = passed(stage, host, QUERY, &[("x-algolia-usertoken", "ann")], body).await;
        assert_eq!(named.text(), with(body, &format!("{clicks},{CONTEXT}")));

        let packed = passed(
            stage,
            host,
            QUERY,
            &[("content-encoding", "gzip"), ("cookie", "_ALGOLIA=a-1")],
            gzip(body),
        )
        .await;
        assert_eq!((packed.text(), packed.header("content-encoding")), (known.text(), ""));
    });
}

#[test]
fn what_the_caller_says_stays_and_lists_go_on_behind_the_callers_own() {
    with_people(adding, async |stage, host| {
        let body = r#"{"userToken":"ann","clickAnalytics":false,"ruleContexts":["own"],"optionalFilters":[["a:1","b:2"]],"analyticsTags":["tier-gold"],"enablePersonalization":false}"#;
        let arrived = passed(stage, host, QUERY, &[("cookie", "_ALGOLIA=b-1")], body).await;
        let expected = body.replace(r#"["own"]"#, r#"["own","gold"]"#);
        let expected = expected.replace(r#"["a:1","b:2"]]"#, r#"["a:1","b:2"],"brand:Acme<score=3>"]"#);
        assert_eq!(arrived.text(), expected);
    });
}

#[test]
fn what_a_secured_key_fixes_is_neither_repeated_nor_widened() {
    with_people(adding, async |stage, host| {
        let body = r#"{"query":"lamp"}"#;
        for until in ["4102444800", "1"] {
            let fixed = format!(
                "filters=brand%3AAcme&userToken=ann&restrictIndices=products&validUntil={until}&ruleContexts=own"
            );
            let key = secured::make(&Secret::new(KEY.1), &fixed);
            let headers = [APP, ("x-algolia-api-key", key.expose()), ("cookie", "_ALGOLIA=b-1")];
            assert_eq!(stage.send("POST", QUERY, &headers, body).await.status, 200);
            let arrived = host.only();
            assert_eq!(arrived.header("x-algolia-api-key"), key.expose());
            let without = CONTEXT.replace(r#""ruleContexts":["gold"],"#, "");
            assert_eq!(arrived.text(), with(body, &format!("\"clickAnalytics\":true,{without}")));
        }
    });
}

#[test]
fn a_search_of_somebody_held_out_is_tagged_and_otherwise_as_it_came() {
    let all_held_out = |host: &Upstream| adding(host).with(|settings| settings.search_context.hold_out = 1.0);
    with_people(all_held_out, async |stage, host| {
        let body = r#"{"query":"lamp","userToken":"ann","clickAnalytics":true}"#;
        let arrived = passed(stage, host, QUERY, &[], body).await;
        assert_eq!(arrived.text(), with(body, r#""analyticsTags":["causeway-hold-out"]"#));
    });
}

#[test]
fn while_the_store_stalls_a_search_goes_on_untouched_after_the_look_ups_time() {
    let usual = |host: &Upstream| {
        let usual = |settings: &mut causeway::config::Settings| settings.gateway.lookup_timeout = Span::ms(4);
        adding(host).with(usual)
    };
    with_people(usual, async |stage, host| {
        // The store answers when the search has long been answered, so nothing but the time-out lets it go on.
        stage.trouble.facts_wait.store(true, Ordering::SeqCst);
        let body = r#"{"query":"lamp","userToken":"ann"}"#;
        let began = Instant::now();
        let arrived = passed(stage, host, QUERY, &[], body).await;
        stage.trouble.facts_wait.store(false, Ordering::SeqCst);
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert_eq!(arrived.text(), body);
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.contains(r#"causeway_gateway_lookups_total{outcome="late"} 1"#), "{metrics}");
    });
}

#[test]
fn a_look_up_takes_at_most_four_milliseconds_unless_told_otherwise() {
    Scene::new().play(async |stage| {
        assert_eq!(stage.settings.gateway.lookup_timeout, Span::ms(4));
    });
}

#[test]
fn every_query_of_a_request_gets_what_its_own_person_gets() {
    with_people(adding, async |stage, host| {
        let body = r#"{"strategy":"none","requests":[{"indexName":"a","params":"query=lamp&userToken=ann"},{"indexName":"b","type":"facet","facet":"brand","userToken":"ann"},{"indexName":"c","query":"sofa","userToken":"bob"},{"indexName":"d","userToken":"nobody"}]}"#;
        let arrived = passed(stage, host, QUERIES, &[], body).await;
        let anns = format!("userToken=ann&clickAnalytics=true&{CONTEXT_ENCODED}\"");
        let bobs = CONTEXT.replace("Acme", "Bolt");
        let bobs = format!("\"userToken\":\"bob\",\"clickAnalytics\":true,{bobs}");
        let expected = body.replace("userToken=ann\"", &anns).replace(r#""userToken":"bob""#, &bobs);
        let nobodys = r#""userToken":"nobody","clickAnalytics":true"#;
        assert_eq!(arrived.text(), expected.replace(r#""userToken":"nobody""#, nobodys));
    });
}

#[test]
fn a_search_by_get_is_added_to_behind_its_own_parameters() {
    with_people(adding, async |stage, host| {
        let target = "/1/indexes/products?query=a+b%26&z&x-algolia-agent=Z%20(1)&userToken=ann";
        assert_eq!(stage.send("GET", target, &[APP, KEY], "").await.status, 200);
        assert_eq!(host.only().target, format!("{target}&clickAnalytics=true&{CONTEXT_ENCODED}"));
        assert_eq!(stage.send("GET", "/1/indexes/products", &[APP, KEY], "").await.status, 200);
        assert_eq!(host.only().target, "/1/indexes/products?clickAnalytics=true");
    });
}

#[test]
fn what_can_not_be_read_or_is_no_search_passes_byte_by_byte() {
    with_people(adding, async |stage, host| {
        let cookie = ("cookie", "_ALGOLIA=a-1");
        let large = format!("{{\"query\":\"lamp\"{}}}", " ".repeat(1 << 20)).into_bytes();
        let bodies =
            [&b""[..], b"[]", b"{\"query\":", b"{}x", b"{\"query\":\"\xff\"}", b"{\"params\":1}", &large];
        for (path, bodies) in [
            (QUERY, &bodies[..]),
            (QUERIES, &[&b"{\"requests\":[1]}"[..], b"{\"requests\":[{\"query\":\"lamp\"}]}"]),
            ("/1/indexes/products/browse", &[&b"{\"query\":\"lamp\"}"[..]]),
            ("/1/indexes/*/objects", &[&b"{\"requests\":[{\"indexName\":\"a\",\"objectID\":\"b\"}]}"[..]]),
        ] {
            for body in bodies {
                let arrived = passed(stage, host, path, &[cookie], body.to_vec()).await;
                assert_eq!(arrived.body, body, "{path} {}", body.len());
            }
        }
        let cut = gzip("{\"query\":\"lamp\"}")[..12].to_vec();
        let headers = [cookie, ("content-encoding", "gzip")];
        let arrived = passed(stage, host, QUERY, &headers, cut.clone()).await;
        assert_eq!((arrived.body.to_vec(), arrived.header("content-encoding")), (cut, "gzip"));
    });
}
