//! A record with the one event that matters, and what may have to do with it.

use crate::core::Source;
use crate::past::{self, Past, Told};
use causeway_algolia::insights::{Event, Rules};
use causeway_store::{Entry, Record};

/// What stands for an event that has nothing to do with it: no valid one, so it keeps the others' places and nothing follows.
const NOTHING: &str = "{}";

/// The record without the Insights events that share no person and no search with this item. Of a record of many events the
/// engine would otherwise do a thousand times what is wanted once. Other records stay as they are.
pub(super) fn alone(entry: Entry, item: usize, rules: &Rules) -> Entry {
    if !matches!(Source::of(entry.record.source), Some(Source::Insights | Source::Repaired)) {
        return entry;
    }
    let Some(body) = body(&past::read(&entry, rules), item) else { return entry };
    Entry { record: Record { body: body.into(), ..entry.record }, ..entry }
}

fn body(items: &[Past<'_>], item: usize) -> Option<String> {
    let wanted = items.iter().find(|past| past.item == item).and_then(event)?;
    let mut places = vec![NOTHING; items.last()?.item + 1];
    let akin = items.iter().filter(|past| event(past).is_some_and(|other| are_akin(other, wanted)));
    akin.for_each(|past| places[past.item] = past.raw());
    Some(format!("{{\"events\":[{}]}}", places.join(",")))
}

fn event<'p, 'e>(past: &'p Past<'e>) -> Option<&'p Event<'e>> {
    match &past.told {
        Told::Event(event) => Some(event),
        Told::Call(_) | Told::Search(..) => None,
    }
}

fn are_akin(one: &Event<'_>, other: &Event<'_>) -> bool {
    ids(one).any(|id| ids(other).any(|theirs| theirs == id))
}

fn ids<'p>(event: &'p Event<'_>) -> impl Iterator<Item = &'p str> {
    let user = event.authenticated_user_token.as_deref();
    [Some(&*event.user_token), user].into_iter().flatten().chain(event.query_ids())
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_store::Position;

    fn view(token: &str, more: &str) -> String {
        format!(
            r#"{{"eventType":"view","eventName":"Seen","index":"i","userToken":"{token}"{more},"objectIDs":["o"]}}"#
        )
    }

    #[test]
    fn what_is_left_of_a_record_keeps_its_place_and_so_its_id() {
        let events = [
            view("ann", r#","authenticatedUserToken":"user-1""#),
            view("bob", ""),
            "{\"eventType\":\"nonsense\"}".to_owned(),
            view("ann", ""),
            view("cem", ""),
        ];
        let record = Record {
            received_at: 7,
            source: Source::Insights.into(),
            meta: bytes::Bytes::new(),
            body: format!("{{\"events\":[{}]}}", events.join(",")).into(),
        };
        let (entry, rules) = (Entry { position: Position(3), record }, Rules::default());
        let of = |entry: &Entry| -> Vec<_> {
            past::read(entry, &rules).iter().map(|past| (past.item, past.id)).collect()
        };
        let whole = of(&entry);
        assert_eq!(whole.iter().map(|(item, _)| *item).collect::<Vec<_>>(), [0, 1, 3, 4]);
        assert_eq!(
            of(&alone(entry.clone(), 3, &rules)),
            [whole[0], whole[2]],
            "with whom she turned out to be"
        );
        assert_eq!(of(&alone(entry, 1, &rules)), [whole[1]]);
    }
}
