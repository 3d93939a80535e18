//! What makes a batch of events acceptable: one table of rules, in the order in which they speak.

use super::event::{Amount, Event, kind};
use super::refusal::Refusal;
use serde_json::Value;

/// `events.maxItems`.
const MOST_EVENTS: usize = 1000;
/// `eventName.maxLength`.
const LONGEST_NAME: usize = 64;
/// `userToken.maxLength`; the published message says 128.
const LONGEST_TOKEN: usize = 129;
/// `maxItems` of `objectIDs`, `positions`, `filters` and `objectData`.
const MOST_ITEMS: usize = 20;
/// `queryID.pattern` and `objectData[].queryID`.
const QUERY_ID_DIGITS: usize = 32;
/// `queryID.maxLength`, for the form that starts with the prefix below.
const LONGEST_QUERY_ID: usize = 128;
const AGENT_QUERY_PREFIX: &str = "message_";
/// `value.maxLength`, where it is a string.
const LONGEST_VALUE: usize = 16;

/// One rule: the event, and the oldest acceptable timestamp in milliseconds.
type Rule = fn(&Event, i64) -> Result<(), Refusal>;

const RULES: [Rule; 11] = [
    name,
    event_type,
    index,
    tokens,
    objects_or_filters,
    positions,
    query_id,
    timestamp,
    sizes,
    subtype_and_data,
    money,
];

/// The events of a batch, 1 to 1,000 of them, still unchecked.
pub(super) fn events(document: Value) -> Result<Vec<Value>, Refusal> {
    let Value::Object(mut fields) = document else {
        return Err(Refusal::wrong_type("", "insights.PublicEventsBatch", kind(&document)));
    };
    match fields.swap_remove("events").unwrap_or_default() {
        Value::Array(events) if events.len() > MOST_EVENTS => {
            Err(Refusal::invalid("Cannot process more than 1000 events in a batch"))
        }
        Value::Array(events) if !events.is_empty() => Ok(events),
        Value::Array(_) | Value::Null => Err(Refusal::invalid("No events to process")),
        other => Err(Refusal::wrong_type("events", "array", kind(&other))),
    }
}

/// Checks JSON types first, as a typed decoder would, then every rule of every event.
pub(super) fn check(events: &[Value], oldest: i64) -> Result<(), Refusal> {
    let events = events.iter().map(Event::decode).collect::<Result<Vec<_>, _>>()?;
    events.iter().try_for_each(|event| RULES.iter().try_for_each(|rule| rule(event, oldest)))
}

/// 1 to 129 characters of `[a-zA-Z0-9_=/+-]`.
pub(crate) fn is_user_token(token: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_=/+-".contains(&byte);
    (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(legal)
}

pub(super) fn user_token(token: &str) -> Result<(), Refusal> {
    require(
        is_user_token(token),
        "UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 \
         and 128 characters long",
    )
}

fn name(event: &Event, _: i64) -> Result<(), Refusal> {
    let name = event.name.ok_or(Refusal::invalid("EventName is required"))?;
    require(
        (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b' '..=b'~')),
        "EventName must contain only visible ASCII characters, and be between 1 and 64 characters long",
    )
}

fn event_type(event: &Event, _: i64) -> Result<(), Refusal> {
    let kind = event.kind.ok_or(Refusal::invalid("EventType is required"))?;
    require(
        ["click", "conversion", "view", "instantsearch"].contains(&kind),
        "EventType must be one of \"click\", \"conversion\", \"view\" or \"instantsearch\"",
    )
}

fn index(event: &Event, _: i64) -> Result<(), Refusal> {
    let given = event.index.is_some_and(|index| !index.is_empty());
    require(given || is(event, "instantsearch"), "The index field is required")
}

fn tokens(event: &Event, _: i64) -> Result<(), Refusal> {
    user_token(event.user_token.ok_or(Refusal::invalid("The userToken field is required"))?)?;
    event.authenticated_user_token.map_or(Ok(()), user_token)
}

fn objects_or_filters(event: &Event, _: i64) -> Result<(), Refusal> {
    match (event.object_ids.is_empty(), event.filters.is_empty()) {
        (true, true) if !is(event, "instantsearch") => {
            Err(Refusal::invalid("Event should specify either some ObjectIDs or some Filters"))
        }
        (false, false) => Err(Refusal::invalid("Event should specify ObjectIDs or Filters, but not both")),
        _ => Ok(()),
    }
}

