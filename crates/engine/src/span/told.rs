//! The ids of what came in.

use super::Gathering;
use crate::event::EventId;
use crate::past::{Past, Told};
use crate::searches::Search;
use causeway_algolia::insights::{Event, Subject};
use causeway_segment::call::Call;
use std::borrow::Cow;

impl Gathering {
    /// Adds the ids by which an item of a record is found.
    pub fn add_past(&mut self, past: &Past<'_>) {
        match &past.told {
            Told::Event(event) => self.add_insights(past.id, event),
            Told::Call(call) => self.add_call(past.id, call),
            Told::Search(search, _) => self.add_search(past.id, search),
        }
    }

    /// Adds the ids of an Insights event.
    pub fn add_insights(&mut self, id: EventId, event: &Event<'_>) {
        self.add_event(id.short());
        self.add(&event.user_token);
        self.add_known([&event.authenticated_user_token, &event.query_id]);
        let Subject::Objects(objects) = &event.subject else { return };
        for object in objects {
            self.add(&object.id);
            let query = object.data.as_ref().and_then(|data| data.query_id.as_deref());
            if let Some(query) = query {
                self.add(query);
            }
        }
    }

    /// Adds the ids of a call of Segment's.
    pub fn add_call(&mut self, id: EventId, call: &Call<'_>) {
        self.add_event(id.short());
        self.add_known([&call.user_id, &call.anonymous_id, &call.previous_id, &call.message_id]);
    }

    /// Adds the ids of a search.
    pub fn add_search(&mut self, id: EventId, search: &Search<'_>) {
        self.add_event(id.short());
        self.add_known([&search.user_token, &search.query_id]);
        search.object_ids.iter().for_each(|id| self.add(id));
    }

    fn add_known<const N: usize>(&mut self, ids: [&Option<Cow<'_, str>>; N]) {
        ids.into_iter().flatten().for_each(|id| self.add(id));
    }
}
