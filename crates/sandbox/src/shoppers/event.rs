//! Insights events as a shop's pages send them, still without the person's tokens and the time.

pub use crate::catalogue::INDEX;

use crate::catalogue::Product;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What the shop charges in.
pub const CURRENCY: &str = "EUR";
/// What `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Something in a cart: how many, and the search that led to it, if one did.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) product: Product,
    pub(super) quantity: u32,
    pub(super) query_id: Option<String>,
}

impl Line {
    const fn cents(&self) -> u32 {
        self.product.price_cents * self.quantity
    }

    fn data(&self) -> Value {
        json!({"price": self.product.price(), "quantity": self.quantity})
    }
}

pub(super) fn viewed_results(page: &[Product]) -> Value {
    let ids = page.iter().map(|product| &product.object_id).collect::<Vec<_>>();
    json!({"eventName": "Search Results Viewed", "eventType": "view", "index": INDEX, "objectIDs": ids})
}

/// The browser library encodes the whole filter, colon included.
pub(super) fn clicked_filter(facet: &str, value: &str) -> Value {
    let filter = format!("{facet}:{value}");
    let encoded = utf8_percent_encode(&filter, COMPONENT).to_string();
    json!({"eventName": "Filter Clicked", "eventType": "click", "index": INDEX, "filters": [encoded]})
}

/// `position` counts from 1 over all pages.
pub(super) fn clicked(product: &Product, position: usize, query_id: &str) -> Value {
    json!({
        "eventName": "Product Clicked", "eventType": "click", "index": INDEX,
        "objectIDs": [product.object_id], "positions": [position], "queryID": query_id,
    })
}

pub(super) fn viewed_product(product: &Product) -> Value {
    json!({"eventName": "Product Viewed", "eventType": "view", "index": INDEX, "objectIDs": [product.object_id]})
}

pub(super) fn added_to_cart(line: &Line) -> Value {
    let mut event = json!({
        "eventName": "Product Added To Cart", "eventType": "conversion", "eventSubtype": "addToCart", "index": INDEX,
        "objectIDs": [line.product.object_id], "objectData": [line.data()],
        "value": units(line.cents()), "currency": CURRENCY,
    });
    if let Some(query_id) = &line.query_id {
        event["queryID"] = query_id.as_str().into();
    }
    event
}

/// The query ids of a purchase belong to its lines.
pub(super) fn purchased(cart: &[Line]) -> Value {
    let ids = cart.iter().map(|line| &line.product.object_id).collect::<Vec<_>>();
    let data = cart.iter().map(purchased_line).collect::<Vec<_>>();
    json!({
        "eventName": "Order Completed", "eventType": "conversion", "eventSubtype": "purchase", "index": INDEX,
        "objectIDs": ids, "objectData": data, "value": units(total_cents(cart)), "currency": CURRENCY,
    })
}

/// What a cart costs.
pub(super) fn total_cents(cart: &[Line]) -> u32 {
    cart.iter().map(Line::cents).sum()
}

fn purchased_line(line: &Line) -> Value {
    let mut data = line.data();
    if let Some(query_id) = &line.query_id {
        data["queryID"] = query_id.as_str().into();
    }
    data
}

fn units(cents: u32) -> f64 {
    f64::from(cents) / 100.0
}