fn positions(event: &Event, _: i64) -> Result<(), Refusal> {
    let given = !event.positions.is_empty();
    require(!given || is(event, "click"), "Only event of type click should specify the positions attribute")?;
    require(
        !given || event.query_id.is_some(),
        "Event of type click with positions should specify a queryID",
    )?;
    require(
        event.positions.iter().all(|&position| position > 0),
        "Event of type click may only have strictly positive positions",
    )?;
    let after_search = is(event, "click") && event.query_id.is_some();
    require(
        !after_search || event.positions.len() == event.object_ids.len(),
        "Event of type click should have the same number of ObjectIDs and Positions",
    )
}

fn query_id(event: &Event, _: i64) -> Result<(), Refusal> {
    let legal = |id: &str| is_search_query_id(id) || is_agent_query_id(id);
    require(event.query_id.is_none_or(legal), WRONG_QUERY_ID)?;
    require(event.object_data.iter().all(|item| item.query_id.is_none_or(is_search_query_id)), WRONG_QUERY_ID)
}

const WRONG_QUERY_ID: &str = "Query ID must be a search query ID (32 characters hexadecimal string)";

fn timestamp(event: &Event, oldest: i64) -> Result<(), Refusal> {
    require(
        event.timestamp.is_none_or(|timestamp| timestamp >= oldest),
        "The timestamp is too far in the past",
    )
}

/// Limits that the specification states without a message.
fn sizes(event: &Event, _: i64) -> Result<(), Refusal> {
    let lengths =
        [event.object_ids.len(), event.positions.len(), event.filters.len(), event.object_data.len()];
    let value = event.value.is_none_or(|value| match value {
        Amount::Number => true,
        Amount::Text(text) => text.len() <= LONGEST_VALUE,
    });
    let agent = event.agent_id.is_none_or(|id| !id.is_empty());
    demand(lengths.iter().all(|&length| length <= MOST_ITEMS) && value && agent)
}

/// `eventSubtype` belongs to conversions of objects; `objectData` has an element for each of them.
fn subtype_and_data(event: &Event, _: i64) -> Result<(), Refusal> {
    let fitting = |subtype| {
        ["addToCart", "purchase"].contains(&subtype)
            && is(event, "conversion")
            && !event.object_ids.is_empty()
    };
    let data = event.object_data.len();
    demand(event.subtype.is_none_or(fitting) && (data == 0 || data == event.object_ids.len()))
}

/// `currency` is three letters, and must be there when a price, a discount or a value is (the client library's
/// documentation demands it; the specification doesn't say what happens without).
fn money(event: &Event, _: i64) -> Result<(), Refusal> {
    let legal = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    let needed = event.value.is_some() || event.object_data.iter().any(|item| item.priced);
    demand(event.currency.map_or(!needed, legal))
}

fn is(event: &Event, kind: &str) -> bool {
    event.kind == Some(kind)
}

fn is_search_query_id(id: &str) -> bool {
    id.len() == QUERY_ID_DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_agent_query_id(id: &str) -> bool {
    let printable = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic());
    id.len() <= LONGEST_QUERY_ID && id.strip_prefix(AGENT_QUERY_PREFIX).is_some_and(printable)
}

fn require(holds: bool, message: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::invalid(message)) }
}

fn demand(holds: bool) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::INVALID) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-zé%@:_]{0,40}".prop_map(Value::from),
            Just(json!({"price": "8$", "queryID": 7})),
        ];
        prop_oneof![leaf.clone(), proptest::collection::vec(leaf, 0..25).prop_map(Value::from)]
    }

    proptest! {
        /// Insights answers 200 or names a rule, whatever it gets.
        #[test]
        fn any_field_of_any_type_is_accepted_or_refused(key in proptest::sample::select(FIELDS), value in any_value()) {
            let mut event = json!({
                "eventName": "n", "eventType": "conversion", "index": "i", "userToken": "t", "objectIDs": ["o"],
            });
            event[key] = value;
            if let Err(refusal) = check(&[event], 0) {
                prop_assert_eq!(refusal.status, 422);
                prop_assert!(!refusal.message.is_empty());
            }
        }
    }

    const FIELDS: &[&str] = &[
        "eventName",
        "eventType",
        "eventSubtype",
        "index",
        "userToken",
        "authenticatedUserToken",
        "timestamp",
        "objectIDs",
        "positions",
        "filters",
        "queryID",
        "objectData",
        "value",
        "currency",
        "agentID",
        "unknown",
    ];
}
