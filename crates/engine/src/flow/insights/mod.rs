//! From what a mapping makes to lawful Insights events.
//!
//! Segment's events are written by shops, each in its own way: positions count from 0 or 1, prices are text, an id is a
//! number, a list holds 50 products. So the object that a mapping makes is read leniently (`draft`), brought into the
//! documented form (`lawful`), divided where one event can't hold it all (`parts`), and then held against the same
//! rules as events that come in. What stands in the way of an event is left out and noted; what an event can't be
//! without makes it a dead letter that says what is missing.
//!
//! ```json
//! {
//!   "eventName": "Product Clicked", "eventType": "click", "index": "products",
//!   "queryID": "43b15df305339e827f0ac0bdc5ebcaa7", "objects": [{"objectID": "a", "position": 3}]
//! }
//! ```
//!
//! Known keys: `eventName`, `eventType`, `eventSubtype`, `index`, `queryID`, `objects` or `products` (each with
//! `objectID`, `product_id` or `id`, `position`, `price`, `quantity`, `discount`, `queryID` or `query_id`), or Insights' own
//! `objectIDs`, `positions` and `objectData`, or one `objectID` with its `position`; `filters` (each with `type` or
//! `attribute` and `value`, or ready text); `value`, `currency`, `userToken`, `authenticatedUserToken`, `timestamp`.
//! Of a list under `eventName`, `index`, `queryID`, `value` or `currency` the first that is one counts.
//! Anything else is left out: what a shop puts into its events is not Algolia's to know.

pub(crate) mod amount;
mod draft;
mod lawful;
mod parts;
mod settings;
mod text;
mod write;

pub use settings::{Positions, Prices, Settings, TooMany};

use super::compiled::Stamp;
use super::envelope::Dropped;
use super::notes::Notes;
use causeway_algolia::insights::{Refusal, Rules, Violation, parse_event};
use causeway_mapping::{Object, Value};
use draft::Draft;

/// Why there is nothing to send: a list that is there, but empty.
pub(super) const EMPTY: &str = "the list of objects or filters is empty";

/// The events that come of a mapped object; none if it is about an empty list.
pub(super) fn events<'v>(
    mapped: &'v Object<'v>,
    stamp: &Stamp<'v>,
    settings: &'v Settings,
    notes: &mut Notes<'_>,
) -> Result<Vec<Value<'v>>, String> {
    let mut draft = Draft::read(mapped, stamp, settings, notes);
    if draft.is_about_nothing() {
        return Ok(Vec::new());
    }
    if draft.index.is_none() {
        return Err(NO_INDEX.to_owned());
    }
    lawful::bring_into_form(&mut draft, settings, notes)?;
    let parts = parts::divide(draft, settings.too_many, notes)?;
    Ok(parts.into_iter().map(write::event).collect())
}

const NO_INDEX: &str = "index is missing: the event names none, and settings.index is not set; set settings.index to \
                        the Algolia index that these products are in";

/// Everything that [`events`] does not read, null apart: null stands for nothing.
pub(super) fn dropped<'m>(mapped: &'m Object<'m>) -> Vec<Dropped<'m>> {
    let unread = mapped.iter().filter(|(key, value)| !draft::KEYS.contains(key) && **value != Value::Null);
    unread.map(|(key, value)| Dropped { place: key.to_owned(), value, reason: UNREAD }).collect()
}

const UNREAD: &str = "is nothing that events for Insights are made of, and is left out";

/// Writes an event, if Algolia would take it.
pub(super) fn write_checked(event: &Value<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    let start = out.len();
    event.write_json(out);
    let text = std::str::from_utf8(&out[start..]).map_err(|error| error.to_string())?;
    // How old an event may be is judged when it is sent, not when it is made.
    let any_time = Rules { max_age_ms: i64::MAX, max_future_ms: i64::MAX };
    parse_event(text, &any_time, 0).map(drop).map_err(|refusal| refused(&refusal))
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Event { violation, .. } => in_words(violation),
        other => other.detail(),
    }
}

/// Algolia's words, and what to do.
fn in_words(violation: &Violation) -> String {
    format!("Algolia would refuse it, \"{}\": {}", violation.message(), violation.detail())
}
