//! Insights events to send.

use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const QUERY: &str = "7dfe2ada7bca48bdd0629649df0bee07";

pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A click after a search.
pub(crate) fn click(token: &str, object: &str) -> Value {
    json!({
        "eventName": "Product Clicked", "eventType": "click", "index": "products", "userToken": token,
        "timestamp": now(), "objectIDs": [object], "positions": [3], "queryID": QUERY,
    })
}

/// A view of one object.
pub(crate) fn view(token: &str, object: &str) -> Value {
    json!({
        "eventName": "Product Viewed", "eventType": "view", "index": "products", "userToken": token,
        "timestamp": now(), "objectIDs": [object],
    })
}

/// Views `o-FROM`, `o-FROM+1`, … spread over ten people, each event another one.
pub(crate) fn views(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| view(&format!("person-{}", number % 10), &format!("o-{number}"))).collect()
}

/// An event that breaks a rule.
pub(crate) fn invalid() -> Value {
    but(view("person-0", "o-0"), json!({"index": null}))
}

/// The event with members replaced; a null member is taken away.
pub(crate) fn but(mut event: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    let members = event.as_object_mut().unwrap();
    for (key, value) in changes {
        match value {
            Value::Null => members.remove(&key),
            value => members.insert(key, value),
        };
    }
    event
}

/// One event of every variant that Insights knows, named after its variant.
pub(crate) fn variants() -> Vec<Value> {
    let base = |name: &str, kind: &str, rest: Value| {
        let event = json!({
            "eventName": name, "eventType": kind, "index": "products", "userToken": "anonymous-1",
            "timestamp": 1_700_000_000_000_i64, "objectIDs": ["a", "b"],
        });
        but(but(event, json!({"timestamp": now()})), rest)
    };
    let items = json!([{"price": 10.5, "quantity": 2, "discount": 1}, {"price": "3.25", "quantity": 1}]);
    let items_after_search = json!([
        {"price": 10.5, "quantity": 2, "queryID": QUERY}, {"price": 3.25, "quantity": 1, "queryID": QUERY}
    ]);
    let filters = json!({"objectIDs": null, "filters": ["brand:apple", "discount%3A10%25"]});
    vec![
        base("ClickedObjectIDsAfterSearch", "click", json!({"positions": [1, 7], "queryID": QUERY})),
        base("ClickedObjectIDs", "click", json!({})),
        base("ClickedFilters", "click", filters.clone()),
        base("ConvertedObjectIDsAfterSearch", "conversion", json!({"queryID": QUERY})),
        base("ConvertedObjectIDs", "conversion", json!({})),
        base("ConvertedFilters", "conversion", filters.clone()),
        base(
            "AddedToCartObjectIDsAfterSearch",
            "conversion",
            json!({"eventSubtype": "addToCart", "queryID": QUERY, "objectData": items_after_search, "currency": "EUR"}),
        ),
        base(
            "AddedToCartObjectIDs",
            "conversion",
            json!({"eventSubtype": "addToCart", "objectData": items, "currency": "EUR"}),
        ),
        base(
            "PurchasedObjectIDsAfterSearch",
            "conversion",
            json!({"eventSubtype": "purchase", "objectData": items_after_search, "value": 24.25, "currency": "USD"}),
        ),
        base(
            "PurchasedObjectIDs",
            "conversion",
            json!({"eventSubtype": "purchase", "objectData": items, "value": "24.25", "currency": "usd"}),
        ),
        base("ViewedObjectIDs", "view", json!({})),
        base("ViewedFilters", "view", filters),
        base(
            "Instantsearch",
            "instantsearch",
            json!({"index": null, "objectIDs": null, "agentID": "agent-1"}),
        ),
    ]
}
