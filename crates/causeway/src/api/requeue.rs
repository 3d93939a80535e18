//! What is done about dead letters, the same for the API and for commands.

use crate::delivery::batch::single_messages;
use bytes::Bytes;
use causeway_engine::flow::DESTINATION_SEGMENT;
use causeway_engine::flow::texts::Texts;
use causeway_engine::ledger::Additions;
use causeway_engine::{INTAKE, Source};
use causeway_store::state::{Change, DeadLetter, DeadLetterStatus, Resolution};
use causeway_store::{Error, Record, State};
use serde_json::{Value, json};

/// How a dead letter is sent again.
#[derive(Debug)]
pub enum Plan {
    /// Its messages go back into the outbox: they were refused by the vendor.
    Resend(Box<DeadLetter>),
    /// Its event enters again, as if it had just come: it never got through a flow. The change takes the old event out
    /// of the ledger, since the new one counts anew.
    Reenter(Record, Box<Change>),
}

/// Causes of dead letters whose payload is the event as it came, not a vendor's message.
const BEFORE_DELIVERY: [&str; 3] = ["invalid", "mapping", "plan"];

/// Decides how to send it again.
pub fn plan(letter: DeadLetter, note: &str, now: i64) -> Plan {
    if !before_delivery(&letter) {
        return Plan::Resend(Box::new(letter));
    }
    let meta = if letter.flow == INTAKE { Bytes::new() } else { Bytes::from(letter.flow.clone()) };
    let (source, open, close) = match Came::of(&letter.payload) {
        Came::Events => (Source::Repaired, "{\"events\":[", "]}"),
        Came::Calls => (Source::RepairedCall, "[", "]"),
        Came::Search => (Source::RepairedSearch, "{\"searches\":[", "]}"),
        Came::Report => (Source::Reported, "", ""),
    };
    let body = [open.as_bytes(), &letter.payload, close.as_bytes()].concat().into();
    let record = Record { source: source.into(), received_at: now, meta, body };
    let mut ledger = Additions::default();
    let row = ledger.row(&letter.flow, letter.hour);
    row.accepted -= 1;
    row.dead_lettered -= 1;
    let resolutions = vec![resolution(&letter, DeadLetterStatus::Retried, note)];
    Plan::Reenter(record, Box::new(Change { resolutions, ledger: ledger.into_rows(), ..Change::default() }))
}

/// What a payload from before the delivery is, as its members tell.
enum Came {
    /// Insights events.
    Events,
    /// Segment's calls.
    Calls,
    /// A search.
    Search,
    /// One search of a report.
    Report,
}

impl Came {
    /// What every call has, and no event.
    const OF_CALLS: [&str; 4] = ["type", "messageId", "anonymousId", "userId"];

    /// What every event has, and no call.
    const OF_EVENTS: [&str; 3] = ["eventType", "eventName", "userToken"];

    /// What every search has, and no event or call.
    const OF_SEARCHES: [&str; 2] = ["nbHits", "via"];

    fn of(payload: &[u8]) -> Self {
        let first = single_messages(payload).into_iter().next().unwrap_or_default();
        let said: Value = serde_json::from_slice(&first).unwrap_or_default();
        let has = |keys: &[&str]| keys.iter().any(|key| said.get(key).is_some());
        if !has(&["eventType", "type"]) && Self::OF_SEARCHES.iter().all(|key| said.get(key).is_some()) {
            return Self::Search;
        }
        if said.get("grownBy").is_some() && said.get("searches").is_some() {
            return Self::Report;
        }
        if has(&Self::OF_CALLS) && !has(&Self::OF_EVENTS) { Self::Calls } else { Self::Events }
    }
}

/// Reads a payload that an operator edited: one JSON value, or a list where the letter holds several messages. What
/// Segment would throw away without a word is refused here.
pub fn edited(letter: &DeadLetter, text: &str) -> Result<Bytes, String> {
    let trimmed = text.trim();
    let list = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let payload = Bytes::from(list.unwrap_or(trimmed).trim().to_owned());
    if payload.is_empty() {
        return Err("payload: there is nothing to send; discard the dead letter instead".to_owned());
    }
    if letter.destination != DESTINATION_SEGMENT || before_delivery(letter) {
        return Ok(payload);
    }
    let messages = single_messages(&payload);
    let sound = messages.iter().try_for_each(|message| causeway_segment::message::check(message));
    sound.map_err(|problem| format!("payload: {problem}"))?;
    Ok(payload)
}

fn before_delivery(letter: &DeadLetter) -> bool {
    BEFORE_DELIVERY.contains(&letter.cause.as_str())
}

/// The change that gives one up. In the ledger it stays what it is: dead-lettered.
pub fn discard(letter: &DeadLetter, note: &str) -> Change {
    Change { resolutions: vec![resolution(letter, DeadLetterStatus::Discarded, note)], ..Change::default() }
}

fn resolution(letter: &DeadLetter, status: DeadLetterStatus, note: &str) -> Resolution {
    Resolution { id: letter.id.clone(), status, note: note.to_owned() }
}

/// Reads a status; `all` is none in particular.
pub fn status(word: &str) -> Result<Option<DeadLetterStatus>, String> {
    match word {
        "dead" => Ok(Some(DeadLetterStatus::Dead)),
        "retried" => Ok(Some(DeadLetterStatus::Retried)),
        "discarded" => Ok(Some(DeadLetterStatus::Discarded)),
        "all" => Ok(None),
        other => Err(format!("status: {other:?} is none of dead, retried, discarded, all")),
    }
}

/// A status as a word.
pub fn word(status: DeadLetterStatus) -> &'static str {
    match status {
        DeadLetterStatus::Dead => "dead",
        DeadLetterStatus::Retried => "retried",
        DeadLetterStatus::Discarded => "discarded",
    }
}

/// A dead letter as JSON for people and programs, with the number of the flow's version where it is one.
pub fn shown(letter: &DeadLetter, texts: &mut Texts, state: &dyn State) -> Result<Value, Error> {
    let mut shown = described(letter);
    let revision = letter.revision.parse().unwrap_or_default();
    if let Some(version) = texts.number(&letter.flow, revision, state)? {
        shown["version"] = version.into();
    }
    Ok(shown)
}

fn described(letter: &DeadLetter) -> Value {
    let payload = String::from_utf8_lossy(&letter.payload);
    let payload = serde_json::from_str(&payload).or_else(|_| serde_json::from_str(&format!("[{payload}]")));
    json!({
        "id": letter.id, "flow": letter.flow, "destination": letter.destination, "event": letter.event,
        "person": letter.person, "revision": letter.revision, "cause": letter.cause, "reason": letter.reason, "status": word(letter.status),
        "note": letter.note, "died_at": crate::moment::print(letter.died_at), "position": letter.position.0,
        "attempts": serde_json::from_str::<Value>(&letter.attempts).unwrap_or_default(),
        "payload": payload.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&letter.payload).into_owned())),
    })
}
