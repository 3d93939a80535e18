//! Dividing what is too long for one event.

use super::amount;
use super::draft::{Draft, Item};
use super::settings::TooMany;
use crate::flow::notes::Notes;
use causeway_algolia::insights::limits::MAX_ITEMS;

/// The draft as one event or several, as the operator wants it.
pub(super) fn divide<'v>(
    mut draft: Draft<'v>,
    too_many: TooMany,
    notes: &mut Notes<'_>,
) -> Result<Vec<Draft<'v>>, String> {
    let count = draft.objects.len().max(draft.filters.len());
    if count <= MAX_ITEMS {
        return Ok(vec![draft]);
    }
    match too_many {
        TooMany::Split => Ok(split(draft, notes)),
        TooMany::First => {
            notes.say(|| format!("only the first {MAX_ITEMS} of {count} are in the event"));
            draft.objects.truncate(MAX_ITEMS);
            draft.filters.truncate(MAX_ITEMS);
            Ok(vec![draft])
        }
        TooMany::Reject => Err(format!(
            "{count} objects or filters are more than the {MAX_ITEMS} that an Insights event holds; \
             settings.too_many can be \"split\" or \"first\""
        )),
    }
}

fn split<'v>(mut draft: Draft<'v>, notes: &mut Notes<'_>) -> Vec<Draft<'v>> {
    let (objects, filters) = (std::mem::take(&mut draft.objects), std::mem::take(&mut draft.filters));
    let mut parts: Vec<Draft<'v>> = objects
        .chunks(MAX_ITEMS)
        .map(|objects| Draft { objects: objects.to_vec(), ..draft.clone() })
        .chain(filters.chunks(MAX_ITEMS).map(|filters| Draft { filters: filters.to_vec(), ..draft.clone() }))
        .collect();
    divide_value(&mut parts);
    notes.say(|| format!("split into {} events", parts.len()));
    parts
}

/// The whole value must not count more than once: each part has that of its own objects, or the first has all.
fn divide_value(parts: &mut [Draft<'_>]) {
    if parts.iter().all(|part| part.value.is_none()) {
        return;
    }
    let totals: Option<Vec<f64>> = parts.iter().map(|part| total(&part.objects)).collect();
    match totals {
        Some(totals) => parts.iter_mut().zip(totals).for_each(|(part, total)| part.value = Some(total)),
        None => parts.iter_mut().skip(1).for_each(|part| part.value = None),
    }
}

/// The sum of price times quantity, if every object has a price.
fn total(objects: &[Item<'_>]) -> Option<f64> {
    let line = |item: &Item<'_>| Some(item.data.price? * f64::from(item.data.quantity.unwrap_or(1)));
    objects.iter().map(line).sum::<Option<f64>>().map(amount::rounded)
}
