//! What a flow sees. Of an Algolia event: the shape of a Segment track call, so that FQL and Mapping Kit paths read as
//! Segment users know them.
//!
//! ```json
//! {
//!   "type": "track", "event": "Products Clicked",
//!   "anonymousId": "anonymous-1", "userId": "u-7", "timestamp": "2026-11-23T10:00:00.000Z",
//!   "properties": {
//!     "eventType": "click", "eventSubtype": "addToCart", "index": "products", "queryID": "…",
//!     "userToken": "anonymous-1", "authenticatedUserToken": "u-7",
//!     "objectIDs": ["a"], "objectCount": 1,
//!     "products": [{"product_id": "a", "position": 1, "price": 9.5, "quantity": 2, "discount": 1, "query_id": "…"}],
//!     "filters": [{"type": "brand", "value": "apple"}],
//!     "value": 19, "revenue": 19, "currency": "USD"
//!   },
//!   "context": {"algolia": {"index": "products", "eventType": "click", …}}
//! }
//! ```
//!
//! What the event does not have is absent. Keys that Insights does not know stay, under `properties`, as they came.
//!
//! Flows whose source is Segment see [the message itself](of_call).

mod aggregate;
mod call;
mod search;
mod told;

pub use aggregate::{SEARCH_REPORT, aggregate_context, of_aggregate};
pub use call::{ids_of_call, of_call, time_of_call};
pub use search::{About, SEARCH, add_queries, of_search, search_context};

pub(crate) use told::add_recovered;
pub use told::{HAS_RESULTS, NEW_SEARCHER, finding_context, of_finding};

use crate::identity::Sender;
use causeway_algolia::insights::{Amount, Event, Kind, Object, Subject, filters};
use causeway_mapping::{Number, Object as Members, Value};
use causeway_segment::time;
use std::borrow::Cow;

type Fields<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// Builds what flows see.
pub fn of_insights<'a>(event: &'a Event<'a>, sender: &'a Sender<'a>, time_ms: i64) -> Value<'a> {
    let mut root = Fields::with_capacity(8);
    put(&mut root, "type", text("track"));
    put(&mut root, "event", text(&event.name));
    put_some(&mut root, "anonymousId", sender.anonymous.as_deref().map(text));
    put_some(&mut root, "userId", sender.user.as_deref().map(text));
    put(&mut root, "timestamp", Value::from(time::to_string(time_ms)));
    put(&mut root, "properties", object(properties(event)));
    put(&mut root, "context", object(vec![("algolia".into(), algolia_context(event))]));
    object(root)
}

/// What goes to `context.algolia` of every message: where the event came from, in Algolia's own words.
pub fn algolia_context<'a>(event: &'a Event<'a>) -> Value<'a> {
    let mut context = Fields::with_capacity(7);
    put_kind(&mut context, event);
    put(&mut context, "eventName", text(&event.name));
    put_ids(&mut context, event);
    object(context)
}

fn put_kind<'a>(fields: &mut Fields<'a>, event: &'a Event<'a>) {
    put(fields, "eventType", text(event.kind.event_type()));
    put_some(fields, "eventSubtype", event.kind.event_subtype().map(text));
}

fn put_ids<'a>(fields: &mut Fields<'a>, event: &'a Event<'a>) {
    put_some(fields, "index", event.index.as_deref().map(text));
    put_some(fields, "queryID", event.query_id.as_deref().map(text));
    put(fields, "userToken", text(&event.user_token));
    put_some(fields, "authenticatedUserToken", event.authenticated_user_token.as_deref().map(text));
}

fn properties<'a>(event: &'a Event<'a>) -> Fields<'a> {
    let mut properties = Fields::with_capacity(14);
    // First, so that no key of the sender's invention takes the place of what Insights' own keys say.
    for (key, raw) in &event.extra {
        put_some(&mut properties, key, Value::parse(raw.get().as_bytes()).ok());
    }
    put_kind(&mut properties, event);
    put_ids(&mut properties, event);
    put_subject(&mut properties, &event.subject);
    put_some(&mut properties, "value", event.value.as_ref().and_then(amount));
    put_some(&mut properties, "revenue", revenue(event).and_then(number));
    put_some(&mut properties, "currency", event.currency.as_deref().map(text));
    put_some(&mut properties, "agentID", event.agent_id.as_deref().map(text));
    properties
}

