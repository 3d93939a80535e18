//! E-commerce calls as a shop's pages make them through Segment's browser library, still without the person's ids and the
//! time (spec/ecommerce/v2; positions count from 1 as in its samples).

use super::event::{CURRENCY, INDEX, Line, total_cents};
use crate::catalogue::Product;
use serde_json::{Value, json};

pub(super) fn clicked(product: &Product, position: usize, query_id: &str) -> Value {
    let mut properties = described(product);
    properties["position"] = position.into();
    properties["query_id"] = query_id.into();
    track("Product Clicked", &properties)
}

pub(super) fn added_to_cart(line: &Line) -> Value {
    track("Product Added", &listed(line))
}

/// `order_id` comes with the ids: no order has one before it is made.
pub(super) fn purchased(cart: &[Line]) -> Value {
    let total = f64::from(total_cents(cart)) / 100.0;
    let products = cart.iter().map(listed).collect::<Vec<_>>();
    let properties = json!({"total": total, "revenue": total, "currency": CURRENCY, "products": products});
    track("Order Completed", &properties)
}

fn track(event: &str, properties: &Value) -> Value {
    let mut call = json!({"type": "track", "event": event, "properties": properties});
    call["properties"]["search_index"] = INDEX.into();
    call
}

fn described(product: &Product) -> Value {
    json!({"product_id": product.object_id, "sku": product.object_id, "name": product.name, "brand": product.brand,
        "category": product.category, "price": product.price()})
}

fn listed(line: &Line) -> Value {
    let mut product = described(&line.product);
    product["quantity"] = line.quantity.into();
    if let Some(query_id) = &line.query_id {
        product["query_id"] = query_id.as_str().into();
    }
    product
}
