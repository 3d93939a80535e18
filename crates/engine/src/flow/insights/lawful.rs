//! Bringing a draft into the form that Insights documents for its kind.

use super::amount;
use super::draft::{Data, Draft, Item};
use super::in_words;
use super::settings::{Prices, Settings, is_currency};
use crate::flow::notes::Notes;
use causeway_algolia::insights::{Kind, Violation, is_query_id, is_search_query_id};
use std::borrow::Cow;

/// Leaves out what events of this kind do not have, and what is malformed; says no to what an event can't be without.
pub(super) fn bring_into_form(
    draft: &mut Draft<'_>,
    settings: &Settings,
    notes: &mut Notes<'_>,
) -> Result<(), String> {
    match (draft.objects.is_empty(), draft.filters.is_empty()) {
        (true, true) => return Err(in_words(&Violation::NoSubject)),
        (false, false) => return Err(in_words(&Violation::TwoSubjects)),
        _ => {}
    }
    drop_subtype(draft, notes);
    drop_malformed_query_ids(draft, notes);
    place_query_ids(draft, notes);
    place_positions(draft, notes);
    if matches!(kind(draft), Some(Kind::AddToCart | Kind::Purchase)) {
        return money(draft, settings, notes);
    }
    (draft.value, draft.currency) = (None, None);
    draft.objects.iter_mut().for_each(|item| item.data = Data::default());
    Ok(())
}

/// The kind, if it is one; what is no kind is left for the rules to name.
fn kind(draft: &Draft<'_>) -> Option<Kind> {
    match (draft.event_type.as_deref()?, draft.event_subtype.as_deref()) {
        ("click", None) => Some(Kind::Click),
        ("view", None) => Some(Kind::View),
        ("conversion", None) => Some(Kind::Conversion),
        ("conversion", Some("addToCart")) => Some(Kind::AddToCart),
        ("conversion", Some("purchase")) => Some(Kind::Purchase),
        _ => None,
    }
}

/// Only conversions on objects have subtypes.
fn drop_subtype(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    let conversion = draft.event_type.as_deref() == Some("conversion") && draft.filters.is_empty();
    if !conversion && draft.event_subtype.take().is_some() {
        notes.say(|| "eventSubtype is left out: only conversions on objects have one".to_owned());
    }
}

fn drop_malformed_query_ids(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    drop_unless(is_query_id, &mut draft.query_id, notes);
    draft.objects.iter_mut().for_each(|item| drop_unless(is_search_query_id, &mut item.data.query_id, notes));
}

fn drop_unless(legal: fn(&str) -> bool, id: &mut Option<Cow<'_, str>>, notes: &mut Notes<'_>) {
    if let Some(wrong) = id.take_if(|id| !legal(id)) {
        notes.say(|| {
            format!("queryID {wrong:?} is left out: a search's id has 32 lower-case hexadecimal digits")
        });
    }
}

/// A purchase has a query id with each item, views and filters have none, anything else has one for the event.
fn place_query_ids(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    match kind(draft) {
        Some(Kind::Purchase) => spread(draft),
        Some(Kind::View) => drop_query_id(draft, notes),
        Some(_) if draft.objects.is_empty() => drop_query_id(draft, notes),
        _ => gather(draft, notes),
    }
}

/// The event's own query id is for the items that have none.
fn spread(draft: &mut Draft<'_>) {
    let Some(id) = draft.query_id.take().filter(|id| is_search_query_id(id)) else { return };
    for item in &mut draft.objects {
        item.data.query_id.get_or_insert_with(|| id.clone());
    }
}

fn drop_query_id(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    if draft.query_id.take().is_some() {
        notes.say(|| "queryID is left out: views and filters have none".to_owned());
    }
}

/// The items' query id is the event's if they all have the same.
fn gather(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    let mut ids = draft.objects.iter().map(|item| item.data.query_id.clone());
    let first = ids.next().flatten();
    let common = first.filter(|first| ids.all(|id| id.as_ref() == Some(first)));
    draft.query_id = draft.query_id.take().or(common);
    if draft.query_id.is_none() {
        let drop = |item: &mut Item<'_>| item.data.query_id.take().is_some();
        if draft.objects.iter_mut().map(drop).fold(false, |any, one| any | one) {
            notes.say(|| "the objects' queryIDs are left out: they are not of one search".to_owned());
        }
    }
}

/// A click after a search has a place for each object; nothing else has any.
fn place_positions(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    let click = kind(draft) == Some(Kind::Click);
    let complete = draft.objects.iter().all(|item| item.position.is_some());
    if click && complete && draft.query_id.is_some() {
        return;
    }
    draft.objects.iter_mut().for_each(|item| item.position = None);
    if click && draft.query_id.take().is_some() {
        notes.say(|| {
            "queryID is left out: a click after a search needs the position of each object".to_owned()
        });
    } else if click && complete {
        notes.say(|| "position is left out: it says something only with the queryID of a search".to_owned());
    }
}

fn money(draft: &mut Draft<'_>, settings: &Settings, notes: &mut Notes<'_>) -> Result<(), String> {
    if settings.prices == Prices::BeforeDiscount {
        draft.objects.iter_mut().for_each(|item| take_off_discount(&mut item.data));
    }
    place_currency(draft, settings, notes);
    let priced = |item: &Item<'_>| item.data.price.is_some() || item.data.discount.is_some();
    if draft.currency.is_some() || (draft.value.is_none() && !draft.objects.iter().any(priced)) {
        return Ok(());
    }
    if kind(draft) == Some(Kind::Purchase) {
        let words = in_words(&Violation::CurrencyMissing);
        return Err(format!("{words}; settings.currency can name the currency of events without one"));
    }
    drop_money(draft, notes);
    Ok(())
}

fn take_off_discount(data: &mut Data<'_>) {
    if let (Some(price), Some(discount)) = (data.price, data.discount) {
        data.price = Some(amount::rounded((price - discount).max(0.0)));
    }
}

fn place_currency(draft: &mut Draft<'_>, settings: &Settings, notes: &mut Notes<'_>) {
    if let Some(wrong) = draft.currency.take_if(|currency| !is_currency(currency)) {
        notes.say(|| format!("currency {wrong:?} is left out: it has not three letters"));
    }
    if draft.currency.is_none() {
        draft.currency = settings.currency.clone().map(Cow::Owned);
    }
}

/// Segment's `Product Added` has no currency, so for a cart its absence is no fault of the event.
fn drop_money(draft: &mut Draft<'_>, notes: &mut Notes<'_>) {
    draft.value = None;
    for item in &mut draft.objects {
        (item.data.price, item.data.discount) = (None, None);
    }
    notes.say(|| {
        "prices are left out: the event names no currency, and settings.currency is not set".to_owned()
    });
}
