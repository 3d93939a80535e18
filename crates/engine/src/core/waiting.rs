//! Events that wait for their search to be seen.

use super::ids::id_of;
use super::step::{Place, Step};
use crate::event;
use crate::searches::{Waiter, lately};
use causeway_algolia::insights::{self, Event, Kind, Rules};
use causeway_store::Position;

/// An event that is older than this when it comes is not ahead of its search: that would have been seen long since.
const AHEAD_MS: i64 = 60_000;

impl Step<'_> {
    /// Has the event wait if it names a search that is probably still on its way, or if others of its person wait.
    pub(super) fn waits(&mut self, event: &Event<'_>, place: Place) -> bool {
        let settings = self.engine.settings.searches;
        let behind = self.engine.waiting.has(&event.user_token);
        let ahead = settings.wait_ms > 0 && self.is_ahead(event, place);
        if !behind && !ahead {
            return false;
        }
        let query_ids = if ahead { event.query_ids().map(Box::from).collect() } else { Vec::new() };
        let waiter = Waiter {
            due: self.now + settings.wait_ms,
            received_at: self.now,
            token: (&*event.user_token).into(),
            query_ids,
            raw: event.raw.to_owned(),
        };
        self.engine.waiting.add((place.position, place.item), waiter);
        self.go_on_overdue();
        true
    }

    fn is_ahead(&mut self, event: &Event<'_>, place: Place) -> bool {
        let recent = place.time > self.now - AHEAD_MS && lately(self.engine.last_seen, self.now);
        recent && event.kind != Kind::View && event.query_ids().next().is_some() && !self.knows_any(event)
    }

    fn knows_any(&mut self, event: &Event<'_>) -> bool {
        let token = &*event.user_token;
        event.query_ids().any(|query_id| self.knows(token, query_id))
    }

    fn knows(&mut self, token: &str, query_id: &str) -> bool {
        self.engine.opens.knows(query_id) || self.recall(token, query_id).is_some()
    }

    /// A search was seen: who waited for it goes on.
    pub(super) fn go_on_with(&mut self, query_id: Option<&str>) {
        let waiting = query_id.map(|query_id| self.engine.waiting.waiting_for(query_id)).unwrap_or_default();
        for token in &waiting {
            self.go_on(token);
        }
    }

    /// Whatever has waited long enough goes on.
    pub(super) fn go_on_overdue(&mut self) {
        while let Some((place, token)) = self.engine.waiting.overdue(self.now) {
            self.release(place);
            self.go_on(&token);
        }
    }

    /// Somebody's events go on, in their order, up to the first that has to wait longer.
    fn go_on(&mut self, token: &str) {
        while let Some((place, waiter)) = self.engine.waiting.first_of(token) {
            let (due, query_ids) = (waiter.due, waiter.query_ids.clone());
            let ready = due <= self.now || query_ids.is_empty();
            if !ready && !query_ids.iter().any(|query_id| self.knows(token, query_id)) {
                break;
            }
            self.release(place);
        }
    }

    fn release(&mut self, (position, item): (Position, u32)) {
        let Some(waiter) = self.engine.waiting.take((position, item)) else { return };
        // It was judged when it came; since then it has only grown older.
        let rules = Rules { max_age_ms: i64::MAX, ..self.engine.settings.rules };
        let Ok(event) = insights::parse_event(&waiter.raw, &rules, waiter.received_at) else { return };
        let place = Place {
            id: id_of(
                insights::identity_hash(&event, 0),
                &event,
                (waiter.received_at, position, item as usize),
            ),
            position,
            item,
            time: event.timestamp.unwrap_or(waiter.received_at),
            slot: event::slot(&event.user_token),
        };
        let sender = self.sender(&event, place);
        self.understood_event(&event, &sender, place, None);
    }
}
