//! Writing a call as Segment would hand it on.

use super::members::Members;
use super::{Call, Route};
use crate::time;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// What becomes of a member; one that the message lacks is added at the end.
enum Change<'c> {
    /// It goes.
    Removed,
    /// Another value, as JSON.
    Json(&'c str),
    /// Another string.
    Text(&'c str),
    /// A time in milliseconds since the Unix epoch.
    Instant(i64),
    /// The message's own object, with the members of the batch's that it lacks.
    Merged(Members<'c>, Members<'c>),
}

type Changes<'c> = Vec<(&'static str, Change<'c>)>;

impl Call<'_> {
    /// Appends the message as Segment would hand it on: the batch's `context` and `integrations` merged into it (one
    /// level deep, the message's own members win), `timestamp` corrected, with `originalTimestamp`, `sentAt`,
    /// `receivedAt`, and with `message_id` if it has none. A write key in it is left out. Members stay in order.
    ///
    /// What Segment handed on itself is only completed.
    pub fn write_json(&self, received_at: i64, message_id: Option<&str>, out: &mut Vec<u8>) {
        let changes = self.changes(received_at, message_id);
        if changes.is_empty() {
            out.extend_from_slice(self.raw.as_bytes());
        } else {
            write_changed(&self.members, &changes, out);
        }
    }

    fn changes<'c>(&'c self, received_at: i64, message_id: Option<&'c str>) -> Changes<'c> {
        let mut changes = match self.route {
            Route::Webhook => self.completed(received_at),
            Route::Tracking(_) | Route::Batch => self.handed_on(received_at),
        };
        if let (None, Some(id)) = (&self.message_id, message_id) {
            changes.push(("messageId", Change::Text(id)));
        }
        changes
    }

    /// What a webhook's message may lack if its body was mapped.
    fn completed<'c>(&self, received_at: i64) -> Changes<'c> {
        let timestamp = self.timestamp.unwrap_or(received_at);
        let times = [("timestamp", timestamp), ("receivedAt", received_at)];
        let missing = times.into_iter().filter(|(key, _)| self.member(key).is_none());
        missing.map(|(key, instant)| (key, Change::Instant(instant))).collect()
    }

    fn handed_on(&self, received_at: i64) -> Changes<'_> {
        let mut changes = vec![
            ("timestamp", Change::Instant(self.timestamp.unwrap_or(received_at))),
            ("receivedAt", Change::Instant(received_at)),
        ];
        let told = [("originalTimestamp", self.times.original), ("sentAt", self.times.sent_at)];
        changes.extend(told.into_iter().filter_map(|(key, value)| Some((key, Change::Json(value?.get())))));
        changes.extend(self.merged("context", self.shared.context));
        changes.extend(self.merged("integrations", self.shared.integrations));
        if self.members.text("type").as_deref() != Some(self.kind.as_str()) {
            changes.push(("type", Change::Text(self.kind.as_str())));
        }
        if self.member("writeKey").is_some() {
            changes.push(("writeKey", Change::Removed));
        }
        changes
    }

    fn merged<'c>(
        &self,
        key: &'static str,
        shared: Option<&'c RawValue>,
    ) -> Option<(&'static str, Change<'c>)>
    where
        Self: 'c,
    {
        let Some(own) = self.member(key) else { return Some((key, Change::Json(shared?.get()))) };
        // An object whose keys can't be read (half a surrogate pair) stays as it is.
        Some((key, Change::Merged(Members::read(own)?, Members::read(shared?)?)))
    }
}

fn write_changed(members: &Members<'_>, changes: &Changes<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let mut written = HashSet::new();
    for (key, value) in members.iter() {
        match changes.iter().find(|(changed, _)| *changed == key) {
            None => object.json(key, value.get()),
            Some((key, change)) if written.insert(*key) => object.change(key, change),
            Some(_) => {} // the key repeats
        }
    }
    for (key, change) in changes.iter().filter(|(key, _)| !written.contains(key)) {
        object.change(key, change);
    }
    object.close();
}

/// An object under construction.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        self.string(key);
        self.out.push(b':');
    }

    fn string(&mut self, text: &str) {
        serde_json::to_writer(&mut *self.out, text).expect("a Vec takes everything");
    }

    fn json(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    fn change(&mut self, key: &str, change: &Change<'_>) {
        match change {
            Change::Removed => {}
            Change::Json(json) => self.json(key, json),
            Change::Text(text) => {
                self.key(key);
                self.string(text);
            }
            Change::Instant(instant) => {
                self.key(key);
                self.string(&time::to_string(*instant));
            }
            Change::Merged(own, shared) => {
                self.key(key);
                write_merged(own, shared, self.out);
            }
        }
    }

    fn close(self) {
        self.out.push(b'}');
    }
}

fn write_merged(own: &Members<'_>, shared: &Members<'_>, out: &mut Vec<u8>) {
    let known: HashSet<&str> = own.iter().map(|(key, _)| key).collect();
    let mut object = Object::open(out);
    let added = shared.iter().filter(|(key, _)| !known.contains(key));
    for (key, value) in own.iter().chain(added) {
        object.json(key, value.get());
    }
    object.close();
}
