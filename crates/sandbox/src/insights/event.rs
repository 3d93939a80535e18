//! An event with its JSON types checked and nothing else: what a typed decoder sees before any rule.
//!
//! A `null` and an absent field say the same, and so do an empty and an absent list.

use super::refusal::Refusal;
use serde_json::{Map, Value};

/// The fields that rules look at. Further ones are allowed and ignored: event objects aren't closed.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) subtype: Option<&'a str>,
    pub(super) index: Option<&'a str>,
    pub(super) user_token: Option<&'a str>,
    pub(super) authenticated_user_token: Option<&'a str>,
    pub(super) timestamp: Option<i64>,
    pub(super) object_ids: Vec<&'a str>,
    pub(super) positions: Vec<i64>,
    pub(super) filters: Vec<&'a str>,
    pub(super) query_id: Option<&'a str>,
    pub(super) object_data: Vec<Item<'a>>,
    pub(super) value: Option<Amount<'a>>,
    pub(super) currency: Option<&'a str>,
    pub(super) agent_id: Option<&'a str>,
}

/// One element of `objectData`. Closed: any other key is refused.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) query_id: Option<&'a str>,
    pub(super) priced: bool,
}

/// Money: a number or a string.
#[derive(Debug, Clone, Copy)]
pub(super) enum Amount<'a> {
    Number,
    Text(&'a str),
}

const ITEM_KEYS: [&str; 4] = ["queryID", "price", "quantity", "discount"];

impl<'a> Event<'a> {
    pub(super) fn decode(event: &'a Value) -> Result<Self, Refusal> {
        let Value::Object(fields) = event else {
            return Err(Refusal::wrong_type("events", "insights.PublicEvent", kind(event)));
        };
        Ok(Self {
            name: text(fields, "eventName")?,
            kind: text(fields, "eventType")?,
            subtype: text(fields, "eventSubtype")?,
            index: text(fields, "index")?,
            user_token: text(fields, "userToken")?,
            authenticated_user_token: text(fields, "authenticatedUserToken")?,
            timestamp: field(fields, "timestamp").map(integer).transpose()?,
            object_ids: list(fields, "objectIDs", string)?,
            positions: list(fields, "positions", integer)?,
            filters: list(fields, "filters", string)?,
            query_id: text(fields, "queryID")?,
            object_data: list(fields, "objectData", Item::decode)?,
            value: field(fields, "value").map(amount).transpose()?,
            currency: text(fields, "currency")?,
            agent_id: text(fields, "agentID")?,
        })
    }
}

impl<'a> Item<'a> {
    fn decode(item: &'a Value) -> Result<Self, Refusal> {
        let fields = item.as_object().ok_or_else(|| mismatch("object", item))?;
        if !fields.keys().all(|key| ITEM_KEYS.contains(&key.as_str())) {
            return Err(Refusal::INVALID);
        }
        let money = [field(fields, "price"), field(fields, "discount")];
        let priced = money.iter().any(Option::is_some);
        money.into_iter().flatten().try_for_each(|value| amount(value).map(drop))?;
        field(fields, "quantity").map(int32).transpose()?;
        Ok(Self { query_id: text(fields, "queryID")?, priced })
    }
}

fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    field(fields, name).map(string).transpose()
}

fn list<'a, T>(
    fields: &'a Map<String, Value>,
    name: &str,
    element: impl Fn(&'a Value) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    match field(fields, name) {
        None => Ok(Vec::new()),
        Some(Value::Array(elements)) => elements.iter().map(element).collect(),
        Some(other) => Err(mismatch("array", other)),
    }
}

fn string(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or_else(|| mismatch("string", value))
}

fn integer(value: &Value) -> Result<i64, Refusal> {
    value.as_i64().ok_or_else(|| mismatch("int64", value))
}

fn int32(value: &Value) -> Result<i32, Refusal> {
    value.as_i64().and_then(|number| i32::try_from(number).ok()).ok_or_else(|| mismatch("int32", value))
}

fn amount(value: &Value) -> Result<Amount<'_>, Refusal> {
    match value {
        Value::Number(_) => Ok(Amount::Number),
        Value::String(text) => Ok(Amount::Text(text)),
        other => Err(mismatch("number", other)),
    }
}

fn mismatch(expected: &str, got: &Value) -> Refusal {
    Refusal::wrong_type("events", expected, kind(got))
}

/// The words in which the published messages name JSON types.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
