//! What other bridges stumble over, each under its name.

use super::*;

fn clicked(properties: Value) -> Value {
    let mut all = json!({"product_id": "a"});
    let Value::Object(more) = properties else { panic!("properties are an object") };
    all.as_object_mut().unwrap().extend(more);
    track("Product Clicked", all)
}

fn order(products: Value) -> Value {
    let mut message = track("Order Completed", json!({"currency": "EUR"}));
    message["properties"]["products"] = products;
    message
}

#[test]
fn zero_based_positions_are_counted_from_one() {
    let click = |position: Value| clicked(json!({"position": position, "query_id": QUERY}));
    let zero = json!({"positions": "zero-based"});
    assert_eq!(events_with(zero.clone(), &click(json!(0)))[0]["positions"], json!([1]));
    assert_eq!(events_with(zero.clone(), &click(json!("4")))[0]["positions"], json!([5]));
    assert_eq!(event(&click(json!(4)))["positions"], json!([4]));
    for (settings, wrong) in [(json!({}), json!(0)), (zero, json!(-1)), (json!({}), json!(1.5))] {
        let event = &events_with(settings, &click(wrong))[0];
        assert_eq!((event.get("positions"), event.get("queryID")), (None, None));
    }
}

#[test]
fn a_position_without_a_query_id_is_dropped() {
    assert_eq!(event(&clicked(json!({"position": 3}))).get("positions"), None);
}

#[test]
fn a_query_id_without_a_position_is_dropped_from_a_click() {
    assert_eq!(event(&clicked(json!({"query_id": QUERY}))).get("queryID"), None);
}

#[test]
fn a_malformed_query_id_costs_the_query_id_and_not_the_event() {
    for wrong in ["undefined", "43B15DF305339E827F0AC0BDC5EBCAA7", "", "43b15df3"] {
        let event = event(&clicked(json!({"query_id": wrong, "position": 1})));
        assert_eq!((event.get("queryID"), event.get("positions")), (None, None), "{wrong}");
        let order = order(json!([{"product_id": "a", "query_id": wrong}]));
        assert_eq!(super::event(&order).get("objectData"), None, "{wrong}");
    }
}

#[test]
fn the_browser_plugins_query_id_counts_where_the_event_has_none() {
    let mut message = clicked(json!({"position": 2}));
    message["integrations"] = json!({"Algolia Insights (Actions)": {"query_id": QUERY}});
    assert_eq!(event(&message)["queryID"], QUERY);
    message["properties"]["query_id"] = OTHER_QUERY.into();
    assert_eq!(event(&message)["queryID"], OTHER_QUERY);
    message["properties"]["query_id"] = "undefined".into();
    assert_eq!(event(&message)["queryID"], QUERY);
}

#[test]
fn views_carry_no_query_id() {
    let message = track("Product Viewed", json!({"product_id": "a", "query_id": QUERY, "position": 1}));
    let event = event(&message);
    assert_eq!((event.get("queryID"), event.get("positions")), (None, None));
}

#[test]
fn filters_of_either_shape_have_their_values_encoded_exactly_once() {
    let filters = json!([
        {"type": "discount", "value": "10%"},
        {"attribute": "discount", "value": "10%25"},
        "category:Home & Garden",
        "brand%3Aapple",
        {"type": "rating", "value": 5},
        {"type": "in stock", "value": true},
        {"value": "nothing"},
        {"type": "empty", "value": ""},
        7,
    ]);
    let event = event(&track("Product List Filtered", json!({"filters": filters})));
    let expected = [
        "discount:10%25",
        "discount:10%25",
        "category:Home%20%26%20Garden",
        "brand:apple",
        "rating:5",
        "in stock:true",
    ];
    assert_eq!(event["filters"], json!(expected));
}

#[test]
fn more_than_twenty_objects_are_split_cut_or_rejected_as_the_operator_says() {
    let list = track("Product List Viewed", json!({"products": products(45)}));
    let sizes = |settings: Value| -> Vec<usize> {
        events_with(settings, &list)
            .iter()
            .map(|event| event["objectIDs"].as_array().unwrap().len())
            .collect()
    };
    assert_eq!(sizes(json!({})), [20, 20, 5]);
    assert_eq!(sizes(json!({"too_many": "first"})), [20]);
    let words = rejected(json!({"too_many": "reject"}), &list);
    assert!(words.contains("45") && words.contains("settings.too_many"), "{words}");
    let filters: Value = (0..21).map(|n| json!({"type": "size", "value": n})).collect();
    let filtered = track("Product List Filtered", json!({"filters": filters}));
    assert_eq!(events(&filtered).len(), 2);
}

