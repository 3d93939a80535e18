//! The samples of Segment's e-commerce spec, v2 and v1.

use super::*;

/// What every event of `track` has.
fn with_person(event: Value) -> Value {
    let mut whole = json!({"index": "products", "userToken": "anonymous-1", "authenticatedUserToken": "u-7",
        "timestamp": 1_795_501_800_000_i64});
    let Value::Object(members) = event else { panic!("an event is an object") };
    whole.as_object_mut().unwrap().extend(members);
    whole
}

fn product() -> Value {
    json!({"product_id": "507f1f77bcf86cd799439011", "sku": "G-32", "category": "Games",
        "name": "Monopoly: 3rd Edition", "brand": "Hasbro", "variant": "200 pieces", "price": 18.99, "quantity": 1,
        "coupon": "MAYDEALS", "position": 3, "url": "https://www.example.com/product/path",
        "image_url": "https://www.example.com/product/path.jpg"})
}

fn order() -> Value {
    json!({"checkout_id": "fksdjfsdjfisjf9sdfjsd9f", "order_id": "50314b8e9bcf000000000000",
        "affiliation": "Google Store", "total": 27.50, "subtotal": 22.50, "revenue": 25.00, "shipping": 3, "tax": 2,
        "discount": 2.5, "coupon": "hasbros", "currency": "USD", "products": [
            {"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "name": "Monopoly: 3rd Edition",
                "price": 19, "quantity": 1, "category": "Games"},
            {"product_id": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3,
                "quantity": 2, "category": "Games"}]})
}

#[test]
fn each_sample_of_the_spec_becomes_its_insights_event() {
    let ids = json!(["507f1f77bcf86cd799439011"]);
    let mut clicked = product();
    clicked["query_id"] = QUERY.into();
    let mut added = product();
    added["currency"] = "USD".into();
    let both = json!(["507f1f77bcf86cd799439011", "505bd76785ebb509fc183733"]);
    let list = json!({"list_id": "hot_deals_1", "category": "Deals", "products": order()["products"],
        "filters": [{"type": "department", "value": "beauty"}, {"type": "price", "value": "under-$25"}],
        "sorts": [{"type": "price", "value": "desc"}]});
    let purchase = json!({"eventName": "Order Completed", "eventType": "conversion", "eventSubtype": "purchase",
        "objectIDs": both, "objectData": [{"price": 19, "quantity": 1}, {"price": 3, "quantity": 2}],
        "value": 25, "currency": "USD"});
    let add_to_cart = json!({"eventName": "Product Added", "eventType": "conversion", "eventSubtype": "addToCart",
        "objectIDs": ids, "objectData": [{"price": 18.99, "quantity": 1}], "currency": "USD"});
    let click = json!({"eventName": "Product Clicked", "eventType": "click", "objectIDs": ids, "positions": [3],
        "queryID": QUERY});
    let view = json!({"eventName": "Product Viewed", "eventType": "view", "objectIDs": ids});
    let views = json!({"eventName": "Product List Viewed", "eventType": "view", "objectIDs": both});
    let filters = json!({"eventName": "Product List Filtered", "eventType": "click",
        "filters": ["department:beauty", "price:under-%2425"]});
    let wish = json!({"eventName": "Product Added to Wishlist", "eventType": "conversion", "objectIDs": ids});
    for (name, properties, expected) in [
        ("Product Clicked", &clicked, &click),
        ("Clicked Product", &clicked, &click),
        ("Product Viewed", &product(), &view),
        ("Viewed Product", &product(), &view),
        ("Product List Viewed", &list, &views),
        ("Viewed Product Category", &list, &views),
        ("Product List Filtered", &list, &filters),
        ("Product Added", &added, &add_to_cart),
        ("Added Product", &added, &add_to_cart),
        ("Order Completed", &order(), &purchase),
        ("Completed Order", &order(), &purchase),
        ("Product Added to Wishlist", &product(), &wish),
    ] {
        assert_eq!(event(&track(name, properties.clone())), with_person(expected.clone()), "{name}");
    }
}

