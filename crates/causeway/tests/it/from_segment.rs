//! What comes from Segment and its libraries: `POST /v1/…` and `POST /webhooks/segment`.

use crate::http::Answer;
use crate::stage::{Scene, Stage, play};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use causeway::config::settings::Settings;
use causeway_store::{Entry, Journal, Position, sqlite};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const WEBHOOK: &str = "/webhooks/segment";

type Headers<'h> = &'h [(&'h str, &'h str)];

fn track() -> Value {
    json!({"type": "track", "event": "Order Completed", "userId": "u-1", "messageId": "m-1"})
}

fn basic(key: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{key}:")))
}

async fn call(stage: &Stage, path: &str, body: &Value) -> Answer {
    let key = basic("sandbox-write-key");
    stage.send("POST", path, &[("authorization", &key)], body.to_string()).await
}

/// The requests in the journal: source, meta and body.
fn journal(stage: &Stage) -> Vec<(u8, String, Vec<u8>)> {
    let store = sqlite::open_read_only(&stage.home().join("data")).unwrap();
    let told = |Entry { record, .. }: Entry| {
        let meta = String::from_utf8(record.meta.to_vec()).unwrap();
        (record.source.0, meta, record.body.to_vec())
    };
    store.journal.read(Position(0), 1 << 30).unwrap().into_iter().map(told).collect()
}

#[test]
fn calls_are_kept_as_they_came_on_every_path_that_a_library_uses() {
    play(async |stage| {
        let one = json!({"event": "e", "userId": "u", "groupId": "g", "previousId": "p", "writeKey": "sandbox-write-key"});
        let many =
            json!({"batch": [track()], "sentAt": "2026-08-21T12:00:00Z", "writeKey": "sandbox-write-key"});
        let paths = [
            ("identify", "i", &one),
            ("track", "t", &one),
            ("page", "p", &one),
            ("screen", "s", &one),
            ("group", "g", &one),
            ("alias", "a", &one),
            ("batch", "b", &many),
            ("batch", "import", &many),
        ];
        for (word, other, body) in paths {
            for path in [word, other] {
                let beacon = [("content-type", "text/plain")];
                let answer = stage.send("POST", &format!("/v1/{path}"), &beacon, body.to_string()).await;
                assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"success":true}"#), "{path}");
                assert_eq!(answer.header("access-control-allow-origin"), "*");
                let kept = journal(stage).pop().unwrap();
                assert_eq!(kept, (3, word.to_owned(), body.to_string().into_bytes()), "{path}");
            }
        }
    });
}

