//! What operators order of people.

use super::known::StepNodes;
use super::step::{Place, Step};
use crate::event::{self, EventId};
use crate::forget::is_erased;
use crate::identity::{self, Evidence, Kind, Noted, Origin, Reason};
use crate::order::{Forget, Order, Pair};
use causeway_store::Entry;
use xxhash_rust::xxh3::xxh3_128;

impl Step<'_> {
    pub(super) fn order(&mut self, entry: &Entry) {
        if std::str::from_utf8(&entry.record.body).is_ok_and(is_erased) {
            return;
        }
        match serde_json::from_slice(&entry.record.body) {
            Ok(Order::Link(pair)) => self.link(&pair, entry),
            Ok(Order::Unlink(pair)) => self.unlink(&pair, entry),
            Ok(Order::Forget(Forget { id, erasure })) => {
                self.count_intake();
                self.forget(&[&id], erasure, (entry.position, entry.record.received_at));
            }
            Err(error) => self.unreadable(entry, &format!("no order of an operator: {error}")),
        }
    }

    fn link(&mut self, pair: &Pair, entry: &Entry) {
        let place = place_of(pair, entry);
        let (Pair { from, to, .. }, evidence) = (pair, evidence(place));
        match (from.kind, to.kind) {
            (Kind::Anonymous, Kind::User) => self.note_link(&from.id, &to.id, place, Reason::Operator),
            (Kind::User, Kind::Anonymous) => self.note_link(&to.id, &from.id, place, Reason::Operator),
            (Kind::User, Kind::User) => {
                self.join(pair, place, |nodes| identity::alias(nodes, &from.id, &to.id, evidence));
            }
            (Kind::Anonymous, Kind::Anonymous) => {
                self.join(pair, place, |nodes| identity::same_device(nodes, &from.id, &to.id, evidence));
            }
        }
    }

    fn join(&mut self, pair: &Pair, place: Place, note: impl FnOnce(&mut StepNodes<'_>) -> Noted) {
        self.regroup(pair, place, |nodes| note(nodes) > Noted::Extended);
    }

    fn unlink(&mut self, pair: &Pair, entry: &Entry) {
        let place = place_of(pair, entry);
        self.regroup(pair, place, |nodes| identity::unlink(nodes, &pair.from, &pair.to, evidence(place)));
    }

    /// The records follow those who stood for the two before, and those who do after.
    fn regroup(&mut self, pair: &Pair, place: Place, change: impl FnOnce(&mut StepNodes<'_>) -> bool) {
        let ids = [pair.from.clone(), pair.to.clone()];
        let mut people = self.standing(&ids, place);
        if change(&mut self.nodes()) {
            people.extend(self.standing(&ids, place));
            self.sync_link(&people, place);
        }
    }
}

fn evidence(place: Place) -> Evidence {
    let origin = Origin { position: place.position, item: place.item };
    Evidence { time: place.time, origin, reason: Reason::Operator }
}

/// An order has no event; what follows from it carries the hash of the order itself.
fn place_of(pair: &Pair, entry: &Entry) -> Place {
    let content = xxh3_128(&entry.record.body);
    Place {
        id: EventId::untimed(content, entry.record.received_at, entry.position.0, 0),
        position: entry.position,
        item: 0,
        time: pair.at,
        slot: event::slot(&pair.from.id),
    }
}
