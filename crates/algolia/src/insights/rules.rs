//! The vendor's rules, applied to a read event.

use super::draft::{Draft, Objects};
use super::{Amount, Event, Excerpt, Kind, Object, ObjectData, Subject, Violation, filters, limits};
use crate::tokens;
use std::borrow::Cow;

/// The rules that are settings, because the vendor has changed them or publishes no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How old a timestamp may be, in milliseconds. Default: [`limits::MAX_AGE_MS`].
    pub max_age_ms: i64,
    /// How far ahead a timestamp may be, in milliseconds. Default: [`limits::MAX_FUTURE_MS`].
    pub max_future_ms: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { max_age_ms: limits::MAX_AGE_MS, max_future_ms: limits::MAX_FUTURE_MS }
    }
}

impl Rules {
    /// The event, or the first rule that it breaks.
    pub(super) fn admit<'a>(
        &self,
        mut draft: Draft<'a>,
        raw: &'a str,
        now_ms: i64,
    ) -> Result<Event<'a>, Violation> {
        if let Some(violation) = draft.findings.violation.take() {
            return Err(violation);
        }
        let name = name(draft.name)?;
        let kind = kind(draft.event_type.as_deref(), draft.event_subtype.as_deref())?;
        let index = index(kind, draft.index)?;
        let user_token = draft.user_token.ok_or(Violation::TokenMissing)?;
        token("userToken", &user_token)?;
        draft.authenticated_user_token.iter().try_for_each(|text| token("authenticatedUserToken", text))?;
        draft.timestamp.iter().try_for_each(|timestamp| self.time(*timestamp, now_ms))?;
        draft.query_id.iter().try_for_each(|id| query_id(id))?;
        draft.agent_id.iter().try_for_each(|id| agent_id(id))?;
        let altered =
            draft.findings.altered || !draft.filters.iter().all(|filter| filters::is_canonical(filter));
        let subject = subject(kind, draft.query_id.is_some(), draft.objects, draft.filters)?;
        money(kind, &subject, draft.value.as_ref(), draft.currency.as_deref())?;
        Ok(Event {
            name,
            kind,
            index,
            user_token,
            authenticated_user_token: draft.authenticated_user_token,
            timestamp: draft.timestamp,
            query_id: draft.query_id,
            subject,
            value: draft.value,
            currency: draft.currency,
            agent_id: draft.agent_id,
            extra: draft.extra,
            raw,
            altered,
        })
    }

    fn time(&self, timestamp: i64, now_ms: i64) -> Result<(), Violation> {
        if timestamp < now_ms.saturating_sub(self.max_age_ms) {
            return Err(Violation::TooOld { timestamp, max_age_ms: self.max_age_ms });
        }
        if timestamp > now_ms.saturating_add(self.max_future_ms) {
            return Err(Violation::InFuture { timestamp, max_future_ms: self.max_future_ms });
        }
        Ok(())
    }
}

fn name(name: Option<Cow<'_, str>>) -> Result<Cow<'_, str>, Violation> {
    let name = name.ok_or(Violation::NameMissing)?;
    let fits = (1..=limits::MAX_EVENT_NAME).contains(&name.len());
    if fits && name.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Ok(name);
    }
    Err(Violation::NameForm(Excerpt::new(&name)))
}

fn kind(event_type: Option<&str>, subtype: Option<&str>) -> Result<Kind, Violation> {
    let kind = match event_type.ok_or(Violation::TypeMissing)? {
        "click" => Kind::Click,
        "view" => Kind::View,
        "conversion" => return conversion(subtype),
        "instantsearch" => Kind::Instantsearch,
        other => return Err(Violation::TypeUnknown(Excerpt::new(other))),
    };
    match subtype {
        None => Ok(kind),
        Some(subtype) => Err(Violation::SubtypeWithoutConversion(Excerpt::new(subtype))),
    }
}

fn conversion(subtype: Option<&str>) -> Result<Kind, Violation> {
    match subtype {
        None => Ok(Kind::Conversion),
        Some("addToCart") => Ok(Kind::AddToCart),
        Some("purchase") => Ok(Kind::Purchase),
        Some(other) => Err(Violation::SubtypeUnknown(Excerpt::new(other))),
    }
}

