//! What later events are told of their search.

use super::world::{START, World, click, query_id, record, search, seen, tick};
use causeway_engine::order::{Forget, Order};
use causeway_engine::{Settings, Source, searches};
use serde_json::{Value, json};

const HOUR: i64 = 60 * 60 * 1_000;

fn last(world: &World) -> Value {
    world.told().pop().unwrap()
}

fn purchase(after: i64, found_by: [i64; 2]) -> Value {
    let item = |asked: i64| json!({"queryID": query_id(asked), "price": 2, "quantity": 1});
    json!({"events": [{
        "eventType": "conversion", "eventSubtype": "purchase", "eventName": "Bought", "index": "products",
        "userToken": "ann", "objectIDs": ["a", "b"], "objectData": found_by.map(item), "currency": "USD",
        "timestamp": START + after,
    }]})
}

#[test]
fn a_later_click_carries_the_text_and_the_filters_of_its_search() {
    let mut world = World::new();
    let mut filtered = search("ann", 300, "red shoes");
    filtered["filters"] = json!("brand:Apple");
    world.take(vec![seen(vec![search("ann", 0, "red"), filtered])]);
    world.rest();
    world.restart();
    world.take(vec![click("ann", HOUR, 300)]);
    assert_eq!(
        (&last(&world)["query"], &last(&world)["searchFilters"]),
        (&json!("red shoes"), &json!("brand:Apple"))
    );
    assert!(last(&world)["filters"].is_null());
}

#[test]
fn a_click_on_what_was_shown_while_typing_carries_what_was_typed_then() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("ann", 0, "red"), search("ann", 300, "red shoes")])]);
    world.rest();
    world.take(vec![click("ann", 9_000, 0)]);
    assert_eq!((world.queries(), &last(&world)["query"]), (vec!["red shoes".to_owned()], &json!("red")));
}

#[test]
fn a_search_is_found_by_its_query_id_under_any_token_and_under_none() {
    let mut world = World::new();
    let mut nobodys = search("", 5_000, "blue");
    nobodys.as_object_mut().unwrap().remove("userToken");
    world.take(vec![seen(vec![search("ann", 0, "red"), nobodys])]);
    world.rest();
    world.take(vec![click("bob", 9_000, 0)]);
    assert_eq!(last(&world)["query"], "red");
    world.take(vec![click("bob", 9_001, 5_000)]);
    assert_eq!(last(&world)["query"], "blue");
}

#[test]
fn each_product_of_an_order_carries_the_query_that_it_was_found_by() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("ann", 0, "red"), search("ann", 5_000, "blue")])]);
    world.rest();
    world.take(vec![record(Source::Insights, START + HOUR, purchase(HOUR, [5_000, 0]))]);
    let told = last(&world);
    let queries = [&told["query"], &told["products"][0]["query"], &told["products"][1]["query"]];
    assert_eq!(queries, ["blue", "blue", "red"]);
}

#[test]
fn an_event_that_is_ahead_of_its_search_waits_for_it_and_those_after_it_wait_behind() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("bob", 0, "lamp")])]);
    world.rest();
    world.take(vec![click("ann", 5_100, 5_000)]);
    world.restart();
    world.take(vec![record(Source::Insights, START + 5_200, view(5_150))]);
    world.take(vec![click("bob", 5_300, 0)]);
    let kinds = |world: &World| -> Vec<String> {
        let kind = |told: Value| format!("{} {}", told["userToken"], told["eventType"]).replace('"', "");
        world.told().into_iter().map(kind).collect()
    };
    assert_eq!(kinds(&world), ["bob search", "bob click"]);
    world.restart();
    world.take(vec![seen(vec![search("ann", 5_000, "sofa")])]);
    assert_eq!(kinds(&world)[2..], ["ann search", "ann click", "ann view"]);
    assert_eq!(world.told()[3]["query"], "sofa");
}

fn view(at: i64) -> Value {
    json!({"events": [{
        "eventType": "view", "eventName": "Seen", "index": "products", "userToken": "ann", "objectIDs": ["a"],
        "timestamp": START + at,
    }]})
}

#[test]
fn an_event_whose_search_does_not_come_goes_on_after_two_seconds() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("bob", 0, "lamp")])]);
    world.rest();
    world.take(vec![click("ann", 5_100, 5_000)]);
    assert_eq!((world.told().len(), world.next_due()), (1, Some(START + 7_100)));
    world.take(vec![tick(START + 7_100)]);
    assert_eq!(
        (&last(&world)["userToken"], &last(&world)["query"], world.next_due()),
        (&json!("ann"), &Value::Null, None)
    );
    assert!(world.facts.0.keys().all(|key| !key.starts_with(searches::WAITING.as_bytes())));
}

#[test]
fn nothing_waits_where_no_searches_are_seen() {
    let mut world = World::new();
    world.take(vec![click("ann", 5_100, 5_000)]);
    assert_eq!(world.told().len(), 1);
}

#[test]
fn what_is_remembered_is_forgotten_after_a_day() {
    let mut world = World::new();
    for after in 0..300 {
        let asked = vec![
            search(&format!("p{after}"), after * 10_000, "red"),
            search("ann", after * 10_000, &after.to_string()),
        ];
        world.take(vec![seen(asked)]);
        world.rest();
    }
    assert!(world.facts.0.len() > 600);
    // The last chunk is closed by what is added after it.
    for hours in [30, 60, 61] {
        world.take(vec![seen(vec![search("bob", hours * HOUR, "blue")])]);
        world.rest();
    }
    // Which queries find something is nobody's and stays.
    let of_persons = world.facts.0.keys().filter(|key| !key.starts_with(b"queries"));
    let left: Vec<_> = of_persons.map(|key| String::from_utf8_lossy(key).into_owned()).collect();
    assert!(left.len() <= 8, "{left:?}");
}

#[test]
fn a_forgotten_persons_searches_are_gone_whether_settled_open_or_waited_for() {
    let mut world = World::with(Settings::default());
    world.take(vec![seen(vec![search("ann", 0, "red"), search("bob", 10, "lamp")])]);
    world.rest();
    world.take(vec![seen(vec![search("ann", 5_000, "blue")]), click("ann", 5_100, 5_050)]);
    let order = serde_json::to_value(Order::Forget(Forget::new("ann", START))).unwrap();
    world.take(vec![record(Source::Operator, START + 5_200, order)]);
    world.rest();
    assert_eq!(world.queries(), ["red", "lamp"]);
    let about_ann = |(key, value): (&Vec<u8>, &Vec<u8>)| {
        let text = String::from_utf8_lossy(value);
        !key.starts_with(b"forgetting/")
            && !key.starts_with(b"queries")
            && (text.contains("ann") || text.contains("red") || text.contains("blue"))
    };
    assert!(!world.facts.0.iter().any(about_ann));
    world.take(vec![click("bob", 9_000, 0)]);
    world.rest();
    assert_eq!((&last(&world)["userToken"], &last(&world)["query"]), (&json!("bob"), &Value::Null));
}
