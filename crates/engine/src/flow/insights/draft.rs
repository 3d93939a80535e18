//! What a mapping says about an event, read leniently.

use super::settings::{Positions, Settings};
use super::{amount, text};
use crate::flow::compiled::Stamp;
use crate::flow::notes::Notes;
use causeway_algolia::insights::filters;
use causeway_algolia::tokens;
use causeway_mapping::{Object, Value};
use causeway_segment::time;
use std::borrow::Cow;

/// An event before it is known to be lawful.
#[derive(Debug, Clone)]
pub(super) struct Draft<'v> {
    pub(super) name: Option<Cow<'v, str>>,
    pub(super) event_type: Option<Cow<'v, str>>,
    pub(super) event_subtype: Option<Cow<'v, str>>,
    pub(super) index: Option<Cow<'v, str>>,
    pub(super) user_token: Option<Cow<'v, str>>,
    pub(super) authenticated_user_token: Option<Cow<'v, str>>,
    pub(super) timestamp: i64,
    pub(super) query_id: Option<Cow<'v, str>>,
    pub(super) objects: Vec<Item<'v>>,
    pub(super) filters: Vec<String>,
    pub(super) value: Option<f64>,
    pub(super) currency: Option<Cow<'v, str>>,
    /// A list was there, and empty.
    pub(super) empty_list: bool,
}

/// One object.
#[derive(Debug, Clone)]
pub(super) struct Item<'v> {
    pub(super) id: Cow<'v, str>,
    /// Counted from 1.
    pub(super) position: Option<i64>,
    pub(super) data: Data<'v>,
}

/// What was bought or put in the cart.
#[derive(Debug, Clone, Default)]
pub(super) struct Data<'v> {
    pub(super) query_id: Option<Cow<'v, str>>,
    pub(super) price: Option<f64>,
    pub(super) quantity: Option<i32>,
    pub(super) discount: Option<f64>,
}

/// Every key that is read.
pub(super) const KEYS: [&str; 18] = [
    "eventName",
    "eventType",
    "eventSubtype",
    "index",
    "queryID",
    "objects",
    "products",
    "objectIDs",
    "objectID",
    "positions",
    "position",
    "objectData",
    "filters",
    "value",
    "currency",
    "userToken",
    "authenticatedUserToken",
    "timestamp",
];

/// Lists of objects, Insights' own and Segment's.
const LISTS: [&str; 2] = ["objects", "products"];

impl<'v> Draft<'v> {
    /// Reads a mapped object. Who and when come from the stamp, unless the mapping says otherwise.
    pub(super) fn read(
        mapped: &'v Object<'v>,
        stamp: &Stamp<'v>,
        settings: &'v Settings,
        notes: &mut Notes<'_>,
    ) -> Self {
        let word = |key: &str| mapped.get(key).and_then(text::first);
        let token = |key: &str| word(key).map(|id| legal(id, stamp.token_secret));
        let own = |id: Option<&'v str>| {
            id.filter(|id| !id.is_empty()).map(|id| tokens::legal(id, stamp.token_secret))
        };
        // The same order for every event: Algolia finds the search of a conversion by its token.
        let (anonymous, user) = (own(stamp.anonymous), own(stamp.user));
        let reading = Reading { positions: settings.positions, notes };
        let (objects, filters, empty_list) = reading.subject(mapped);
        Self {
            name: word("eventName").map(text::name),
            event_type: word("eventType"),
            event_subtype: word("eventSubtype"),
            index: word("index").or(settings.index.as_deref().map(Cow::Borrowed)),
            user_token: token("userToken").or(anonymous).or_else(|| user.clone()),
            authenticated_user_token: token("authenticatedUserToken").or(user),
            timestamp: mapped.get("timestamp").and_then(instant).unwrap_or(stamp.time),
            query_id: mapped.get("queryID").and_then(text::query_id),
            objects,
            filters,
            value: mapped.get("value").and_then(amount::first),
            currency: word("currency"),
            empty_list,
        }
    }

    /// Whether the event is about a list without anything in it, such as no results or no filters.
    pub(super) fn is_about_nothing(&self) -> bool {
        self.empty_list && self.objects.is_empty() && self.filters.is_empty()
    }
}

fn legal<'v>(id: Cow<'v, str>, secret: &[u8]) -> Cow<'v, str> {
    match id {
        Cow::Borrowed(id) => tokens::legal(id, secret),
        Cow::Owned(id) => Cow::Owned(tokens::legal(&id, secret).into_owned()),
    }
}

