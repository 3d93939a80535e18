//! What operators order of people.

use super::step::{Place, Step};
use crate::event::{self, EventId};
use crate::forget::is_erased;
use crate::identity::{self, Evidence, Identifier, Kind, Noted, Origin, Reason};
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
                let noted = identity::alias(&mut self.nodes(), &from.id, &to.id, evidence);
                self.joined(noted, pair, place);
            }
            (Kind::Anonymous, Kind::Anonymous) => {
                let noted = identity::same_device(&mut self.nodes(), &from.id, &to.id, evidence);
                self.joined(noted, pair, place);
            }
        }
    }

    fn joined(&mut self, noted: Noted, pair: &Pair, place: Place) {
        if noted > Noted::Extended {
            self.sync_link(&[pair.from.clone(), pair.to.clone()], place);
        }
    }

    fn unlink(&mut self, pair: &Pair, entry: &Entry) {
        let place = place_of(pair, entry);
        let former = self.stands_for(&pair.from, place).into_iter().chain(self.stands_for(&pair.to, place));
        let mut people: Vec<Identifier> = former.chain([pair.from.clone(), pair.to.clone()]).collect();
        if identity::unlink(&mut self.nodes(), &pair.from, &pair.to, evidence(place)) {
            people.sort();
            people.dedup();
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