#[test]
fn the_value_of_a_split_order_counts_once() {
    let mut message = order(products(25));
    message["properties"]["revenue"] = json!(48);
    let values =
        |message: &Value| -> Vec<Value> { events(message).iter().map(|one| one["value"].clone()).collect() };
    assert_eq!(values(&message), [json!(40), json!(10)]);
    message["properties"]["products"][3]["price"] = "on request".into();
    assert_eq!(values(&message), [json!(48), json!(null)]);
}

#[test]
fn prices_may_be_text() {
    let products = json!([{"product_id": "a", "price": "$19.90", "quantity": "2"},
        {"product_id": "b", "price": "19,90 €", "discount": "5.00"}, {"product_id": "c", "price": "free"}]);
    let mut message = order(products);
    message["properties"]["revenue"] = "1.299,00".into();
    let event = event(&message);
    let data = json!([{"price": 19.9, "quantity": 2}, {"price": 19.9, "discount": 5}, {}]);
    assert_eq!((&event["objectData"], &event["value"]), (&data, &json!(1299)));
}

#[test]
fn a_quantity_that_is_not_whole_is_left_out() {
    for wrong in [json!(1.5), json!("many"), json!(0), json!(-2), json!(3_000_000_000_u64), json!([1])] {
        let message = order(json!([{"product_id": "a", "price": 2, "quantity": wrong}]));
        assert_eq!(event(&message)["objectData"], json!([{"price": 2}]), "{wrong}");
    }
}

#[test]
fn the_value_is_what_the_products_cost() {
    for (properties, value) in [
        (json!({"revenue": 25, "total": 27.5, "value": 26, "subtotal": 22}), json!(25)),
        (json!({"total": 27.5, "value": 26, "subtotal": 22}), json!(22)),
        (json!({"total": 27.5, "value": 26}), json!(26)),
        (json!({"total": 27.5, "revenue": null}), json!(27.5)),
        (json!({"total": "€ 27,50", "revenue": "tba"}), json!(27.5)),
        (json!({}), Value::Null),
    ] {
        let mut message = order(products(1));
        message["properties"].as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        assert_eq!(event(&message)["value"], value, "{properties}");
    }
}

#[test]
fn prices_are_not_sent_without_a_currency() {
    let cart = track("Product Added", json!({"product_id": "a", "price": 5, "quantity": 2}));
    assert_eq!(event(&cart)["objectData"], json!([{"quantity": 2}]));
    let eur = json!({"currency": "EUR"});
    let with_default = &events_with(eur.clone(), &cart)[0];
    assert_eq!(
        (&with_default["currency"], &with_default["objectData"][0]["price"]),
        (&json!("EUR"), &json!(5))
    );
    let order = track("Order Completed", json!({"products": products(1), "currency": "euros"}));
    let words = rejected(json!({}), &order);
    assert!(words.contains("currency is missing") && words.contains("settings.currency"), "{words}");
    assert_eq!(events_with(eur, &order)[0]["currency"], "EUR");
}

#[test]
fn a_discount_is_taken_off_where_prices_are_before_discount() {
    let message = order(
        json!([{"product_id": "a", "price": 20.1, "discount": 5}, {"product_id": "b", "price": 2, "discount": 3}]),
    );
    assert_eq!(event(&message)["objectData"][0], json!({"price": 20.1, "discount": 5}));
    let taken_off = &events_with(json!({"prices": "before-discount"}), &message)[0];
    assert_eq!(taken_off["objectData"], json!([{"price": 15.1, "discount": 5}, {"price": 0, "discount": 3}]));
}

