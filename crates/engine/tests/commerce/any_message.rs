//! Whatever a message says, what is made of it is lawful.

use super::*;
use proptest::prelude::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        (-2..30_i64).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        "[$€]?[0-9]{1,4}[.,]?[0-9]{0,3}".prop_map(Value::from),
        Just(json!(QUERY)),
        Just(json!("EUR")),
        Just(json!(AT)),
    ];
    leaf.prop_recursive(3, 40, 24, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..24).prop_map(Value::from),
            members(inner).prop_map(Value::Object),
        ]
    })
}

/// Mostly keys that mean something.
fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let keys = [
        "product_id",
        "id",
        "objectID",
        "position",
        "price",
        "quantity",
        "discount",
        "query_id",
        "queryID",
        "type",
        "attribute",
        "value",
        "currency",
        "revenue",
        "products",
        "filters",
        "search_index",
        "total",
    ];
    let key = prop_oneof![8 => prop::sample::select(keys.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    prop::collection::vec((key, value), 0..8).prop_map(|members| members.into_iter().collect())
}

fn message() -> impl Strategy<Value = Value> {
    let names = [
        "Product Clicked",
        "Product Viewed",
        "Product List Viewed",
        "Product List Filtered",
        "Product Added",
        "Order Completed",
        "Product Added to Wishlist",
    ];
    let properties = members(any_json()).prop_map(Value::Object);
    let id = || prop_oneof![3 => "[a-z0-9-]{1,12}".prop_map(Value::from), 2 => any_json()];
    let parts = (prop::sample::select(names.to_vec()), properties, id(), id(), any_json());
    parts.prop_map(|(event, properties, anonymous, user, timestamp)| {
        json!({"type": "track", "event": event, "properties": properties, "anonymousId": anonymous, "userId": user,
            "timestamp": timestamp, "integrations": {"Algolia Insights (Actions)": properties}})
    })
}

proptest! {
    #[test]
    fn every_event_made_of_any_message_is_lawful(message in message(), first in any::<bool>(), zero in any::<bool>()) {
        let settings = json!({"too_many": if first { "first" } else { "split" },
            "positions": if zero { "zero-based" } else { "one-based" }});
        tried(&recipe(settings), &message);
    }

    #[test]
    fn a_flow_that_hands_the_message_over_as_it_is_makes_lawful_events_or_none(properties in any_json()) {
        let text = "name = \"x\"\nsource = \"segment\"\ndestination = \"insights\"\nmapping = { \"@path\" = \"$.\" }\n";
        let flow = Flow::compile(&Definition::parse(text, "x").unwrap(), &|_| Err(String::new())).unwrap();
        tried(&flow, &properties);
        for kind in ["click", "view", "conversion"] {
            let mut message = json!({"eventName": "E", "eventType": kind, "index": "i", "userId": "u"});
            if let Value::Object(members) = &properties {
                message.as_object_mut().unwrap().extend(members.clone());
            }
            tried(&flow, &message);
        }
    }
}