#[test]
fn a_gzipped_batch_is_taken_and_its_invalid_messages_are_named() {
    play(async |stage| {
        let body = json!({"batch": [track(), {"type": "track", "userId": "u"}, track(), {"type": "set"}]});
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(body.to_string().as_bytes()).unwrap();
        let key = basic("sandbox-write-key");
        let headers = [("authorization", key.as_str()), ("content-encoding", "gzip")];
        let answer = stage.send("POST", "/v1/batch", &headers, packer.finish().unwrap()).await;
        assert_eq!((answer.status, answer.header("causeway-quarantined")), (200, "2"), "{}", answer.text());
        let told = answer.json();
        assert_eq!((&told["success"], &told["quarantined"][0]["index"]), (&json!(true), &json!(1)));
        let reason = told["quarantined"][1]["reason"].as_str().unwrap();
        assert!(reason.contains("type \"set\" is unknown; use identify"), "{reason}");
        assert_eq!(journal(stage).pop().unwrap().2, body.to_string().into_bytes());
        let metrics = stage.admin("GET", "/metrics").await.text();
        assert!(metrics.contains(r#"causeway_events_quarantined_total{intake="tracking"} 2"#), "{metrics}");
    });
}

#[test]
fn what_is_not_taken_is_refused_with_its_reason_and_leaves_nothing() {
    play(async |stage| {
        let large = json!({"event": "e", "userId": "u", "properties": {"k": "x".repeat(33_000)}});
        let many = json!({"batch": vec![track(); 2_501]});
        let huge = json!({"batch": [track()], "k": "x".repeat(520_000)});
        for (path, body, status, reason) in [
            ("/v1/track", json!({"event": "e"}), 400, "userId and anonymousId are both missing"),
            ("/v1/track", large, 400, "send at most 32768"),
            ("/v1/batch", json!({"batch": []}), 400, "batch is missing or empty"),
            ("/v1/batch", many, 400, "2501 messages; send at most 2500"),
            ("/v1/batch", json!([track()]), 400, "no JSON object"),
            ("/v1/batch", huge, 413, "too large"),
        ] {
            let answer = call(stage, path, &body).await;
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(answer.message().contains(reason), "{}", answer.text());
        }
        let key = basic("sandbox-write-key");
        let cut = stage.send("POST", "/v1/track", &[("authorization", &key)], "{\"event\":").await;
        assert_eq!((cut.status, cut.json()["success"].clone()), (400, json!(false)));
        assert_eq!(stage.send("GET", "/v1/track", &[], "").await.status, 405);
        assert_eq!(stage.journal_length(), 0);
    });
}

#[test]
fn only_known_write_keys_are_taken_from_the_header_or_else_the_body() {
    let more = |settings: &mut Settings| settings.segment.intake_keys = vec!["second-key".into(), "".into()];
    Scene::new().with(more).play(async |stage| {
        let (good, second, wrong, empty) =
            (basic("sandbox-write-key"), basic("second-key"), basic("sandbox-write-ke"), basic(""));
        let table: [(Option<&str>, Value, u16); 9] = [
            (Some(&good), json!(null), 200),
            (Some(&second), json!("wrong"), 200),
            (Some(&wrong), json!("second-key"), 401),
            (Some(&empty), json!(null), 401),
            (Some("Bearer token"), json!("second-key"), 200),
            (None, json!("second-key"), 200),
            (None, json!("second"), 401),
            (None, json!(""), 401),
            (None, json!(null), 401),
        ];
        for (header, in_body, status) in table {
            let mut body = track();
            body["writeKey"] = in_body;
            let headers: Vec<_> = header.map(|value| ("authorization", value)).into_iter().collect();
            let answer = stage.send("POST", "/v1/track", &headers, body.to_string()).await;
            assert_eq!(answer.status, status, "{header:?} {body}");
            assert!(status == 200 || answer.message().contains("segment.intake_keys"), "{}", answer.text());
        }
    });
}

#[test]
fn any_page_may_send_calls_and_read_when_to_come_back() {
    play(async |stage| {
        let asked = [("origin", "https://shop.example"), ("access-control-request-headers", "authorization")];
        let preflight = stage.send("OPTIONS", "/v1/t", &asked, "").await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"));
        assert_eq!(preflight.header("access-control-allow-headers"), "authorization");
        stage.trouble.journal_full.store(true, Ordering::SeqCst);
        let answer = call(stage, "/v1/track", &track()).await;
        let told = (answer.header("retry-after"), answer.header("x-ratelimit-reset"));
        assert_eq!((answer.status, told), (503, ("1", "1")));
        assert!(answer.header("access-control-expose-headers").contains("x-ratelimit-reset"));
        stage.trouble.journal_full.store(false, Ordering::SeqCst);
    });
}

// Made with HMAC-SHA1 as Segment does, of the secret `local-demo-secret`.
const ONE: &str = r#"{"type":"track","event":"Product Clicked","userId":"u-77","properties":{"product_id":"SKU-9","position":3}}"#;
const ONE_SIGNED: (&str, &str) = ("x-signature", "47c2bb32e28d24fd5b58e13dc8850af0c4977737");
const BATCH: &str = r#"[{"type":"track","event":"Product Viewed","anonymousId":"a-1","messageId":"m-1"},{"type":"track","event":"Product Viewed","anonymousId":"a-2","messageId":"m-2"}]"#;
const BATCH_SIGNED: (&str, &str) = ("x-signature", "42486902b14a75dbbc34862a2349ae0ddef8f3d4");
const BATCH_SIGNED_WHOLE: (&str, &str) = ("x-signature", "81b2ee161bec5720625e99290cedc66f7ae718d9");
const BEARER: (&str, &str) = ("authorization", "Bearer wanted.token");
const WRONG_BEARER: (&str, &str) = ("authorization", "Bearer wanted.toke");

fn secret(settings: &mut Settings) {
    settings.segment.webhook_secret = Some("local-demo-secret".into());
}

fn token(settings: &mut Settings) {
    settings.segment.webhook_token = Some("wanted.token".into());
}

/// Plays requests (method, path, headers, body) and compares the statuses.
fn answers(scene: Scene, table: &'static [(&str, &str, Headers<'_>, &str, u16)]) {
    scene.play(async |stage| {
        for (method, path, headers, body, status) in table {
            let before = stage.journal_length();
            let answer = stage.send(method, path, headers, *body).await;
            assert_eq!(answer.status, *status, "{method} {path} {headers:?} {body}: {}", answer.text());
            assert_eq!(stage.journal_length() - before, u64::from(*status == 200));
            assert!(*status != 401 || answer.message().contains("segment.webhook_"), "{}", answer.text());
        }
    });
}

