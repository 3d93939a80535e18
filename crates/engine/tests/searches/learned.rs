//! What is learned of searches over time: who waits for results, which search a conversion came from, who is new.

use super::world::{START, World, click, query_id, record, search, seen, tick};
use causeway_engine::order::{Forget, Order};
use causeway_engine::searches::demand::{self, Demand, DemandId};
use causeway_engine::{Settings, Source};
use causeway_store::Record;
use serde_json::{Value, json};

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;

/// What was told of this kind, in order.
fn told_of(world: &World, kind: &str) -> Vec<Value> {
    world.told().into_iter().filter(|told| told["eventType"] == kind).collect()
}

fn events(at: i64, events: Value) -> Record {
    record(Source::Insights, START + at, json!({ "events": events }))
}

fn in_vain(token: &str, after: i64, query: &str) -> Value {
    let mut search = search(token, after, query);
    (search["nbHits"], search["objectIDs"]) = (json!(0), json!([]));
    search
}

/// Causeway asks, and so much matches.
fn probe(after: i64, query: &str, nb_hits: u64) -> Record {
    seen(vec![json!({
        "at": START + after, "index": "products", "query": query, "nbHits": nb_hits, "via": "probe",
    })])
}

fn purchase(token: &str, after: i64, object: &str) -> Value {
    json!({
        "eventType": "conversion", "eventSubtype": "purchase", "eventName": "Bought", "index": "products",
        "userToken": token, "objectIDs": [object], "objectData": [{"price": 12.5, "quantity": 2}], "currency": "EUR",
        "timestamp": START + after,
    })
}

/// A conversion that names no search.
fn silent(token: &str, after: i64, object: &str) -> Value {
    json!({
        "eventType": "conversion", "eventName": "Converted", "index": "products", "userToken": token,
        "objectIDs": [object], "timestamp": START + after,
    })
}

/// Both tokens are one person's.
fn login(token: &str, user: &str, after: i64) -> Record {
    events(
        after,
        json!([{
            "eventType": "view", "eventName": "Seen", "index": "products", "userToken": token,
            "authenticatedUserToken": user, "objectIDs": ["x"], "timestamp": START + after,
        }]),
    )
}

fn demand_of(world: &World, query: &str) -> Demand {
    demand::demand(&world.facts, DemandId::of("products", query, None)).unwrap().unwrap()
}

/// Who was told that a query has results, in order.
fn who(world: &World) -> Vec<Value> {
    told_of(world, "search-has-results").into_iter().map(|mut told| told["userToken"].take()).collect()
}

#[test]
fn everybody_who_asked_in_vain_is_told_once_over_restarts_and_what_they_bought_is_counted() {
    let mut world = World::new();
    world.take(vec![seen(vec![in_vain("ann", 0, "Zebra Lamp"), in_vain("bob", 10, "zebra lamp")])]);
    world.rest();
    world.take(vec![events(HOUR, json!([purchase("ann", HOUR, "lamp-1"), purchase("cat", HOUR, "lamp-2")]))]);
    world.restart();
    let zebra = demand_of(&world, "zebra lamp");
    let waiting: Vec<&str> = zebra.waiting.iter().map(|waiting| waiting.token.as_str()).collect();
    assert_eq!((zebra.times, zebra.persons, waiting), (2, 2, vec!["ann", "bob"]));
    let bought: Vec<_> = zebra.bought.iter().map(|one| (one.object_id.as_str(), one.persons)).collect();
    assert_eq!((bought, zebra.revenue["EUR"]), (vec![("lamp-1", 1)], 25_000_000));

    world.take(vec![probe(2 * HOUR, "zebra lamp", 3)]);
    world.restart();
    world.rest();
    world.take(vec![probe(3 * HOUR, "zebra lamp", 3)]);
    world.rest();
    assert_eq!(who(&world), ["ann", "bob"]);
    let told = &told_of(&world, "search-has-results")[0];
    assert_eq!((&told["query"], &told["nbHits"]), (&json!("zebra lamp"), &json!(3)));
    assert_eq!(told["firstAskedAt"], told["lastAskedAt"]);
}

#[test]
fn a_probe_is_nobodys_search_and_one_in_vain_tells_nobody() {
    let mut world = World::new();
    world.take(vec![seen(vec![in_vain("ann", 0, "zebra lamp")])]);
    world.rest();
    let (searches, told) = (world.searches(), world.told().len());
    world.take(vec![probe(HOUR, "zebra lamp", 0)]);
    world.take(vec![probe(HOUR, "never asked", 0)]);
    world.rest();
    let zebra = demand_of(&world, "zebra lamp");
    assert_eq!((world.searches(), world.told().len(), zebra.times), (searches, told, 1));
    assert_eq!((zebra.probed_at, zebra.found, zebra.waiting.len()), (Some(START + HOUR), None, 1));
    assert_eq!(demand::rows(&world.facts).unwrap().len(), 1, "a probe makes no demand");
    world.take(vec![probe(2 * HOUR, "zebra lamp", 1)]);
    world.rest();
    assert_eq!((world.searches(), who(&world)), (searches, vec![json!("ann")]));
    let row = demand::rows(&world.facts).unwrap().remove(0);
    assert_eq!((row.found, row.waiting, row.probed_at), (true, 0, Some(START + 2 * HOUR)));
}

