//! What was a person's, wiped where it stands.
//!
//! In place of an event stands an object of spaces, as long as the event was: everything else keeps its place, and who
//! reads the body again sees that there was something. Nobody sends such an object: it is longer than `{ }`, and no event.

use super::Names;
use crate::core::Source;
use crate::order::Order;
use causeway_segment::call::Route;
use causeway_store::Record;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// No item that names somebody is shorter: `{"userId":1}`.
const SHORTEST: usize = 12;

/// A body without the person's events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// As long as before.
    pub body: Vec<u8>,
    /// How many events were wiped.
    pub events: usize,
}

/// Whether an item was wiped.
pub fn is_erased(raw: &str) -> bool {
    let inside = raw.strip_prefix('{').and_then(|raw| raw.strip_suffix('}'));
    raw.len() >= SHORTEST && inside.is_some_and(|inside| inside.bytes().all(|byte| byte == b' '))
}

/// Wipes the person's events out of a record of the journal; nothing if it has none.
pub fn wipe(names: &Names, record: &Record) -> Option<Erased> {
    if !names.may_occur(&record.body) {
        return None;
    }
    let own: Vec<&RawValue> = items(record).into_iter().filter(|item| is_own(names, record, item)).collect();
    if own.is_empty() {
        return None;
    }
    let mut body = record.body.to_vec();
    for item in &own {
        blank(&mut body, &record.body, item.get());
    }
    Some(Erased { body, events: own.len() })
}

fn is_own(names: &Names, record: &Record, item: &RawValue) -> bool {
    if record.source == Source::Operator.into() {
        let order: Result<Order, _> = serde_json::from_str(item.get());
        return order.is_ok_and(|order| order.ids().into_iter().any(|id| names.contains(id)));
    }
    names.own(item)
}

/// The single events of a record.
fn items(record: &Record) -> Vec<&RawValue> {
    let Ok(whole) = serde_json::from_slice::<&RawValue>(&record.body) else { return Vec::new() };
    match Source::of(record.source) {
        Some(Source::Insights | Source::Repaired | Source::Reattributed) => listed(whole, "events"),
        Some(Source::Searches | Source::RepairedSearch | Source::ReattributedSearch) => {
            listed(whole, "searches")
        }
        Some(Source::Tracking) if record.meta == Route::Batch.word() => listed(whole, "batch"),
        _ => serde_json::from_str(whole.get()).unwrap_or_else(|_| vec![whole]),
    }
}

fn listed<'a>(whole: &'a RawValue, key: &str) -> Vec<&'a RawValue> {
    let members: HashMap<String, &RawValue> = serde_json::from_str(whole.get()).unwrap_or_default();
    members.get(key).and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
}

/// Blanks a part of a body in its copy.
fn blank(copy: &mut [u8], body: &[u8], part: &str) {
    let start = part.as_ptr() as usize - body.as_ptr() as usize;
    let place = &mut copy[start..start + part.len()];
    place.fill(b' ');
    if let [first, .., last] = place {
        (*first, *last) = (b'{', b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn wiped(source: Source, meta: &'static str, body: &'static str) -> Option<(String, usize)> {
        let (meta, body) = (Bytes::from_static(meta.as_bytes()), Bytes::from_static(body.as_bytes()));
        let record = Record { source: source.into(), received_at: 0, meta, body };
        let erased = wipe(&Names::new(["jane".to_owned()]), &record)?;
        assert_eq!(erased.body.len(), record.body.len());
        Some((String::from_utf8(erased.body).unwrap(), erased.events))
    }

    #[test]
    fn only_the_persons_events_are_wiped_and_every_other_keeps_its_place() {
        let some = |body: &str, events| Some((body.to_owned(), events));
        assert_eq!(
            wiped(Source::Insights, "", r#"{"events":[{"userToken":"jane"},{"userToken":"joe"}]}"#),
            some(r#"{"events":[{                  },{"userToken":"joe"}]}"#, 1)
        );
        assert_eq!(
            wiped(Source::Tracking, "batch", r#" {"batch":[{"userId":"jane"}],"writeKey":"k"}"#),
            some(r#" {"batch":[{               }],"writeKey":"k"}"#, 1)
        );
        assert_eq!(wiped(Source::Tracking, "track", r#"{"userId":"jane"}"#), some("{               }", 1));
        assert_eq!(
            wiped(Source::Webhook, "", r#"[{"userId":"jane"},{"userId":"jim"}, {"userId":"jane"}]"#),
            some(r#"[{               },{"userId":"jim"}, {               }]"#, 2)
        );
        assert_eq!(
            wiped(Source::Searches, "", r#"{"searches":[{"userToken":"jane"},{"userToken":"joe"}]}"#),
            some(r#"{"searches":[{                  },{"userToken":"joe"}]}"#, 1)
        );
        let link =
            r#"{"order":"link","from":{"kind":"user","id":"joe"},"to":{"kind":"user","id":"jane"},"at":1}"#;
        assert!(is_erased(&wiped(Source::Operator, "", link).unwrap().0));
        let order = r#"{"order":"forget","id":"jane","erasure":"1"}"#;
        assert!(is_erased(&wiped(Source::Operator, "", order).unwrap().0));
        assert_eq!(wiped(Source::Insights, "", r#"{"events":[{"userToken":"joe","q":"jane"}]}"#), None);
    }

    #[test]
    fn an_empty_object_that_somebody_sent_is_not_taken_for_one_that_was_wiped() {
        assert!(is_erased("{          }") && !is_erased("{}") && !is_erased("{ }"));
    }
}