fn put_subject<'a>(properties: &mut Fields<'a>, subject: &'a Subject<'a>) {
    match subject {
        Subject::Objects(objects) => {
            put(
                properties,
                "objectIDs",
                Value::Array(objects.iter().map(|object| text(&object.id)).collect()),
            );
            put(properties, "objectCount", count(objects.len() as u64));
            put(properties, "products", Value::Array(objects.iter().map(product).collect()));
        }
        Subject::Filters(filters) => {
            put(
                properties,
                "filters",
                Value::Array(filters.iter().map(|filter| filter_value(filter)).collect()),
            );
        }
        Subject::None => {}
    }
}

fn product<'a>(item: &'a Object<'a>) -> Value<'a> {
    let mut product = Fields::with_capacity(6);
    put(&mut product, "product_id", text(&item.id));
    put_some(&mut product, "position", item.position.map(|position| count(position.into())));
    if let Some(data) = &item.data {
        put_some(&mut product, "price", data.price.as_ref().and_then(amount));
        put_some(
            &mut product,
            "quantity",
            data.quantity.map(|quantity| Value::Number(i64::from(quantity).into())),
        );
        put_some(&mut product, "discount", data.discount.as_ref().and_then(amount));
        put_some(&mut product, "query_id", data.query_id.as_deref().map(text));
    }
    object(product)
}

/// A filter as Segment's spec has it; one without an attribute stays whole, as the value.
fn filter_value(filter: &str) -> Value<'_> {
    let (attribute, value) = filters::decode(filter).unwrap_or((Cow::Borrowed(""), Cow::Borrowed(filter)));
    object(vec![("type".into(), Value::String(attribute)), ("value".into(), Value::String(value))])
}

/// The event's total: its own `value`, or the sum of price times quantity where every product has a price.
fn revenue(event: &Event<'_>) -> Option<f64> {
    if !matches!(event.kind, Kind::AddToCart | Kind::Purchase | Kind::Conversion) {
        return None;
    }
    event.value.as_ref().and_then(Amount::as_f64).or_else(|| match &event.subject {
        Subject::Objects(objects) => objects.iter().map(line_total).sum::<Option<f64>>().map(cents),
        _ => None,
    })
}

fn line_total(object: &Object<'_>) -> Option<f64> {
    let data = object.data.as_ref()?;
    let price = data.price.as_ref().and_then(Amount::as_f64)?;
    Some(price * f64::from(data.quantity.unwrap_or(1)))
}

/// Drops what binary fractions add to a sum of prices: 69.97 instead of 69.97000000000001.
fn cents(total: f64) -> f64 {
    (total * 1e6).round() / 1e6
}

/// A price as a number where it is one, else as it came.
fn amount<'a>(amount: &'a Amount<'a>) -> Option<Value<'a>> {
    amount.as_f64().and_then(number).or_else(|| match amount {
        Amount::Number(words) => Some(text(words)),
        Amount::Text(words) => Some(text(words)),
    })
}

fn number(value: f64) -> Option<Value<'static>> {
    Number::from_f64(value).map(Value::Number)
}

fn count(value: u64) -> Value<'static> {
    Value::Number(value.into())
}

fn text(text: &str) -> Value<'_> {
    Value::String(Cow::Borrowed(text))
}

fn object(fields: Fields<'_>) -> Value<'_> {
    Value::Object(Members::from_members(fields))
}

fn put<'a>(fields: &mut Fields<'a>, key: &'a str, value: Value<'a>) {
    fields.push((Cow::Borrowed(key), value));
}

fn put_some<'a>(fields: &mut Fields<'a>, key: &'a str, value: Option<Value<'a>>) {
    fields.extend(value.map(|value| (Cow::Borrowed(key), value)));
}