#[test]
fn a_purchase_has_its_query_ids_with_the_items_and_never_at_the_top() {
    let mut message = order(
        json!([{"product_id": "a", "query_id": OTHER_QUERY}, {"product_id": "b", "queryID": OTHER_QUERY},
        {"product_id": "c"}]),
    );
    let ids = |message: &Value| {
        event(message)["objectData"]
            .as_array()
            .unwrap()
            .iter()
            .map(|data| data["queryID"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&message), [json!(OTHER_QUERY), json!(OTHER_QUERY), Value::Null]);
    message["properties"]["query_id"] = QUERY.into();
    assert_eq!(ids(&message), [OTHER_QUERY, OTHER_QUERY, QUERY]);
    assert_eq!(event(&message).get("queryID"), None);
}

#[test]
fn a_cart_after_a_search_has_its_query_id_at_the_top() {
    let message = track("Product Added", json!({"product_id": "a", "query_id": QUERY}));
    assert_eq!(event(&message)["queryID"], QUERY);
}

#[test]
fn a_subtype_on_something_else_than_a_conversion_is_dropped() {
    let text = "name = \"x\"\nsource = \"segment\"\ndestination = \"insights\"\n[mapping]\neventName = \"E\"\n\
                eventType = \"click\"\neventSubtype = \"purchase\"\nindex = \"i\"\nobjectID = \"a\"\n";
    let flow = Flow::compile(&Definition::parse(text, "x").unwrap(), &|_| Err(String::new())).unwrap();
    assert_eq!(tried(&flow, &track("Any", json!({})))["output"][0].get("eventSubtype"), None);
}

#[test]
fn no_property_is_spread_into_the_event() {
    let extra = json!({"product_id": "a", "email": "ann@example.com", "objectData": [{}], "positions": [1],
        "filters": ["a:b"], "userToken": "x", "value": 5, "agentID": "y"});
    let event = event(&track("Product Viewed", extra));
    let keys: Vec<&String> = event.as_object().unwrap().keys().collect();
    let expected =
        ["eventName", "eventType", "index", "userToken", "authenticatedUserToken", "timestamp", "objectIDs"];
    assert_eq!(keys, expected);
}

#[test]
fn the_order_of_identifiers_is_the_same_for_every_event() {
    for name in ["Product Clicked", "Product Viewed", "Product Added", "Product Added to Wishlist"] {
        let mut message = track(name, json!({"product_id": "a"}));
        let tokens = |message: &Value| {
            let event = event(message);
            [event["userToken"].clone(), event["authenticatedUserToken"].clone()]
        };
        assert_eq!(tokens(&message), ["anonymous-1", "u-7"]);
        message["userId"] = Value::Null;
        assert_eq!(tokens(&message), [json!("anonymous-1"), Value::Null]);
        message["userId"] = json!(42);
        message["anonymousId"] = json!("");
        assert_eq!(tokens(&message), ["42", "42"], "an empty anonymousId is nobody, a number is its digits");
    }
}

#[test]
fn an_id_that_is_no_legal_token_never_reaches_algolia() {
    let mut message = track("Product Viewed", json!({"product_id": "a"}));
    message["userId"] = "ann@example.com".into();
    let first = event(&message);
    assert!(!first.to_string().contains("example"), "{first}");
    assert_eq!(first, event(&message), "the token is the same every time");
    message["userId"] = Value::Null;
    message["anonymousId"] = Value::Null;
    assert!(rejected(json!({}), &message).contains("The userToken field is required"));
}

#[test]
fn ids_that_are_numbers_become_text() {
    let message = track(
        "Product List Viewed",
        json!({"products": [{"product_id": 17}, {"product_id": "b"}, {"sku": "c"}]}),
    );
    assert_eq!(event(&message)["objectIDs"], json!(["17", "b"]));
}

#[test]
fn an_event_without_any_object_is_rejected_with_algolias_words() {
    let words = rejected(json!({}), &track("Product Clicked", json!({"sku": "c"})));
    assert!(words.contains("Event should specify either some ObjectIDs or some Filters"), "{words}");
}

#[test]
fn an_event_without_an_index_is_rejected_and_told_the_setting() {
    let message = track("Product Viewed", json!({"product_id": "a"}));
    assert!(rejected(json!({"index": ""}), &message).contains("settings.index"));
    let own = track("Product Viewed", json!({"product_id": "a", "search_index": "games"}));
    assert_eq!(events_with(json!({"index": ""}), &own)[0]["index"], "games");
}

#[test]
fn the_time_is_the_events_own_however_long_ago_or_ahead() {
    for at in ["2019-01-01T00:00:00Z", "2031-01-01T00:00:00Z"] {
        let mut message = track("Product Viewed", json!({"product_id": "a"}));
        message["timestamp"] = at.into();
        assert_eq!(event(&message)["timestamp"], causeway_segment::time::parse(at).unwrap());
    }
}

#[test]
fn a_name_is_cut_to_sixty_four_printable_characters() {
    let text = format!(
        "name = \"x\"\nsource = \"segment\"\ndestination = \"insights\"\n[mapping]\neventName = \"\\u00c4 {}\"\n\
        eventType = \"view\"\nindex = \"i\"\nobjectID = \"a\"\n",
        "Seen ".repeat(20)
    );
    let flow = Flow::compile(&Definition::parse(&text, "x").unwrap(), &|_| Err(String::new())).unwrap();
    let event = &tried(&flow, &track("Any", json!({})))["output"][0];
    let name = event["eventName"].as_str().unwrap();
    assert!(name.starts_with("Seen Seen") && name.len() <= 64, "{name}");
}
