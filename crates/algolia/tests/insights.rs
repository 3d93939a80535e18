//! The vendor's rules, one by one and at random.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use causeway_algolia::insights::{
    Batch, Event, Kind, Refusal, Rules, Subject, Violation, identity_hash, limits, parse, parse_event,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: i64 = 1_790_000_000_000;
const QUERY: &str = "7dfe2ada7bca48bdd0629649df0bee07";

fn event(text: &str) -> Result<Event<'_>, Refusal> {
    parse_event(text, &Rules::default(), NOW)
}

fn violation(value: &Value) -> Violation {
    match event(&value.to_string()) {
        Err(Refusal::Event { violation, .. }) => violation,
        other => panic!("{value}: {other:?}"),
    }
}

/// A click after a search, with members replaced; a null member is left out.
fn click(changes: Value) -> Value {
    with(
        json!({
            "eventName": "Product Clicked", "eventType": "click", "index": "products", "userToken": "user-1",
            "objectIDs": ["a", "b"], "positions": [1, 2], "queryID": QUERY
        }),
        changes,
    )
}

/// A purchase after a search, likewise.
fn purchase(changes: Value) -> Value {
    with(
        json!({
            "eventName": "Order Completed", "eventType": "conversion", "eventSubtype": "purchase",
            "index": "products", "userToken": "user-1", "objectIDs": ["a"], "currency": "EUR", "value": 12.5,
            "objectData": [{"price": 12.5, "quantity": 1, "queryID": QUERY}]
        }),
        changes,
    )
}

fn with(mut base: Value, changes: Value) -> Value {
    let (Value::Object(base_members), Value::Object(changes)) = (&mut base, changes) else { panic!() };
    for (key, value) in changes {
        match value {
            Value::Null => drop(base_members.remove(&key)),
            value => drop(base_members.insert(key, value)),
        }
    }
    base
}

const BAD_NAME: &str =
    "EventName must contain only visible ASCII characters, and be between 1 and 64 characters long";
const BAD_TYPE: &str = r#"EventType must be one of "click", "conversion", "view" or "instantsearch""#;
const BAD_TOKEN: &str = "UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 and 128 characters long";
const NOT_CLICK: &str = "Only event of type click should specify the positions attribute";
const NOT_POSITIVE: &str = "Event of type click may only have strictly positive positions";
const SAME_NUMBER: &str = "Event of type click should have the same number of ObjectIDs and Positions";
const BAD_QUERY: &str = "Query ID must be a search query ID (32 characters hexadecimal string)";
const GENERAL: &str = "Invalid payload";

fn strings(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("o{n}")).collect()
}

