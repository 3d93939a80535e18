//! An event as Insights documents it: nothing but its own keys.

use super::amount;
use super::draft::{Data, Draft, Item};
use causeway_mapping::{Number, Object, Value};
use std::borrow::Cow;

type Members<'v> = Vec<(Cow<'v, str>, Value<'v>)>;

pub(super) fn event(draft: Draft<'_>) -> Value<'_> {
    let mut event = Members::with_capacity(12);
    put(&mut event, "eventName", draft.name.map(Value::String));
    put(&mut event, "eventType", draft.event_type.map(Value::String));
    put(&mut event, "eventSubtype", draft.event_subtype.map(Value::String));
    put(&mut event, "index", draft.index.map(Value::String));
    put(&mut event, "userToken", draft.user_token.map(Value::String));
    put(&mut event, "authenticatedUserToken", draft.authenticated_user_token.map(Value::String));
    put(&mut event, "timestamp", Some(Value::Number(draft.timestamp.into())));
    put(&mut event, "queryID", draft.query_id.map(Value::String));
    put_objects(&mut event, draft.objects);
    put(&mut event, "filters", list(draft.filters.into_iter().map(Value::from)));
    put(&mut event, "value", draft.value.and_then(amount));
    put(&mut event, "currency", draft.currency.map(Value::String));
    object(event)
}

/// Positions and data are there for every object or for none.
fn put_objects<'v>(event: &mut Members<'v>, objects: Vec<Item<'v>>) {
    let positions = objects.iter().filter_map(|item| item.position);
    put(event, "positions", list(positions.map(|position| Value::Number(position.into()))));
    let (ids, data): (Vec<_>, Vec<_>) = objects.into_iter().map(|item| (item.id, data(item.data))).unzip();
    put(event, "objectIDs", list(ids.into_iter().map(Value::String)));
    let any = data.iter().any(|data| data.as_object().is_some_and(|data| !data.is_empty()));
    put(event, "objectData", any.then_some(Value::Array(data)));
}

fn data(data: Data<'_>) -> Value<'_> {
    let mut members = Members::with_capacity(4);
    put(&mut members, "queryID", data.query_id.map(Value::String));
    put(&mut members, "price", data.price.and_then(amount));
    put(&mut members, "quantity", data.quantity.map(|quantity| Value::Number(i64::from(quantity).into())));
    put(&mut members, "discount", data.discount.and_then(amount));
    object(members)
}

fn amount<'v>(amount: f64) -> Option<Value<'v>> {
    Number::from_f64(amount::rounded(amount)).map(Value::Number)
}

fn list<'v>(items: impl Iterator<Item = Value<'v>>) -> Option<Value<'v>> {
    let items: Vec<Value<'v>> = items.collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

fn put<'v>(members: &mut Members<'v>, key: &'static str, value: Option<Value<'v>>) {
    members.extend(value.map(|value| (Cow::Borrowed(key), value)));
}

fn object(members: Members<'_>) -> Value<'_> {
    Value::Object(Object::from_members(members))
}
