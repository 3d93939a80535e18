//! What is sent on to the vendor.

use super::{Amount, Event, Object, ObjectData, Subject, filters};
use std::fmt::Display;
use std::io::Write as _;

impl Event<'_> {
    /// Appends the event in the documented form. Only what the event had is written; a token that came as a number
    /// becomes a string, filters become `attribute:encoded-value`, and an event without a timestamp gets
    /// `received_at_ms` (milliseconds since the Unix epoch). So does one from the future, of a browser whose clock is
    /// ahead: the vendor is known to have refused those, and how many it takes today is not published. Any other timestamp
    /// is never changed.
    ///
    /// When nothing has to change, or only the timestamp is missing, this is a copy of the text that came.
    pub fn write_json(&self, received_at_ms: i64, out: &mut Vec<u8>) {
        self.write_json_of(None, received_at_ms, out);
    }

    /// The same, with this `authenticatedUserToken` (1 to 128 of a token's characters) if the event has none.
    pub fn write_json_of(&self, user: Option<&str>, received_at_ms: i64, out: &mut Vec<u8>) {
        let user = user.filter(|_| self.authenticated_user_token.is_none());
        let ahead = self.timestamp.is_some_and(|timestamp| timestamp > received_at_ms);
        match self.raw.strip_suffix('}') {
            Some(open) if !self.altered && !ahead => self.write_completed(open, user, received_at_ms, out),
            _ => self.write_anew(user, received_at_ms, out),
        }
    }

    /// The text that came, up to its last brace, and what it lacks.
    fn write_completed(&self, open: &str, user: Option<&str>, received_at_ms: i64, out: &mut Vec<u8>) {
        out.extend_from_slice(open.as_bytes());
        if let Some(user) = user {
            out.extend_from_slice(b",\"authenticatedUserToken\":");
            string(out, user);
        }
        if self.timestamp.is_none() {
            append(out, format_args!(",\"timestamp\":{received_at_ms}"));
        }
        out.push(b'}');
    }

    fn write_anew(&self, user: Option<&str>, received_at_ms: i64, out: &mut Vec<u8>) {
        let mut object = Members::open(out);
        object.text("eventName", &self.name);
        object.text("eventType", self.kind.event_type());
        object.optional("eventSubtype", self.kind.event_subtype());
        object.optional("index", self.index.as_deref());
        object.text("userToken", &self.user_token);
        object.optional("authenticatedUserToken", self.authenticated_user_token.as_deref().or(user));
        object.display(
            "timestamp",
            self.timestamp.map_or(received_at_ms, |timestamp| timestamp.min(received_at_ms)),
        );
        object.optional("queryID", self.query_id.as_deref());
        self.subject.write(&mut object);
        object.amount("value", self.value.as_ref());
        object.optional("currency", self.currency.as_deref());
        object.optional("agentID", self.agent_id.as_deref());
        for (key, value) in &self.extra {
            object.display(key, value.get());
        }
        object.close();
    }
}

impl Subject<'_> {
    fn write(&self, event: &mut Members<'_>) {
        match self {
            Subject::Objects(objects) => write_objects(objects, event),
            Subject::Filters(all) => {
                event.list("filters", all, |filter, out| string(out, &filters::canonical(filter)));
            }
            Subject::None => {}
        }
    }
}

/// Positions and data are there for every object or for none.
fn write_objects(objects: &[Object<'_>], event: &mut Members<'_>) {
    event.list("objectIDs", objects, |object, out| string(out, &object.id));
    if objects.iter().any(|object| object.position.is_some()) {
        event.list("positions", objects, |object, out| append(out, object.position.unwrap_or(1)));
    }
    if objects.iter().any(|object| object.data.is_some()) {
        event.list("objectData", objects, |object, out| write_data(object.data.as_ref(), out));
    }
}

fn write_data(data: Option<&ObjectData<'_>>, out: &mut Vec<u8>) {
    let mut object = Members::open(out);
    if let Some(data) = data {
        object.optional("queryID", data.query_id.as_deref());
        object.amount("price", data.price.as_ref());
        if let Some(quantity) = data.quantity {
            object.display("quantity", quantity);
        }
        object.amount("discount", data.discount.as_ref());
    }
    object.close();
}

/// A JSON object being written.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    separator: u8,
}

impl<'o> Members<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        Members { out, separator: b'{' }
    }

    fn key(&mut self, key: &str) {
        self.out.push(self.separator);
        self.separator = b',';
        string(self.out, key);
        self.out.push(b':');
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn display(&mut self, key: &str, value: impl Display) {
        self.key(key);
        append(self.out, value);
    }

    fn amount(&mut self, key: &str, value: Option<&Amount<'_>>) {
        match value {
            Some(Amount::Number(number)) => self.display(key, number),
            Some(Amount::Text(text)) => self.text(key, text),
            None => {}
        }
    }

    fn list<T>(&mut self, key: &str, items: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
        self.key(key);
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            write(item, self.out);
        }
        self.out.push(b']');
    }

    fn close(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

fn append(out: &mut Vec<u8>, value: impl Display) {
    write!(out, "{value}").expect("writing to a Vec cannot fail");
}

fn string(out: &mut Vec<u8>, value: &str) {
    serde_json::to_writer(out, value).expect("a string is JSON and writing to a Vec cannot fail");
}