#[test]
fn each_broken_rule_has_the_vendors_words() {
    let day = 86_400_000;
    let string_got = |got: &str| format!("Invalid type for field events: expected string, got {got}");
    let table: Vec<(Value, &str)> = vec![
        (click(json!({"eventName": null})), "EventName is required"),
        (click(json!({"eventName": ""})), BAD_NAME),
        (click(json!({"eventName": "x".repeat(65)})), BAD_NAME),
        (click(json!({"eventName": "Café"})), BAD_NAME),
        (click(json!({"eventName": "a\u{7f}"})), BAD_NAME),
        (click(json!({"eventType": null})), "EventType is required"),
        (click(json!({"eventType": "Click"})), BAD_TYPE),
        (click(json!({"eventSubtype": "purchase"})), GENERAL),
        (purchase(json!({"eventSubtype": "refund"})), GENERAL),
        (click(json!({"index": null})), "The index field is required"),
        (click(json!({"index": ""})), "The index field is required"),
        (click(json!({"userToken": null})), "The userToken field is required"),
        (click(json!({"userToken": ""})), BAD_TOKEN),
        (click(json!({"userToken": "x".repeat(130)})), BAD_TOKEN),
        (click(json!({"userToken": "a@example.com"})), BAD_TOKEN),
        (click(json!({"userToken": "auth0|1"})), BAD_TOKEN),
        (click(json!({"authenticatedUserToken": "a b"})), BAD_TOKEN),
        (click(json!({"timestamp": NOW - 30 * day - 1})), "The timestamp is too far in the past"),
        (click(json!({"timestamp": NOW / 1000})), "The timestamp is too far in the past"),
        (click(json!({"timestamp": NOW + day + 1})), GENERAL),
        (
            click(json!({"objectIDs": null, "positions": null})),
            "Event should specify either some ObjectIDs or some Filters",
        ),
        (click(json!({"objectIDs": null})), SAME_NUMBER),
        (click(json!({"objectIDs": null, "filters": ["a:b"]})), SAME_NUMBER),
        (purchase(json!({"filters": ["a:b"]})), "Event should specify ObjectIDs or Filters, but not both"),
        (click(json!({"eventType": "view"})), NOT_CLICK),
        (click(json!({"queryID": null})), "Event of type click with positions should specify a queryID"),
        (click(json!({"positions": [1, 0]})), NOT_POSITIVE),
        (click(json!({"positions": [-1, 1]})), NOT_POSITIVE),
        (click(json!({"positions": [1]})), SAME_NUMBER),
        (click(json!({"positions": [1, 2, 3]})), SAME_NUMBER),
        (click(json!({"positions": null})), SAME_NUMBER),
        (click(json!({"objectIDs": strings(21), "positions": null, "queryID": null})), GENERAL),
        (click(json!({"objectIDs": null, "positions": null, "filters": strings(21)})), GENERAL),
        (click(json!({"queryID": QUERY.to_uppercase()})), BAD_QUERY),
        (click(json!({"queryID": QUERY[..31]})), BAD_QUERY),
        (click(json!({"queryID": QUERY.to_owned() + "0"})), BAD_QUERY),
        (click(json!({"queryID": "message_"})), BAD_QUERY),
        (click(json!({"queryID": "message_a b"})), BAD_QUERY),
        (click(json!({"queryID": format!("message_{}", "x".repeat(121))})), BAD_QUERY),
        (purchase(json!({"objectData": [{"queryID": "message_x"}]})), BAD_QUERY),
        (purchase(json!({"objectIDs": ["a", "b"]})), GENERAL),
        (purchase(json!({"objectData": [{"price": 1, "sku": "x"}]})), GENERAL),
        (purchase(json!({"currency": null})), GENERAL),
        (purchase(json!({"currency": null, "objectData": null})), GENERAL),
        (purchase(json!({"currency": null, "value": null, "objectData": [{"discount": "1"}]})), GENERAL),
        (purchase(json!({"currency": "EU"})), GENERAL),
        (purchase(json!({"currency": "E€"})), GENERAL),
        (purchase(json!({"value": "12345678901234567"})), GENERAL),
        (click(json!({"agentID": ""})), GENERAL),
    ];
    for (value, message) in &table {
        assert_eq!(violation(value).message(), *message, "{value}");
    }
    assert_eq!(violation(&click(json!({"index": 3}))).message(), string_got("number"));
    assert_eq!(violation(&click(json!({"objectIDs": ["a", 2]}))).message(), string_got("number"));
    assert_eq!(violation(&click(json!({"userToken": true}))).message(), string_got("bool"));
}

#[test]
fn each_bound_itself_is_accepted() {
    let day = 86_400_000;
    for value in [
        click(json!({"eventName": "x".repeat(64)})),
        click(json!({"eventName": " ~"})),
        click(json!({"userToken": "x".repeat(129)})),
        click(json!({"userToken": "aZ09_=/+-"})),
        click(json!({"timestamp": NOW - 30 * day})),
        click(json!({"timestamp": NOW + day})),
        click(json!({"objectIDs": strings(20), "positions": (1..=20).collect::<Vec<_>>()})),
        click(json!({"queryID": format!("message_{}", "x".repeat(120))})),
        click(json!({"objectIDs": null, "positions": null, "filters": vec!["a:b"; 20]})),
        purchase(json!({"value": "1234567890123456"})),
        purchase(json!({"currency": "eUr"})),
        purchase(json!({"currency": null, "value": null, "objectData": [{"quantity": 2}]})),
        json!({"eventName": "Telemetry", "eventType": "instantsearch", "userToken": "u"}),
    ] {
        assert!(event(&value.to_string()).is_ok(), "{value}: {:?}", event(&value.to_string()));
    }
}

/// What the vendor may take although no schema lists it is not refused here.
#[test]
fn undocumented_extras_are_kept() {
    let view = click(json!({"eventType": "view", "positions": null, "price": {"any": [1]}, "value": 3}));
    let text = view.to_string();
    let read = event(&text).unwrap();
    assert_eq!(read.query_id.as_deref(), Some(QUERY));
    assert_eq!(read.extra.len(), 1);
    assert!(event(&purchase(json!({"queryID": QUERY})).to_string()).is_ok());
    assert!(event(&purchase(json!({"objectIDsWithInferredQueryID": ["a"]})).to_string()).is_ok());
}

