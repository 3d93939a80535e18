//! What became of entries, and the change of the state that follows.

use super::batch::single_messages;
use super::held;
use super::slots::Item;
use bytes::Bytes;
use causeway_engine::flow::Revision;
use causeway_engine::outbox::{Heads, Settled};
use causeway_engine::{dead_letter_id, ledger};
use causeway_store::state::{Block, Change, DeadLetter, DeadLetterStatus, Settlement};
use causeway_store::{BlockId, Position};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One request that was sent, and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// HTTP status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long the vendor took.
    pub latency_ms: u64,
    /// The vendor's words, or what went wrong; bounded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// The end of an entry's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The vendor took it.
    Delivered,
    /// It can't be delivered.
    Dead(Death),
    /// Its person is forgotten, so it is not to be sent.
    Erased,
}

impl Fate {
    /// What a forgotten person's messages died of is not kept.
    #[must_use]
    pub fn unless(self, is_forgotten: impl FnOnce(&[u8]) -> bool) -> Self {
        match self {
            Self::Dead(death) if is_forgotten(&death.payload) => Self::Erased,
            fate => fate,
        }
    }
}

/// Why an entry can't be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// A stable word: `refused`, `oversize`, `expired`, `gave-up`.
    pub cause: &'static str,
    /// In words.
    pub reason: String,
    /// The messages at fault.
    pub payload: Bytes,
    /// The last attempts.
    pub attempts: Vec<Attempt>,
}

/// A block that a lane works on.
#[derive(Debug)]
pub struct Loaded {
    id: BlockId,
    destination: String,
    hour: i64,
    first: Position,
    flows: Vec<Arc<str>>,
    revisions: Vec<Revision>,
    settled: Settled,
    touched: bool,
}

impl Loaded {
    /// Keeps what is needed of the block until its last entry has its fate.
    pub fn new(block: &Block, heads: &Heads) -> Self {
        Self {
            id: block.id,
            destination: block.destination.clone(),
            hour: block.hour,
            first: block.from.0,
            flows: heads.flows.iter().map(|flow| flow.as_str().into()).collect(),
            revisions: heads.revisions.clone(),
            settled: Settled::decode(&block.settled, block.entries),
            touched: false,
        }
    }

    /// The name of the entry's flow.
    pub fn flow(&self, item: &Item) -> Arc<str> {
        Arc::clone(&self.flows[usize::from(item.flow)])
    }

    /// Whether this entry has its fate.
    pub fn is_settled(&self, entry: u32) -> bool {
        self.settled.contains(entry)
    }

    /// Whether every entry has its fate.
    pub fn is_finished(&self) -> bool {
        self.settled.left() == 0
    }

    /// The latest that the entry can have been accepted, since only the hour is known: nothing is given up early. An
    /// entry of a later time than that was put back by an operator then.
    pub fn accepted(&self, item: &Item) -> i64 {
        item.time.max(self.hour + ledger::HOUR_MS)
    }

    /// Notes the fate of an entry in the change; answers false if it had one already.
    pub fn settle(&mut self, item: &Item, fate: Fate, now: i64, books: &mut Books) -> bool {
        if !self.settled.insert(item.entry) {
            return false;
        }
        self.touched = true;
        let flow = &self.flows[usize::from(item.flow)];
        let row = books.ledger.row(flow, self.hour);
        match fate {
            Fate::Delivered => row.delivered += 1,
            Fate::Erased => row.filtered += 1,
            Fate::Dead(death) => {
                row.dead_lettered += 1;
                books.forget(held::keys(&self.destination, &death.payload));
                let letter = self.dead_letter(item, flow, death, now);
                books.dead_letters.push(letter);
            }
        }
        true
    }

    /// How far the block has come since it was last asked.
    pub fn settlement(&mut self) -> Option<Settlement> {
        if !std::mem::take(&mut self.touched) {
            return None;
        }
        Some(if self.is_finished() {
            Settlement::Finished(self.id)
        } else {
            Settlement::Progress(self.id, self.settled.to_bytes())
        })
    }

    fn dead_letter(&self, item: &Item, flow: &str, death: Death, now: i64) -> DeadLetter {
        let event = item.event.to_string();
        DeadLetter {
            id: dead_letter_id(flow, &event, self.first),
            flow: flow.to_owned(),
            destination: self.destination.clone(),
            event,
            person: person_of(&death.payload),
            cause: death.cause.to_owned(),
            reason: death.reason,
            payload: death.payload,
            attempts: serde_json::to_string(&death.attempts).unwrap_or_default(),
            hour: self.hour,
            died_at: now,
            position: self.first,
            status: DeadLetterStatus::Dead,
            note: String::new(),
            revision: self.revisions[usize::from(item.flow)].to_string(),
        }
    }
}

/// Where messages of any destination name their person.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Names {
    anonymous_id: Option<String>,
    user_token: Option<String>,
    user_id: Option<String>,
    body: Record,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    #[serde(rename = "objectID")]
    object_id: Option<String>,
}

/// The id by which messages that died name their person; nothing if they name none.
fn person_of(messages: &[u8]) -> String {
    let first = single_messages(messages).into_iter().next().unwrap_or_default();
    let Names { anonymous_id, user_token, user_id, body } =
        serde_json::from_slice(&first).unwrap_or_default();
    anonymous_id.or(user_token).or(user_id).or(body.object_id).unwrap_or_default()
}

/// What a lane gathers before it asks for a commit.
#[derive(Debug, Default)]
pub struct Books {
    /// Counters.
    pub ledger: ledger::Additions,
    /// What died.
    pub dead_letters: Vec<DeadLetter>,
    /// What is no longer known.
    pub facts: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Books {
    fn forget(&mut self, keys: Vec<Vec<u8>>) {
        self.facts.extend(keys.into_iter().map(|key| (key, None)));
    }

    /// The change, with the settlements of the blocks touched.
    pub fn into_change(self, settlements: Vec<Settlement>) -> Change {
        let Self { ledger, dead_letters, facts } = self;
        Change { settlements, ledger: ledger.into_rows(), dead_letters, facts, ..Change::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_names_its_person_whatever_the_destination_calls_it() {
        for (messages, person) in [
            (r#"{"userId":"u","anonymousId":"a"}"#, "a"),
            (r#"{"userToken":"t","authenticatedUserToken":"u"},{"userToken":"other"}"#, "t"),
            (r#"{"action":"deleteObject","body":{"objectID":"o"}}"#, "o"),
            (r#"{"userId":7}"#, ""),
            ("no JSON", ""),
        ] {
            assert_eq!(person_of(messages.as_bytes()), person, "{messages}");
        }
    }
}