#[test]
fn a_webhook_is_taken_with_segments_signature_of_the_message_or_of_a_batchs_first() {
    answers(
        Scene::new().with(secret),
        &[
            ("POST", WEBHOOK, &[ONE_SIGNED], ONE, 200),
            ("PUT", WEBHOOK, &[ONE_SIGNED], ONE, 200),
            ("PATCH", WEBHOOK, &[BATCH_SIGNED], BATCH, 200),
            ("GET", WEBHOOK, &[ONE_SIGNED], "", 405),
            ("POST", WEBHOOK, &[], ONE, 401),
            ("POST", WEBHOOK, &[BEARER], ONE, 401),
            ("POST", WEBHOOK, &[BATCH_SIGNED], ONE, 401),
            ("POST", WEBHOOK, &[BATCH_SIGNED_WHOLE], BATCH, 401),
            ("POST", WEBHOOK, &[ONE_SIGNED], "[]", 401),
            ("POST", WEBHOOK, &[ONE_SIGNED], "", 401),
        ],
    );
}

#[test]
fn a_token_alone_is_taken_as_a_bearer_or_at_the_end_of_the_address() {
    answers(
        Scene::new().with(token),
        &[
            ("POST", WEBHOOK, &[BEARER], BATCH, 200),
            ("POST", "/webhooks/segment/wanted.token", &[], BATCH, 200),
            ("POST", "/webhooks/segment/wanted.token", &[WRONG_BEARER], ONE, 200),
            ("POST", WEBHOOK, &[WRONG_BEARER], ONE, 401),
            ("POST", "/webhooks/segment/wanted", &[], ONE, 401),
            ("POST", WEBHOOK, &[ONE_SIGNED], ONE, 401),
            ("POST", WEBHOOK, &[BEARER], "[]", 400),
            ("POST", WEBHOOK, &[BEARER], r#"[{"type":"track"}]"#, 400),
            (
                "POST",
                WEBHOOK,
                &[BEARER],
                r#"{"type":"delete","userId":"u-1","timestamp":"2026-08-21T12:00:00Z"}"#,
                200,
            ),
        ],
    );
}

#[test]
fn where_secret_and_token_are_set_both_are_demanded_and_where_none_is_nobody_is_let_in() {
    answers(
        Scene::new().with(secret).with(token),
        &[
            ("POST", WEBHOOK, &[BEARER, BATCH_SIGNED], BATCH, 200),
            ("POST", WEBHOOK, &[BATCH_SIGNED], BATCH, 401),
            ("POST", WEBHOOK, &[BEARER], BATCH, 401),
        ],
    );
    answers(Scene::new(), &[("POST", WEBHOOK, &[BEARER, ONE_SIGNED], ONE, 401)]);
}

#[test]
fn a_webhook_has_its_answer_before_segment_gives_up_also_when_the_disk_hangs() {
    Scene::new().with(token).play(async |stage| {
        stage.trouble.appends_wait.store(true, Ordering::SeqCst);
        let began = Instant::now();
        let answer = stage.send("POST", WEBHOOK, &[BEARER], ONE).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text());
        assert!(began.elapsed() < Duration::from_millis(4_800), "{:?}", began.elapsed());
        stage.trouble.appends_wait.store(false, Ordering::SeqCst);
        assert_eq!(stage.send("POST", WEBHOOK, &[BEARER], ONE).await.status, 200);
        assert_eq!(journal(stage).pop().unwrap(), (4, String::new(), ONE.into()));
    });
}
