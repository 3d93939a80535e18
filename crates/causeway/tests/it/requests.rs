//! Requests at the edge: odd, hostile, slow and lying ones.

use crate::events::{view, views};
use crate::http::raw;
use crate::stage::{APP, KEY, Scene, Stage, play};
use causeway::config::units::Span;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};

const GZIP: (&str, &str) = ("content-encoding", "gzip");

type Headers<'h> = &'h [(&'h str, &'h str)];

fn body() -> String {
    json!({"events": [view("a", "b")]}).to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A request's head as text, with the right credentials.
fn head(more: &str) -> String {
    format!(
        "POST /1/events HTTP/1.1\r\nHost: x\r\n{}: {}\r\n{}: {}\r\n{more}\r\n",
        APP.0, APP.1, KEY.0, KEY.1
    )
}

/// After whatever came, the bridge takes an ordinary request.
async fn still_well(stage: &Stage) {
    stage.accept(&[view("still", "well")]).await;
    assert_eq!(stage.send("GET", "/readyz", &[], "").await.status, 200);
}

#[test]
fn json_is_taken_as_text_plain_and_gzipped_as_browsers_and_clients_send_it() {
    play(async |stage| {
        let beacon = [APP, KEY, ("content-type", "text/plain;charset=UTF-8")];
        assert_eq!(stage.send("POST", "/1/events", &beacon, body()).await.status, 200);
        let packed = gzip(json!({"events": views(0..500)}).to_string().as_bytes());
        assert_eq!(stage.send("POST", "/1/events", &[APP, KEY, GZIP], packed).await.status, 200);
        let identity = [APP, KEY, ("content-encoding", "identity")];
        assert_eq!(stage.send("POST", "/1/events", &identity, body()).await.status, 200);
        stage.settled().await;
        assert_eq!(stage.tracks().len(), 502);
    });
}

#[test]
fn a_body_that_is_no_json_gets_the_vendors_400_in_html() {
    play(async |stage| {
        let cut = &body()[..60];
        let packed = gzip(body().as_bytes());
        let bodies: [(Headers<'_>, Vec<u8>); 8] = [
            (&[APP, KEY], cut.into()),
            (&[APP, KEY], Vec::new()),
            (&[APP, KEY], b"eventName=click".to_vec()),
            (&[APP, KEY], b"{\"events\":[{\"eventName\":\"\xff\xfe\"}]}".to_vec()),
            (&[APP, KEY], format!("{} trailing", body()).into()),
            (&[APP, KEY, GZIP], packed[..packed.len() / 2].into()),
            (&[APP, KEY, GZIP], body().into()),
            (&[APP, KEY], format!("{{\"events\":{}", "[".repeat(500_000)).into()),
        ];
        for (headers, body) in bodies {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let answer = stage.send("POST", "/1/events", headers, body).await;
            assert_eq!((answer.status, answer.header("content-type")), (400, "text/html"), "{shown}");
            assert!(!answer.header("causeway-detail").is_empty(), "{shown}");
        }
        still_well(stage).await;
    });
}

#[test]
fn nesting_without_end_inside_an_event_harms_nobody() {
    play(async |stage| {
        let deep = |depth: usize| {
            let event = view("a", &format!("deep-{depth}")).to_string();
            let nested = format!("\"extra\":{}{}", "[".repeat(depth), "]".repeat(depth));
            format!("{{\"events\":[{},{nested}}}]}}", event.trim_end_matches('}'))
        };
        for depth in [10, 100, 127, 128, 129, 1_000, 100_000] {
            let answer = stage.post(deep(depth)).await;
            assert!([200, 400, 422].contains(&answer.status), "{depth}: {}", answer.status);
        }
        still_well(stage).await;
    });
}

#[test]
fn a_body_over_two_megabytes_gets_413_however_it_comes() {
    play(async |stage| {
        let padding = " ".repeat(2 * 1024 * 1024);
        let large = format!("{}{padding}", body());
        let answer = stage.post(large.clone()).await;
        assert_eq!((answer.status, answer.message().as_str()), (413, "Request Entity Too Large"));

        let bomb = gzip(&vec![b' '; 200 << 20]);
        assert!(bomb.len() < 1 << 20);
        let answer = stage.send("POST", "/1/events", &[APP, KEY, GZIP], bomb).await;
        assert_eq!((answer.status, answer.message().as_str()), (413, "Request Entity Too Large"));

        let chunk = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
        let chunked = head("Transfer-Encoding: chunked\r\n") + &chunk;
        let answer = raw(stage.bridge().public, chunked.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        still_well(stage).await;
    });
}

#[test]
fn chunked_bodies_are_taken_and_a_wrong_length_is_the_senders_loss() {
    let hasty = |settings: &mut causeway::config::Settings| settings.limits.body_timeout = Span::ms(200);
    Scene::new().with(hasty).play(async |stage| {
        let body = body();
        let (first, second) = body.split_at(30);
        let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
        let address = stage.bridge().public;
        let close = "Connection: close\r\n";
        let chunked = head(&format!("Transfer-Encoding: chunked\r\n{close}")) + &chunks;
        assert!(raw(address, chunked.as_bytes()).await.starts_with("HTTP/1.1 200"));

        let short = head(&format!("Content-Length: {}\r\n{close}", body.len() - 5)) + &body;
        assert!(raw(address, short.as_bytes()).await.starts_with("HTTP/1.1 400"));
        let long = head(&format!("Content-Length: {}\r\n{close}", body.len() + 5)) + &body;
        assert!(raw(address, long.as_bytes()).await.starts_with("HTTP/1.1 400"));
        let absurd = head("Content-Length: 99999999999999999999999\r\n") + &body;
        assert!(raw(address, absurd.as_bytes()).await.starts_with("HTTP/1.1 4"));
        let two = head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + &chunks;
        assert!(raw(address, two.as_bytes()).await.starts_with("HTTP/1.1 "));
        still_well(stage).await;
    });
}

#[test]
fn a_body_that_does_not_come_in_time_is_given_up_and_holds_nobody_up() {
    let hasty = |settings: &mut causeway::config::Settings| settings.limits.body_timeout = Span::ms(200);
    Scene::new().with(hasty).play(async |stage| {
        let began = Instant::now();
        let unfinished = head("Content-Length: 1000\r\n") + "{\"events\":[";
        let slow = raw(stage.bridge().public, unfinished.as_bytes());
        let (slow, ()) = tokio::join!(slow, still_well(stage));
        assert!(slow.starts_with("HTTP/1.1 400"), "{slow}");
        assert!(began.elapsed() < Duration::from_secs(5));
    });
}

#[test]
fn bodies_beyond_the_shared_memory_are_told_to_come_back() {
    let tight = |settings: &mut causeway::config::Settings| {
        settings.limits.bodies_in_memory = causeway::config::units::Size(4 << 20);
        settings.limits.body_timeout = Span::ms(3_000);
    };
    Scene::new().with(tight).play(async |stage| {
        let greedy = head("Content-Length: 2000000\r\n") + &"{".repeat(1_990_000);
        let holders = [0; 2].map(|_| raw(stage.bridge().public, greedy.as_bytes()));
        let [first, second] = holders;
        let refused = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            stage.send("POST", "/1/events", &[APP, KEY, GZIP], gzip(body().as_bytes())).await
        };
        let (_, _, refused) = tokio::join!(first, second, refused);
        assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
        still_well(stage).await;
    });
}

#[test]
fn who_only_announces_a_large_body_takes_no_memory_from_others() {
    let tight = |settings: &mut causeway::config::Settings| {
        settings.limits.bodies_in_memory = causeway::config::units::Size(4 << 20);
        settings.limits.body_timeout = Span::ms(1_000);
    };
    Scene::new().with(tight).play(async |stage| {
        let announced = head("Content-Length: 2000000\r\n") + "{";
        let [first, second, third] = [0; 3].map(|_| raw(stage.bridge().public, announced.as_bytes()));
        let (.., ()) = tokio::join!(first, second, third, still_well(stage));
    });
}

#[test]
fn any_page_may_send_events_and_read_the_answer() {
    play(async |stage| {
        let asked = [
            ("origin", "https://shop.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-custom"),
        ];
        let preflight = stage.send("OPTIONS", "/1/events?x-algolia-agent=a", &asked, "").await;
        assert!([200, 204].contains(&preflight.status));
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        assert!(preflight.header("access-control-allow-methods").contains("POST"));
        assert_eq!(preflight.header("access-control-allow-headers"), "content-type,x-custom");
        let posted = stage.post(body()).await;
        assert_eq!((posted.status, posted.header("access-control-allow-origin")), (200, "*"));
        assert!(posted.header("access-control-expose-headers").contains("causeway-quarantined"));
        let denied = stage.send("POST", "/1/events", &[], body()).await;
        assert_eq!((denied.status, denied.header("access-control-allow-origin")), (401, "*"));
    });
}

#[test]
fn other_paths_and_methods_get_the_vendors_404_and_405() {
    play(async |stage| {
        for method in ["GET", "PUT", "DELETE", "PATCH"] {
            let answer = stage.send(method, "/1/events", &[APP, KEY], "").await;
            assert_eq!((answer.status, answer.message().as_str()), (405, "Method Not Allowed"), "{method}");
        }
        for path in ["/1/event", "/1/events/", "/2/events", "/1/events/x", "/favicon.ico"] {
            let answer = stage.send("POST", path, &[APP, KEY], body()).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.message().starts_with("Path not supported by Insights REST API."), "{path}");
        }
    });
}

#[test]
fn what_is_no_http_is_turned_away_and_an_encoding_that_is_not_known_is_named() {
    play(async |stage| {
        let address = stage.bridge().public;
        let long_head = format!("POST /1/events HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
        for garbage in
            ["\x16\x03\x01 hello tls", "GET\r\n\r\n", "POST /1/events HTTP/9.9\r\n\r\n", &long_head]
        {
            let answer = raw(address, garbage.as_bytes()).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
        let brotli = [APP, KEY, ("content-encoding", "br")];
        let answer = stage.send("POST", "/1/events", &brotli, body()).await;
        assert_eq!(answer.status, 415);
        assert!(answer.message().contains("gzip"));
        still_well(stage).await;
    });
}