#[test]
fn who_sees_the_results_is_not_told_and_two_tokens_of_one_person_are_told_as_one() {
    let mut world = World::new();
    let asked = ["ann", "bob-phone", "bob-laptop"].map(|token| in_vain(token, 0, "zebra lamp"));
    world.take(vec![login("bob-phone", "bob", 0), login("bob-laptop", "bob", 1), seen(asked.into())]);
    world.rest();
    assert_eq!(demand_of(&world, "zebra lamp").waiting.len(), 3);
    world.take(vec![seen(vec![search("ann", HOUR, "zebra lamp")])]);
    world.rest();
    assert_eq!(who(&world), ["bob-phone"]);
    assert_eq!(demand_of(&world, "zebra lamp").waiting, []);
}

#[test]
fn somebody_who_is_forgotten_waits_for_nothing() {
    let mut world = World::new();
    world.take(vec![seen(vec![in_vain("ann", 0, "zebra lamp"), in_vain("bob", 10, "zebra lamp")])]);
    world.rest();
    let order = serde_json::to_value(Order::Forget(Forget::new("ann", START + 9_000))).unwrap();
    world.take(vec![record(Source::Operator, START + 9_000, order), probe(HOUR, "zebra lamp", 1)]);
    world.rest();
    assert_eq!(who(&world), ["bob"]);
}

/// The search that was recovered for the latest conversion, and how sure it is.
fn recovered(world: &World) -> (Value, Value) {
    let mut told = told_of(world, "conversion").pop().unwrap();
    (told["queryID"].take(), told["queryIDConfidence"].take())
}

const NOTHING: (Value, Value) = (Value::Null, Value::Null);

#[test]
fn a_conversion_without_a_search_gets_the_one_whose_result_the_person_clicked_on() {
    let mut world = World::with(Settings { forward: true, ..Settings::default() });
    world.take(vec![seen(vec![search("ann", 0, "lamp"), search("ann", 60_000, "sofa")])]);
    world.rest();
    world.take(vec![click("ann", 70_000, 0)]);
    world.restart();
    world.take(vec![events(HOUR, json!([silent("ann", HOUR, "a")]))]);
    assert_eq!(recovered(&world), (json!(query_id(0)), json!(0.95)));
    assert_eq!(told_of(&world, "conversion")[0]["query"], "lamp");
    assert_eq!(world.forwarded().pop().unwrap()["queryID"], query_id(0), "Algolia is told as well");
    world.take(vec![events(HOUR, json!([silent("bob", HOUR, "a")]))]);
    assert_eq!(recovered(&world), NOTHING, "bob saw nothing");
}

#[test]
fn what_was_only_shown_is_less_sure_and_what_is_stale_is_no_evidence() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("ann", 0, "lamp")])]);
    world.rest();
    world.take(vec![events(HOUR, json!([silent("ann", HOUR, "b")]))]);
    assert_eq!(recovered(&world), (json!(query_id(0)), json!(0.6)));
    world.take(vec![events(HOUR + 1, json!([silent("ann", HOUR + 1, "unseen")]))]);
    assert_eq!(recovered(&world), NOTHING);

    world.take(vec![click("bob", 3 * HOUR, 0)]);
    world.take(vec![events(3 * HOUR + DAY + 1, json!([silent("bob", 3 * HOUR + DAY + 1, "a")]))]);
    assert_eq!(recovered(&world), NOTHING, "the click is older than a day");
    world.take(vec![events(3 * HOUR + DAY + 2, json!([silent("bob", 3 * HOUR + DAY, "a")]))]);
    assert_eq!(recovered(&world), (json!(query_id(0)), json!(0.95)), "it counts when the conversion was");
}

#[test]
fn a_tie_is_never_decided_however_little_confidence_is_asked_for() {
    let mut settings = Settings::default();
    settings.searches.least_confidence = 0;
    let mut world = World::with(settings);
    world.take(vec![seen(vec![search("ann", 0, "lamp"), search("ann", 60_000, "sofa")])]);
    world.rest();
    world.take(vec![events(HOUR, json!([silent("ann", HOUR, "b")]))]);
    assert_eq!(recovered(&world), NOTHING, "both queries showed it at the same place");
    world.take(vec![click("ann", 2 * HOUR, 0), click("ann", 2 * HOUR + 59_999, 60_000)]);
    world.take(vec![events(3 * HOUR, json!([silent("ann", 3 * HOUR, "a")]))]);
    assert_eq!(recovered(&world), NOTHING, "it was clicked on in the results of both at about the same time");
    world.take(vec![click("ann", 2 * HOUR + 60_000, 60_000)]);
    world.take(vec![events(3 * HOUR, json!([silent("ann", 3 * HOUR + 1, "a")]))]);
    assert_eq!(recovered(&world), (json!(query_id(60_000)), json!(0.8)));
}