fn index(kind: Kind, index: Option<Cow<'_, str>>) -> Result<Option<Cow<'_, str>>, Violation> {
    let present = index.as_ref().is_some_and(|index| !index.is_empty());
    if present || kind == Kind::Instantsearch { Ok(index) } else { Err(Violation::IndexMissing) }
}

/// Whether this is legal as `userToken`. Source: spec, `userToken`.
pub fn is_user_token(token: &str) -> bool {
    (1..=limits::MAX_TOKEN_READ).contains(&token.len()) && token.bytes().all(tokens::in_alphabet)
}

fn token(field: &'static str, token: &str) -> Result<(), Violation> {
    if is_user_token(token) {
        return Ok(());
    }
    Err(Violation::TokenForm { field, value: Excerpt::new(token) })
}

fn query_id(id: &str) -> Result<(), Violation> {
    if is_query_id(id) {
        return Ok(());
    }
    Err(Violation::QueryIdForm { field: "queryID", value: Excerpt::new(id) })
}

/// Whether this has the form of an event's `queryID`: a search's id, or `message_` and printable ASCII.
pub fn is_query_id(id: &str) -> bool {
    let message = id.strip_prefix(limits::MESSAGE_QUERY_ID_PREFIX);
    let is_message = message.is_some_and(|rest| {
        !rest.is_empty()
            && id.len() <= limits::MAX_QUERY_ID
            && rest.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
    });
    is_message || is_search_query_id(id)
}

/// Whether this has the form of a search's id, the only one that an item of `objectData` takes.
pub fn is_search_query_id(id: &str) -> bool {
    id.len() == limits::SEARCH_QUERY_ID && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn agent_id(id: &str) -> Result<(), Violation> {
    if id.is_empty() { Err(Violation::AgentIdEmpty) } else { Ok(()) }
}

fn subject<'a>(
    kind: Kind,
    after_search: bool,
    objects: Objects<'a>,
    filters: Vec<Cow<'a, str>>,
) -> Result<Subject<'a>, Violation> {
    positions(kind, after_search, &objects, filters.is_empty())?;
    if objects.data > 0 && objects.data != objects.ids {
        return Err(Violation::ObjectDataCount { objects: objects.ids, items: objects.data });
    }
    match (objects.ids > 0, !filters.is_empty()) {
        (true, true) => Err(Violation::TwoSubjects),
        (true, false) => Ok(Subject::Objects(rows(objects))),
        (false, true) => Ok(Subject::Filters(filters)),
        (false, false) if kind == Kind::Instantsearch => Ok(Subject::None),
        (false, false) => Err(Violation::NoSubject),
    }
}

/// A click on objects after a search needs one position for each object; nothing else may have any.
fn positions(
    kind: Kind,
    after_search: bool,
    objects: &Objects<'_>,
    no_filters: bool,
) -> Result<(), Violation> {
    let Objects { ids, positions, .. } = *objects;
    let click = kind == Kind::Click;
    if positions > 0 && !click {
        return Err(Violation::PositionsWithoutClick);
    }
    if positions > 0 && !after_search {
        return Err(Violation::PositionsWithoutQueryId);
    }
    let needed = click && after_search && no_filters;
    if ids != positions && (needed || positions > 0) {
        return Err(Violation::PositionsCount { objects: ids, positions });
    }
    Ok(())
}

/// A repeated key can leave more rows than the last list has ids.
fn rows(mut objects: Objects<'_>) -> Vec<Object<'_>> {
    objects.rows.truncate(objects.ids);
    objects.rows
}

/// The spec leaves `currency` optional; the vendor's library documents demand it beside prices and totals. It is
/// demanded only where money belongs, since other events may carry stray keys that the vendor ignores.
fn money(
    kind: Kind,
    subject: &Subject<'_>,
    value: Option<&Amount<'_>>,
    currency: Option<&str>,
) -> Result<(), Violation> {
    value.map_or(Ok(()), value_length)?;
    currency.map_or(Ok(()), currency_form)?;
    let mut priced = value.is_some();
    if let Subject::Objects(objects) = subject {
        for data in objects.iter().filter_map(|object| object.data.as_ref()) {
            priced |= data.price.is_some() || data.discount.is_some();
            item_query_id(data)?;
        }
    }
    let needed = priced && matches!(kind, Kind::AddToCart | Kind::Purchase);
    if needed && currency.is_none() { Err(Violation::CurrencyMissing) } else { Ok(()) }
}

fn item_query_id(data: &ObjectData<'_>) -> Result<(), Violation> {
    match data.query_id.as_deref() {
        Some(id) if !is_search_query_id(id) => {
            Err(Violation::QueryIdForm { field: "objectData.queryID", value: Excerpt::new(id) })
        }
        _ => Ok(()),
    }
}

fn value_length(value: &Amount<'_>) -> Result<(), Violation> {
    match value {
        Amount::Text(text) if text.chars().count() > limits::MAX_VALUE_TEXT => {
            Err(Violation::ValueLength(Excerpt::new(text)))
        }
        _ => Ok(()),
    }
}

fn currency_form(currency: &str) -> Result<(), Violation> {
    if currency.len() == limits::CURRENCY && currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(Violation::CurrencyForm(Excerpt::new(currency)))
}
