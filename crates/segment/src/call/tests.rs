use super::*;
use crate::{limits, message};
use proptest::prelude::*;
use serde_json::{Value, json};

const RECEIVED: i64 = 1_787_313_600_000; // 2026-08-21T12:00:00Z

fn first(body: &str, route: Route) -> Result<Call<'_>, Problem> {
    let mut calls = parse(body.as_bytes(), route, RECEIVED).unwrap().calls;
    calls.remove(0).map_err(|invalid| invalid.problem)
}

fn refusal(body: &str, route: Route) -> Refusal {
    parse(body.as_bytes(), route, RECEIVED).unwrap_err()
}

fn written(call: &Call<'_>) -> Value {
    let mut out = Vec::new();
    call.write_json(RECEIVED, Some("made"), &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn problem(message: &Value, route: Route) -> Problem {
    first(&message.to_string(), route).unwrap_err()
}

const TRACK: Route = Route::Tracking(message::Type::Track);

#[test]
fn ids_are_text_and_never_empty() {
    let body = r#"{"userId": 12.50, "anonymousId": "", "messageId": null, "event": "a\u0062", "event": "Caf\u00e9"}"#;
    let call = first(body, TRACK).unwrap();
    assert_eq!(call.user_id.as_deref(), Some("12.50"));
    assert_eq!((call.anonymous_id, call.message_id), (None, None));
    assert_eq!(call.name.as_deref(), Some("Café"));
    assert_eq!(call.raw, body);
}

#[test]
fn the_clock_is_corrected_once_and_by_whom_it_must_be() {
    let skewed =
        r#"{"userId":"u","event":"e","timestamp":"2026-08-21T09:00:00Z","sentAt":"2026-08-21T09:00:10Z"}"#;
    assert_eq!(first(skewed, TRACK).unwrap().timestamp, Some(RECEIVED - 10_000));
    let batch = r#"{"sentAt":"2026-08-21T09:00:10Z","batch":[{"type":"track","userId":"u","event":"e","timestamp":"2026-08-21T09:00:00Z"}]}"#;
    assert_eq!(first(batch, Route::Batch).unwrap().timestamp, Some(RECEIVED - 10_000));
    let unsent = r#"{"userId":"u","event":"e","timestamp":"2026-08-21","sentAt":"soon"}"#;
    assert_eq!(first(unsent, TRACK).unwrap().timestamp, Some(RECEIVED - 43_200_000));
    assert_eq!(first(r#"{"userId":"u","event":"e"}"#, TRACK).unwrap().timestamp, None);

    let corrected = skewed.replacen('{', r#"{"type":"track","#, 1);
    assert_eq!(first(&corrected, Route::Webhook).unwrap().timestamp, Some(RECEIVED - 10_800_000));
    let uncorrected = r#"{"type":"track","userId":"u","event":"e","originalTimestamp":"2026-08-21T09:00:00Z",
        "sentAt":"2026-08-21T09:00:10Z","receivedAt":"2026-08-20T12:00:00Z"}"#;
    assert_eq!(first(uncorrected, Route::Webhook).unwrap().timestamp, Some(RECEIVED - 86_410_000));
}

#[test]
fn a_call_is_handed_on_as_segment_would() {
    let body = json!({
        "writeKey": "secret", "sentAt": "2026-08-21T11:59:59Z",
        "context": {"library": {"name": "lib"}, "locale": "de"}, "integrations": {"All": false},
        "batch": [{"anonymousId": "a", "context": {"locale": "fr", "ip": "::1"}, "writeKey": "secret",
            "type": "page", "timestamp": "2026-08-21T11:00:00Z"}],
    });
    let body = body.to_string();
    let call = first(&body, Route::Batch).unwrap();
    let mut out = Vec::new();
    call.write_json(RECEIVED, Some("made"), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"anonymousId":"a","context":{"locale":"fr","ip":"::1","library":{"name":"lib"}},"type":"page","#
            .to_owned()
            + r#""timestamp":"2026-08-21T11:00:01.000Z","receivedAt":"2026-08-21T12:00:00.000Z","#
            + r#""originalTimestamp":"2026-08-21T11:00:00Z","sentAt":"2026-08-21T11:59:59Z","integrations":{"All":false},"messageId":"made"}"#
    );
    assert_eq!(parse(body.as_bytes(), Route::Batch, 0).unwrap().write_key.as_deref(), Some("secret"));
}

#[test]
fn the_path_says_the_type_and_what_segment_handed_on_stays_as_it_is() {
    let call = first(r#"{"userId":"u","type":"page","messageId":"m","messageId":"n","event":"e"}"#, TRACK);
    let out = written(&call.unwrap());
    assert_eq!((&out["type"], &out["messageId"]), (&json!("track"), &json!("n")));
    assert_eq!(out["timestamp"], json!("2026-08-21T12:00:00.000Z"));

    let delivered = r#"{ "type": "delete", "userId": "u", "messageId": "m", "timestamp": "2026-08-21T09:00:00Z", "receivedAt": 1 }"#;
    let mut out = Vec::new();
    first(delivered, Route::Webhook).unwrap().write_json(RECEIVED, Some("made"), &mut out);
    assert_eq!(out, delivered.as_bytes());
    let mapped = first(r#"{"type":"identify","userId":"u"}"#, Route::Webhook);
    let completed = json!({"type": "identify", "userId": "u", "timestamp": "2026-08-21T12:00:00.000Z",
        "receivedAt": "2026-08-21T12:00:00.000Z", "messageId": "made"});
    assert_eq!(written(&mapped.unwrap()), completed);
}

#[test]
fn a_context_that_cannot_be_merged_is_not_lost() {
    let body = r#"{"context":{"a":1},"batch":[{"type":"page","userId":"u","context":{"\ud800":1}}]}"#;
    let mut out = Vec::new();
    first(body, Route::Batch).unwrap().write_json(RECEIVED, None, &mut out);
    assert!(String::from_utf8(out).unwrap().contains(r#""context":{"\ud800":1}"#));
}

#[test]
fn each_problem_is_named_and_leaves_the_others_alone() {
    use message::Problem as Segments;
    let many: serde_json::Map<_, _> = (0..300).map(|n| (n.to_string(), json!(1))).collect();
    for (message, expected) in [
        (json!({"type": "track", "event": "e", "userId": ""}), Segments::NoPerson.into()),
        (json!({"type": "track", "userId": "u"}), Segments::NoEvent.into()),
        (json!({"type": "group", "userId": "u"}), Segments::NoGroup.into()),
        (json!({"type": "alias", "userId": "u"}), Segments::IncompleteAlias { missing: "previousId" }.into()),
        (
            json!({"type": "page", "userId": "u", "messageId": "x".repeat(100)}),
            Segments::LongMessageId { length: 100 }.into(),
        ),
        (
            json!({"type": "identify", "userId": "u", "traits": many}),
            Segments::TooManyTraits { count: 300 }.into(),
        ),
        (json!({"userId": "u"}), Problem::NoType),
        (json!({"type": "set", "userId": "u"}), Problem::UnknownType { found: "set".to_owned() }),
        (json!({"type": "delete", "userId": "u"}), Problem::DeleteByTracking),
        (json!({"type": "page", "userId": true}), Problem::WrongType { field: "userId", expected: "string" }),
        (
            json!({"type": "page", "userId": "u", "context": []}),
            Problem::WrongType { field: "context", expected: "object" },
        ),
        (json!({"type": "page", "userId": "u", "timestamp": "now"}), Problem::NoTime { field: "timestamp" }),
        (json!([]), Problem::NotAnObject),
    ] {
        let good = json!({"type": "page", "userId": "u"});
        let body = json!({"batch": [good, message, good]}).to_string();
        let calls = parse(body.as_bytes(), Route::Batch, RECEIVED).unwrap().calls;
        assert!(calls[0].is_ok() && calls[2].is_ok());
        let invalid = calls[1].as_ref().unwrap_err();
        assert_eq!((invalid.index, &invalid.problem), (1, &expected), "{message}");
        assert_eq!(invalid.raw, message.to_string());
    }
}

#[test]
fn bytes_depth_and_counts_are_bounded() {
    let sized = |size: usize| {
        let empty = json!({"userId": "u", "event": ""}).to_string().len();
        json!({"userId": "u", "event": "x".repeat(size - empty)})
    };
    assert!(first(&sized(32_768).to_string(), TRACK).is_ok());
    assert_eq!(problem(&sized(32_769), TRACK), message::Problem::TooLarge { bytes: 32_769 }.into());
    let shared = json!({"context": {"k": "x".repeat(32_768)}, "batch": [{"type": "page", "userId": "u"}]});
    assert!(matches!(problem(&shared, Route::Batch), Problem::Refused(message::Problem::TooLarge { .. })));
    let nested = |depth: usize| {
        format!(r#"{{"userId":"[\"[","event":"e","k":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(first(&nested(63), TRACK).is_ok());
    assert_eq!(first(&nested(64), TRACK).unwrap_err(), Problem::TooDeep);
    // Merged into a message it stands a level deeper.
    let shared = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!(r#"{{"context":{{"k":{open}{close}}},"batch":[{{"type":"page","userId":"u"}}]}}"#)
    };
    assert!(first(&shared(63), Route::Batch).is_ok());
    assert_eq!(refusal(&shared(64), Route::Batch), Refusal::WrongShared { field: "context" });

    let count = |count: usize| json!({"batch": vec![json!({}); count]}).to_string();
    assert!(parse(count(2_500).as_bytes(), Route::Batch, 0).is_ok());
    assert_eq!(refusal(&count(2_501), Route::Batch), Refusal::TooManyMessages { count: 2_501, limit: 2_500 });
    assert_eq!(
        refusal(&"x".repeat(limits::MAX_BATCH + 1), Route::Batch),
        Refusal::TooLarge { limit: limits::MAX_BATCH }
    );
}

#[test]
fn a_body_that_cannot_be_taken_apart_is_refused() {
    for (body, route) in [
        ("", TRACK),
        ("{", Route::Batch),
        ("[]", TRACK),
        ("{}", Route::Batch),
        (r#"{"batch":{}}"#, Route::Batch),
        (r#"{"batch":[{}],"context":[]}"#, Route::Batch),
        ("[]", Route::Webhook),
        ("1", Route::Webhook),
        ("{}{}", Route::Webhook),
    ] {
        assert_eq!(refusal(body, route).status(), 400, "{body}");
    }
}

#[test]
fn what_segment_took_is_not_measured_again_and_its_wrapping_is_undone() {
    let long = json!({"type": "page", "userId": "u", "messageId": "x".repeat(100), "properties": {"k": "x".repeat(40_000)}});
    let (body, long) = (json!([long, {"json": long}]).to_string(), long.to_string());
    let calls = parse(body.as_bytes(), Route::Webhook, RECEIVED).unwrap().calls;
    assert!(calls.iter().all(|call| call.as_ref().unwrap().raw == long));
}

#[test]
fn ours_is_known_by_its_mark_or_its_id() {
    let page = |changes: Value| {
        let mut message = json!({"type": "page", "userId": "u"});
        changes.as_object().unwrap().iter().for_each(|(key, value)| message[key] = value.clone());
        let body = json!({"batch": [message], "context": {"integration": {"name": "causeway"}}});
        first(&body.to_string(), Route::Batch).unwrap().is_ours()
    };
    assert!(page(json!({})));
    assert!(!page(json!({"context": {"integration": {"name": "other"}}})));
    assert!(page(json!({"messageId": "causeway-1", "context": {"integration": "x"}})));
}

#[test]
fn every_route_reads_its_own_word() {
    let routes = message::Type::ALL.map(Route::Tracking);
    assert!(
        routes
            .into_iter()
            .chain([Route::Webhook, Route::Batch])
            .all(|route| Route::parse(route.word()) == Some(route))
    );
    assert!(Kind::ALL.into_iter().all(|kind| Kind::parse(kind.as_str()) == Some(kind)));
}

proptest! {
    #[test]
    fn what_is_handed_on_is_the_same_call(
        key in "[a-z]{0,3}", text in any::<String>(), timed in any::<bool>(), shared in any::<bool>()
    ) {
        let mut message = json!({"type": "track", "event": format!("e{text}"), "userId": 1, key: text});
        if timed { message["timestamp"] = json!("2026-08-21T11:00:00Z"); }
        let mut body = json!({"batch": [message]});
        if shared { body["context"] = json!({"a": 1}); body["sentAt"] = json!("2026-08-21T11:00:05Z"); }
        let body = body.to_string();
        if let Ok(call) = first(&body, Route::Batch) {
            let out = written(&call).to_string();
            let again = first(&out, Route::Webhook).unwrap();
            prop_assert_eq!(again.timestamp, Some(call.timestamp.unwrap_or(RECEIVED)));
            prop_assert_eq!((again.kind, &again.name, &again.user_id), (call.kind, &call.name, &call.user_id));
        }
    }

    #[test]
    fn never_panics(body in r#"[\[\]{}:,"a-u0-9\\ ]{0,40}"#) {
        for route in [Route::Webhook, Route::Batch, TRACK] {
            let _ = parse(body.as_bytes(), route, 0);
        }
    }
}