#[test]
fn what_is_less_sure_than_asked_for_is_left_out_and_so_is_everything_if_it_is_off() {
    let changes: [fn(&mut Settings); 2] =
        [|it| it.searches.least_confidence = 61, |it| it.searches.recover = false];
    for change in changes {
        let mut settings = Settings::default();
        change(&mut settings);
        let mut world = World::with(settings);
        world.take(vec![seen(vec![search("ann", 0, "lamp")])]);
        world.rest();
        world.take(vec![events(HOUR, json!([silent("ann", HOUR, "b")]))]);
        assert_eq!(recovered(&world), NOTHING);
    }
}

#[test]
fn a_click_and_a_conversion_that_come_before_their_search_are_told_after_it_with_its_query() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("bob", 0, "sofa")])]);
    world.rest();
    world.take(vec![click("ann", 5_100, 5_000), events(5_200, json!([silent("ann", 5_150, "a")]))]);
    assert_eq!(told_of(&world, "conversion").len(), 0);
    world.restart();
    world.take(vec![seen(vec![search("ann", 5_000, "lamp")])]);
    let kinds: Vec<Value> = world.told()[1..].iter().map(|told| told["eventType"].clone()).collect();
    assert_eq!(kinds, ["search", "click", "conversion"]);
    assert_eq!(recovered(&world), (json!(query_id(5_000)), json!(0.95)));
    assert!(world.told()[1..].iter().all(|told| told["query"] == "lamp"));
}

fn newcomers() -> World {
    let mut settings = Settings::default();
    settings.searches.newcomers = true;
    let mut world = World::with(settings);
    // Since then it is noted who searches.
    world.take(vec![tick(START - DAY)]);
    world
}

fn view(token: &str, after: i64) -> Record {
    events(
        after,
        json!([{
            "eventType": "view", "eventName": "Seen", "index": "products", "userToken": token,
            "objectIDs": ["x"], "timestamp": START + after,
        }]),
    )
}

#[test]
fn a_newcomer_is_told_of_once_ever_with_the_first_query_and_what_its_results_are_mostly_of() {
    let mut world = newcomers();
    let mut first = search("ann", 0, "lamp");
    first["facets"] = json!({"brand": "Apple"});
    world.take(vec![seen(vec![first])]);
    world.rest();
    let told = told_of(&world, "new-searcher");
    assert_eq!(
        told,
        [json!({
            "eventType": "new-searcher", "userToken": "ann", "index": "products", "query": "lamp", "nbHits": 3,
            "queryID": query_id(0), "interest": {"brand": "Apple"},
        })]
    );
    world.restart();
    world.take(vec![seen(vec![search("ann", 40 * DAY, "sofa")])]);
    world.rest();
    assert_eq!(told_of(&world, "new-searcher").len(), 1);
}

#[test]
fn a_category_that_a_newcomer_clicks_on_first_is_the_interest() {
    let mut world = newcomers();
    let mut filter = silent("ann", 0, "x");
    filter.as_object_mut().unwrap().remove("objectIDs");
    (filter["eventType"], filter["filters"]) = (json!("click"), json!(["category%3ALamps%20%26%20light"]));
    world.take(vec![events(0, json!([filter]))]);
    world.take(vec![seen(vec![search("ann", 9_000, "sofa")])]);
    world.rest();
    let told = told_of(&world, "new-searcher");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["category"], "category:Lamps & light");
    assert_eq!(told[0]["interest"], json!({"category": "Lamps & light"}));
}

#[test]
fn a_newcomer_without_an_interest_is_waited_for_and_told_of_without_after_half_a_minute() {
    let mut world = newcomers();
    world.take(vec![view("ann", 0), view("bob", 10)]);
    world.take(vec![seen(vec![search("bob", 9_000, "sofa")])]);
    world.take(vec![tick(START + 29_999)]);
    let told = told_of(&world, "new-searcher");
    assert_eq!((told.len(), &told[0]["query"]), (1, &json!("sofa")), "bob showed one in time");
    world.restart();
    assert_eq!(world.next_due(), Some(START + 30_000));
    world.take(vec![tick(START + 30_000)]);
    let told = told_of(&world, "new-searcher");
    assert_eq!((told.len(), &told[1]["userToken"], &told[1]["query"]), (2, &json!("ann"), &Value::Null));
    world.take(vec![seen(vec![search("ann", DAY, "lamp")])]);
    world.rest();
    assert_eq!(told_of(&world, "new-searcher").len(), 2);
}

#[test]
fn a_new_device_of_somebody_known_is_no_newcomer() {
    let mut world = newcomers();
    world.take(vec![seen(vec![search("ann-phone", 0, "lamp")])]);
    world.rest();
    world.take(vec![login("ann-phone", "ann", 10_000), login("ann-laptop", "ann", 11_000)]);
    world.take(vec![seen(vec![search("ann-laptop", HOUR, "sofa")])]);
    world.rest();
    let who: Vec<Value> =
        told_of(&world, "new-searcher").into_iter().map(|mut told| told["userToken"].take()).collect();
    assert_eq!(who, ["ann-phone"]);
}