/// Milliseconds since the Unix epoch, or an instant as Segment writes them.
fn instant(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::String(text) => time::parse(text),
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

struct Reading<'r, 'n> {
    positions: Positions,
    notes: &'r mut Notes<'n>,
}

impl Reading<'_, '_> {
    /// Objects, filters, and whether only empty lists were there.
    fn subject<'v>(mut self, mapped: &'v Object<'v>) -> (Vec<Item<'v>>, Vec<String>, bool) {
        let list = |key: &&str| mapped.get(key).and_then(Value::as_array);
        let lists: Vec<&[Value<'v>]> =
            ["objects", "products", "objectIDs", "filters"].iter().filter_map(list).collect();
        let empty = !lists.is_empty() && lists.iter().all(|list| list.is_empty());
        let objects = match LISTS.iter().find_map(list) {
            Some(items) => items.iter().filter_map(|item| self.item(item)).collect(),
            None => self.columns(mapped),
        };
        let filters = list(&"filters").into_iter().flatten();
        (objects, filters.filter_map(|filter| self.filter(filter)).collect(), empty)
    }

    fn item<'v>(&mut self, item: &'v Value<'v>) -> Option<Item<'v>> {
        let id = ["objectID", "product_id", "id"].iter().find_map(|key| item.get(key).and_then(text::of));
        if id.is_none() {
            self.notes.say(|| "an object without an id is left out".to_owned());
        }
        let position = item.get("position").and_then(|position| self.position(position));
        Some(Item { id: id?, position, data: self.data(item) })
    }

    /// Insights' own form: a list for each property. One `objectID` is a list of one.
    fn columns<'v>(&mut self, mapped: &'v Object<'v>) -> Vec<Item<'v>> {
        let column = |key: &str, one: &str| match (mapped.get(key), mapped.get(one)) {
            (Some(Value::Array(items)), _) => items.as_slice(),
            (_, Some(single)) => std::slice::from_ref(single),
            _ => &[],
        };
        let (ids, positions, data) =
            (column("objectIDs", "objectID"), column("positions", "position"), column("objectData", ""));
        let mut items = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let Some(id) = text::of(id) else { continue };
            let position = positions.get(at).and_then(|position| self.position(position));
            let data = data.get(at).map(|data| self.data(data)).unwrap_or_default();
            items.push(Item { id, position, data });
        }
        items
    }

    fn position(&mut self, value: &Value<'_>) -> Option<i64> {
        let first = match self.positions {
            Positions::OneBased => 1,
            Positions::ZeroBased => 0,
        };
        let position = amount::whole(value).filter(|position| *position >= first);
        if position.is_none() && *value != Value::Null {
            let given = serde_json::Value::from(value);
            self.notes.say(|| format!("position {given} is left out: places are whole numbers from {first}"));
        }
        position.map(|position| position + 1 - first)
    }

    fn data<'v>(&mut self, item: &'v Value<'v>) -> Data<'v> {
        let query_id = ["queryID", "query_id"].iter().find_map(|key| item.get(key).and_then(text::of));
        Data {
            query_id,
            price: self.amount(item, "price"),
            quantity: self.quantity(item),
            discount: self.amount(item, "discount"),
        }
    }

    fn amount(&mut self, item: &Value<'_>, key: &str) -> Option<f64> {
        let value = filled(item.get(key))?;
        let amount = amount::of(value);
        if amount.is_none() {
            self.left_out(key, value, "it is no amount");
        }
        amount
    }

    fn quantity(&mut self, item: &Value<'_>) -> Option<i32> {
        let value = filled(item.get("quantity"))?;
        let quantity =
            amount::whole(value).and_then(|whole| i32::try_from(whole).ok()).filter(|whole| *whole > 0);
        if quantity.is_none() {
            self.left_out("quantity", value, "it is no whole number of 1 or more");
        }
        quantity
    }

    /// A filter in the documented form, `attribute:value` with the value percent-encoded once. What comes encoded is
    /// decoded before.
    fn filter(&mut self, value: &Value<'_>) -> Option<String> {
        let attribute = ["type", "attribute"].iter().find_map(|key| value.get(key).and_then(text::of));
        let whole = match (&attribute, value.get("value").and_then(scalar)) {
            (Some(attribute), Some(value)) => Some(Cow::Owned(format!("{attribute}:{value}"))),
            _ => text::of(value),
        };
        let decoded = whole.as_deref().and_then(filters::decode);
        if decoded.is_none() {
            self.notes.say(|| "a filter without an attribute or a value is left out".to_owned());
        }
        decoded.map(|(attribute, value)| filters::encode(&attribute, &value))
    }

    fn left_out(&mut self, key: &str, value: &Value<'_>, why: &str) {
        let given = serde_json::Value::from(value);
        self.notes.say(|| format!("{key} {given} is left out: {why}"));
    }
}

/// What is there and says something.
fn filled<'v, 'a>(value: Option<&'v Value<'a>>) -> Option<&'v Value<'a>> {
    value.filter(|value| **value != Value::Null && value.as_str() != Some(""))
}

fn scalar<'v>(value: &'v Value<'_>) -> Option<Cow<'v, str>> {
    match value {
        Value::Bool(flag) => Some(flag.to_string().into()),
        other => text::of(other),
    }
}