#[test]
fn details_are_short_plain_ascii() {
    let detail = violation(&click(json!({"userToken": "é\n\"".repeat(10_000)}))).detail();
    assert!(detail.is_ascii() && detail.len() < 500 && !detail.contains('\n'), "{detail}");
    assert!(detail.starts_with("userToken is \""), "{detail}");
    assert!(violation(&click(json!({"positions": [1]}))).detail().contains("1 items for 2 objectIDs"));
}

fn refusal(body: &[u8]) -> Refusal {
    parse(body, &Rules::default(), NOW).unwrap_err()
}

fn batch(events: &[Value]) -> String {
    json!({ "events": events }).to_string()
}

#[test]
fn whole_requests_are_refused_with_the_vendors_status_and_body() {
    let answer = |body: &str| {
        let refusal = refusal(body.as_bytes());
        (refusal.status(), refusal.message().into_owned())
    };
    let wrong_type = "Invalid type for field : expected insights.PublicEventsBatch, got array";
    assert_eq!(answer("[]"), (422, wrong_type.to_owned()));
    for empty in ["{}", "null", r#"{"events":[]}"#, r#"{"events":null}"#, &click(json!({})).to_string()] {
        assert_eq!(answer(empty), (422, "No events to process".to_owned()), "{empty}");
    }
    let not_a_list = "Invalid type for field events: expected array, got object";
    assert_eq!(answer(r#"{"events":{}}"#), (422, not_a_list.to_owned()));
    let too_many = batch(&vec![click(json!({})); limits::MAX_EVENTS + 1]);
    assert_eq!(answer(&too_many), (422, "Cannot process more than 1000 events in a batch".to_owned()));
    let large = vec![b' '; limits::MAX_BODY_READ + 1];
    assert_eq!(refusal(&large).body(), r#"{"status":413,"message":"Request Entity Too Large"}"#);
}

#[test]
fn a_body_cut_anywhere_is_malformed() {
    let body = batch(&[click(json!({"extra": [1.5e3, "é", null]}))]);
    for end in 0..body.len() {
        let refusal = refusal(&body.as_bytes()[..end]);
        assert_eq!((refusal.status(), refusal.content_type()), (400, "text/html"), "cut at {end}");
    }
    assert_eq!(refusal((body + "}").as_bytes()).status(), 400);
}

fn read(body: &str) -> Batch<'_> {
    parse(body.as_bytes(), &Rules::default(), NOW).unwrap()
}

#[test]
fn a_bad_event_does_not_spoil_its_neighbours() {
    let body = batch(&[click(json!({})), click(json!({"index": 1})), json!(7), purchase(json!({}))]);
    let batch = read(&body);
    let valid: Vec<bool> = batch.events.iter().map(Result::is_ok).collect();
    assert_eq!(valid, [true, false, false, true]);
    let invalid = batch.events[2].as_ref().unwrap_err();
    assert_eq!((invalid.index, invalid.raw), (2, "7"));
    assert_eq!(batch.refusal(false), None);
    assert_eq!(batch.refusal(true).unwrap().status(), 422);
}

#[test]
fn a_request_without_a_valid_event_is_refused() {
    let body = batch(&[click(json!({"eventName": null})), json!(7)]);
    let refusal = read(&body).refusal(false).unwrap();
    assert_eq!(refusal.body(), r#"{"status":422,"message":"EventName is required"}"#);
}

fn written(event: &Event<'_>, received_at: i64) -> String {
    let mut out = Vec::new();
    event.write_json(received_at, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn what_needs_no_change_is_sent_on_byte_for_byte() {
    let text = r#"{ "timestamp" : 1789999999999, "eventName":"\u0041", "eventType":"view", "index":"i", "userToken":"u",
        "objectIDs":["x"], "own": {"b":1,  "a":2} }"#;
    assert_eq!(written(&event(text).unwrap(), NOW), text);
}

#[test]
fn a_known_user_is_added_where_an_event_names_none() {
    let of = |text: &str, user| {
        let mut out = Vec::new();
        event(text).unwrap().write_json_of(user, NOW, &mut out);
        serde_json::from_slice::<Value>(&out).unwrap()["authenticatedUserToken"].clone()
    };
    let anonymous = click(json!({"timestamp": NOW - 5})).to_string();
    let altered = click(json!({"authenticatedUserToken": null})).to_string();
    let own = click(json!({"authenticatedUserToken": "own"})).to_string();
    assert_eq!([&anonymous, &altered, &own].map(|text| of(text, Some("ann"))), ["ann", "ann", "own"]);
    assert_eq!(of(&anonymous, None), Value::Null);
}

#[test]
fn only_a_missing_timestamp_is_stamped() {
    let text = click(json!({})).to_string();
    let stamped = written(&event(&text).unwrap(), 123);
    assert_eq!(stamped, format!("{},\"timestamp\":123}}", &text[..text.len() - 1]));
    let text = click(json!({"timestamp": NOW - 5, "userToken": 77})).to_string();
    let stamped: Value = serde_json::from_str(&written(&event(&text).unwrap(), NOW)).unwrap();
    assert_eq!(stamped["timestamp"], NOW - 5);
}

#[test]
fn a_time_from_the_future_becomes_the_time_of_receipt() {
    let ahead = click(json!({"timestamp": NOW + 5_000, "own": {"b": 1}}));
    let sent: Value = serde_json::from_str(&written(&event(&ahead.to_string()).unwrap(), NOW)).unwrap();
    assert_eq!(sent, click(json!({"timestamp": NOW, "own": {"b": 1}})));
}

#[test]
fn other_forms_are_sent_on_as_documented() {
    let text = r#"{"eventName":"Filtered","eventType":"click","index":"i","userToken":9007,"queryID":null,
        "filters":["brand%3AB%26O","size:10 %","colour:red"],"objectIDs":[],"timestamp":1.79e12,"x\"y":[ 1 ]}"#;
    let expected = r#"{"eventName":"Filtered","eventType":"click","index":"i","userToken":"9007","timestamp":1790000000000,"filters":["brand:B%26O","size:10%20%25","colour:red"],"x\"y":[ 1 ]}"#;
    assert_eq!(written(&event(text).unwrap(), NOW), expected);
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let text = r#"{"eventName":"a","eventName":"b","eventType":"click","index":"i","userToken":"u","queryID":"7dfe2ada7bca48bdd0629649df0bee07",
        "positions":[4,5,6],"objectIDs":["x","y","z"],"objectIDs":["w"],"positions":[7],"timestamp":1790000000000}"#;
    let expected = r#"{"eventName":"b","eventType":"click","index":"i","userToken":"u","timestamp":1790000000000,"queryID":"7dfe2ada7bca48bdd0629649df0bee07","objectIDs":["w"],"positions":[7]}"#;
    assert_eq!(written(&event(text).unwrap(), NOW), expected);
}

/// Any valid event, of every variant, with every optional field there or not.
fn any_event() -> impl Strategy<Value = Value> {
    let variants = prop_oneof![
        Just((Kind::Click, true)),
        Just((Kind::Click, false)),
        Just((Kind::View, true)),
        Just((Kind::View, false)),
        Just((Kind::Conversion, true)),
        Just((Kind::Conversion, false)),
        Just((Kind::AddToCart, true)),
        Just((Kind::Purchase, true)),
        Just((Kind::Instantsearch, false)),
    ];
    let common = ("[ -~]{1,64}", "[a-zA-Z0-9_=/+-]{1,129}", proptest::option::of("[a-zA-Z0-9_=/+-]{1,129}"));
    let times = proptest::option::of(NOW - limits::MAX_AGE_MS..=NOW + limits::MAX_FUTURE_MS);
    let lists =
        (1..=20_usize, proptest::option::of("[0-9a-f]{32}|message_[!-~]{1,120}"), any::<[String; 20]>());
    let money = (proptest::option::of(0.01..1e6), any::<bool>(), proptest::option::of(any::<i32>()));
    let keys = proptest::collection::hash_map("[a-z]{1,6}_", any::<Option<String>>(), 0..3);
    (variants, common, times, lists, money, keys).prop_map(
        |((kind, of_objects), common, time, lists, money, keys)| {
            let mut event = Map::new();
            event.insert("eventName".into(), common.0.into());
            event.insert("eventType".into(), kind.event_type().into());
            event.insert("userToken".into(), common.1.into());
            common.2.map(|token| event.insert("authenticatedUserToken".into(), token.into()));
            kind.event_subtype().map(|word| event.insert("eventSubtype".into(), word.into()));
            time.map(|time| event.insert("timestamp".into(), time.into()));
            if kind != Kind::Instantsearch {
                event.insert("index".into(), "products".into());
                subject(&mut event, kind, of_objects, lists);
            }
            if matches!(kind, Kind::AddToCart | Kind::Purchase) {
                amounts(&mut event, money);
            }
            event.extend(keys.into_iter().map(|(key, value)| (key, value.into())));
            Value::Object(event)
        },
    )
}

fn subject(
    event: &mut Map<String, Value>,
    kind: Kind,
    of_objects: bool,
    lists: (usize, Option<String>, [String; 20]),
) {
    let (count, query_id, texts) = lists;
    if of_objects {
        event.insert("objectIDs".into(), texts[..count].to_vec().into());
        if kind == Kind::Click && query_id.is_some() {
            event.insert("positions".into(), (1..=count).collect::<Vec<_>>().into());
        }
    } else {
        let filters: Vec<String> = texts[..count].iter().map(|text| format!("facet:{text}")).collect();
        event.insert("filters".into(), filters.into());
    }
    query_id.map(|id| event.insert("queryID".into(), id.into()));
}

fn amounts(event: &mut Map<String, Value>, (price, as_text, quantity): (Option<f64>, bool, Option<i32>)) {
    let count = event["objectIDs"].as_array().unwrap().len();
    let mut item = Map::new();
    quantity.map(|quantity| item.insert("quantity".into(), quantity.into()));
    if let Some(price) = price {
        item.insert("price".into(), if as_text { price.to_string().into() } else { price.into() });
        event.insert("currency".into(), "USD".into());
        event.insert("value".into(), price.into());
    }
    event.insert("objectData".into(), vec![Value::Object(item); count].into());
}

/// The same event with its keys in reverse, spread over lines.
fn turned(event: &Value) -> String {
    let members: Map<String, Value> = event.as_object().unwrap().clone().into_iter().rev().collect();
    serde_json::to_string_pretty(&members).unwrap()
}

proptest! {
    #[test]
    fn parsing_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&body, &Rules::default(), NOW);
    }

    #[test]
    fn parsing_a_damaged_event_never_panics(event in any_event(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = batch(&[event]).into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(batch) = parse(&body, &Rules::default(), NOW) {
            prop_assert_eq!(batch.events.len(), 1);
        }
    }

    #[test]
    fn a_valid_event_survives_being_sent_on(value in any_event(), received_at in NOW - 1000..NOW) {
        let text = value.to_string();
        let first = event(&text).unwrap();
        let sent = written(&first, received_at);
        let second = event(&sent).unwrap();
        prop_assert_eq!(second.timestamp, Some(first.timestamp.map_or(received_at, |at| at.min(received_at))));
        if first.timestamp.is_none_or(|at| at <= received_at) {
            prop_assert_eq!(identity_hash(&first, received_at), identity_hash(&second, 0));
        }
        prop_assert_eq!(&written(&second, received_at), &sent);
        if let (Subject::Objects(first), Subject::Objects(second)) = (&first.subject, &second.subject) {
            prop_assert_eq!(first, second);
        }
    }

    #[test]
    fn identity_ignores_the_order_of_keys_and_white_space(value in any_event()) {
        let (text, other) = (value.to_string(), turned(&value));
        prop_assert_eq!(identity_hash(&event(&text).unwrap(), 1), identity_hash(&event(&other).unwrap(), 1));
    }

    #[test]
    fn identity_sees_every_field(value in any_event(), key in any::<prop::sample::Index>()) {
        let text = value.to_string();
        let key = value.as_object().unwrap().keys().nth(key.index(value.as_object().unwrap().len())).unwrap();
        let changed = with(value.clone(), json!({ key: null })).to_string();
        if let Ok(changed) = event(&changed) {
            prop_assert_ne!(identity_hash(&event(&text).unwrap(), 1), identity_hash(&changed, 1));
        }
    }
}

#[test]
fn identity_ignores_how_filters_and_amounts_are_written() {
    let same = |one: Value, other: Value| {
        let (one, other) = (one.to_string(), other.to_string());
        assert_eq!(identity_hash(&event(&one).unwrap(), 1), identity_hash(&event(&other).unwrap(), 1));
    };
    let filter = |text: &str| click(json!({"objectIDs": null, "positions": null, "filters": [text]}));
    same(filter("brand:B&O"), filter("brand%3AB%26O"));
    same(purchase(json!({"value": 10})), purchase(json!({"value": "10.00"})));
    same(click(json!({"x": {"a": 1, "b": [2]}})), click(json!({"x": {"b": [2], "a": 1}})));
}
