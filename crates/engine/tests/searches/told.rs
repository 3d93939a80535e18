//! What is told of searches.

use super::world::{START, World, click, search, seen, tick};
use serde_json::json;

#[test]
fn what_is_typed_on_the_way_to_a_query_is_one_search() {
    let mut world = World::new();
    for (after, query) in [(0, "r"), (200, "re"), (400, "red"), (900, "red sho"), (1_100, "red shoes")] {
        world.take(vec![seen(vec![search("ann", after, query)])]);
    }
    world.take(vec![tick(START + 2_700)]);
    assert_eq!((world.queries().len(), world.next_due()), (0, Some(START + 2_800)));
    world.take(vec![tick(START + 2_800)]);
    assert_eq!(
        world.told(),
        [json!({
            "eventType": "search", "index": "products", "queryID": super::world::query_id(1_100), "userToken": "ann",
            "query": "red shoes", "page": 0, "hitsPerPage": 20, "nbHits": 3, "latencyMs": 4, "objectIDs": ["a", "b"],
            "typed": 5, "heldOut": false, "via": "gateway",
        })]
    );
    assert_eq!((world.searches(), world.next_due()), ((5, 1, 4), None));
    assert!(world.messages()[0]["timestamp"].as_str().unwrap().ends_with("1.100Z"));
}

#[test]
fn a_click_settles_its_search_at_once_and_comes_after_it() {
    let mut world = World::new();
    world.take(vec![seen(vec![search("ann", 0, "red"), search("ann", 200, "red s")]), click("ann", 300, 0)]);
    let told: Vec<_> = world.told().iter().map(|told| told["eventType"].clone()).collect();
    assert_eq!((told, world.queries()), (vec![json!("search"), json!("click")], vec!["red".to_owned()]));
    world.rest();
    assert_eq!(world.queries().len(), 1);
}

#[test]
fn another_query_other_filters_and_another_page_are_searches_of_their_own() {
    let mut world = World::new();
    let mut filtered = search("ann", 600, "blue");
    filtered["filters"] = json!("brand:Apple");
    let mut paged = search("ann", 900, "blue");
    paged["page"] = json!(1);
    world.take(vec![seen(vec![search("ann", 0, "red"), search("ann", 300, "blue"), filtered, paged])]);
    world.rest();
    assert_eq!(world.queries(), ["red", "blue", "blue", "blue"]);
}

#[test]
fn clearing_the_box_settles_what_was_typed_before() {
    let mut world = World::new();
    let texts = ["red sho", "red shoes", "red", "r", "", "b", "bl", "blu"];
    let searches = texts.iter().enumerate().map(|(place, text)| search("ann", place as i64 * 200, text));
    world.take(vec![seen(searches.collect())]);
    world.rest();
    assert_eq!(
        (world.queries(), world.searches()),
        (vec!["red shoes".to_owned(), "blu".to_owned()], (8, 2, 6))
    );
}

#[test]
fn somebody_who_deletes_back_to_a_shorter_query_and_looks_at_it_means_that() {
    let mut world = World::new();
    world.take(vec![seen(vec![
        search("ann", 0, "red shoes"),
        search("ann", 400, "red sho"),
        search("ann", 700, "red"),
    ])]);
    world.rest();
    assert_eq!(world.queries(), ["red"]);
}

#[test]
fn nobodys_searches_and_empty_queries_are_counted_and_not_told() {
    let mut world = World::new();
    let mut nobody = search("", 0, "red");
    nobody.as_object_mut().unwrap().remove("userToken");
    world.take(vec![seen(vec![nobody, search("ann", 10, " ")])]);
    assert_eq!((world.told().len(), world.searches(), world.next_due()), (0, (2, 0, 2), None));
}

#[test]
fn the_same_search_again_within_half_a_minute_is_not_told_again() {
    let mut world = World::new();
    for after in [0, 20_000, 33_000] {
        world.take(vec![seen(vec![search("ann", after, "Red  Shoes")])]);
        world.rest();
    }
    assert_eq!((world.queries().len(), world.searches()), (2, (3, 2, 1)));
    // The repetition's answer leads to the search all the same.
    world.take(vec![click("ann", 40_000, 20_000)]);
    assert_eq!(world.told().last().unwrap()["query"], "Red  Shoes");
}