#[test]
fn what_insights_has_no_form_for_is_left_alone() {
    for name in [
        "Products Searched",
        "Product Removed",
        "Cart Viewed",
        "Checkout Started",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Promotion Clicked",
        "Product Removed from Wishlist",
        "Wishlist Product Added to Cart",
        "Something Else",
    ] {
        assert_eq!(tried(&recipe(json!({})), &track(name, order()))["outcome"], "unmapped", "{name}");
    }
    let page = json!({"type": "page", "event": "Product Viewed", "userId": "u", "properties": product()});
    assert_eq!(tried(&recipe(json!({})), &page)["outcome"], "unmapped");
}

#[test]
fn a_list_without_anything_in_it_is_nothing_to_tell() {
    for (name, properties) in [
        ("Product List Viewed", json!({"products": []})),
        ("Product List Viewed", json!({"category": "Deals"})),
        ("Product List Filtered", json!({"filters": []})),
        ("Product List Filtered", json!({"sorts": [{"type": "price", "value": "desc"}]})),
    ] {
        let answer = tried(&recipe(json!({})), &track(name, properties.clone()));
        assert_eq!(answer["outcome"], "unmapped", "{properties}");
    }
}

#[test]
fn the_old_spec_calls_a_products_id_id() {
    let order = track(
        "Completed Order",
        json!({"id": "o-1", "revenue": 30, "currency": "USD",
        "products": [{"id": "507f", "sku": "45790-32", "price": 15, "quantity": 2}]}),
    );
    assert_eq!(event(&order)["objectIDs"], json!(["507f"]));
}

/// The mapping of Segment's own action "Conversion Events", with its defaults.
const PASTED: &str = r#"{
  "name": "pasted", "source": "segment", "destination": "insights",
  "trigger": "type = \"track\" and event = \"Order Completed\"",
  "mapping": {
    "eventSubtype": "purchase", "eventType": "conversion", "eventName": "Conversion Event",
    "products": {"@arrayPath": ["$.properties.products", {"product_id": {"@path": "$.product_id"},
      "price": {"@path": "$.price"}, "quantity": {"@path": "$.quantity"}, "discount": {"@path": "$.discount"},
      "queryID": {"@path": "$.queryID"}}]},
    "index": {"@path": "$.properties.search_index"},
    "queryID": {"@if": {"exists": {"@path": "$.properties.query_id"}, "then": {"@path": "$.properties.query_id"},
      "else": {"@path": "$.integrations.Algolia Insights (Actions).query_id"}}},
    "userToken": {"@if": {"exists": {"@path": "$.anonymousId"}, "then": {"@path": "$.anonymousId"},
      "else": {"@path": "$.userId"}}},
    "authenticatedUserToken": {"@path": "$.userId"},
    "timestamp": {"@path": "$.timestamp"},
    "value": {"@path": "$.properties.value"},
    "currency": {"@path": "$.properties.currency"},
    "extraProperties": {"@path": "$.properties"}
  }
}"#;

#[test]
fn a_mapping_pasted_from_segments_destination_works_as_it_is() {
    let flow = Flow::compile(&Definition::parse(PASTED, "pasted").unwrap(), &|_| Err(String::new())).unwrap();
    let mut message = track("Order Completed", order());
    message["properties"]["search_index"] = "games".into();
    message["integrations"] = json!({"Algolia Insights (Actions)": {"query_id": QUERY}});
    let event = &tried(&flow, &message)["output"][0];
    assert_eq!((&event["index"], &event["userToken"]), (&json!("games"), &json!("anonymous-1")));
    assert_eq!(event["objectData"][0], json!({"queryID": QUERY, "price": 19, "quantity": 1}));
}

#[test]
fn what_is_left_out_is_said() {
    let message = track("Product Clicked", json!({"product_id": "a", "position": 0, "query_id": "wrong"}));
    let answer = tried(&recipe(json!({})), &message);
    let notes = answer["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes[0].as_str().unwrap().contains("position 0") && notes[1].as_str().unwrap().contains("wrong")
    );
    let message = track("Product Viewed", product());
    assert_eq!(tried(&recipe(json!({})), &message).get("notes"), None);
}
