//! Many dead letters at once: which, and what it comes to.

use crate::delivery::batch::single_messages;
use crate::delivery::destination::room;
use crate::problems;
use causeway_store::state::{DeadLetter, DeadLetterQuery, DeadLetterStatus};
use causeway_store::{Error, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many are decided on together, in one commit.
pub const CHUNK: usize = 200;

/// Which dead letters are meant, of those that wait for a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Only this flow's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Only those whose reason holds this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Only those of this problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// All of them, said in so many words.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
}

/// What sending some of them again comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Dead letters.
    pub letters: usize,
    /// Messages, events or records in them.
    pub messages: usize,
    /// Requests, if the vendors take all of it and nothing else is sent.
    pub calls: usize,
    /// Bytes of messages.
    pub bytes: usize,
}

impl Filter {
    /// Refuses a filter that says nothing, so that nobody means one and gets all.
    pub fn check(&self) -> Result<(), String> {
        if self.all || self.flow.is_some() || self.error.is_some() || self.problem.is_some() {
            return Ok(());
        }
        Err("flow, error, problem: none is given; say \"all\": true to mean every dead letter".to_owned())
    }

    /// Which ones, for the audit log. A reason may quote what a vendor said of somebody, so its text stays out.
    pub fn noted(&self) -> String {
        let named = |key: &str, value: &Option<String>| value.as_ref().map(|value| format!("{key} {value}"));
        let text = self.error.as_ref().map(|_| "with a text in the reason".to_owned());
        let parts = [named("flow", &self.flow), named("problem", &self.problem), text];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "all".to_owned() } else { parts.join(", ") }
    }

    /// The dead letters that are meant, oldest first, so that what came first is sent first.
    pub fn find(&self, state: &dyn State) -> Result<Vec<DeadLetter>, Error> {
        let query = DeadLetterQuery {
            flow: self.flow.clone(),
            reason: self.error.clone(),
            status: Some(DeadLetterStatus::Dead),
            ..DeadLetterQuery::default()
        };
        let mut letters = state.dead_letters(&query)?;
        letters.retain(|letter| self.problem.as_ref().is_none_or(|id| *id == problem_of(letter)));
        letters.reverse();
        Ok(letters)
    }
}

/// The id of the problem that a dead letter is part of.
pub fn problem_of(letter: &DeadLetter) -> String {
    problems::id_of(&letter.flow, &letter.destination, &letter.cause, &letter.reason)
}

/// What sending these again comes to.
pub fn estimate(letters: &[DeadLetter]) -> Estimate {
    let mut totals: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for letter in letters {
        let total = totals.entry(&letter.destination).or_default();
        total.0 += single_messages(&letter.payload).len();
        total.1 += letter.payload.len() + 1;
    }
    Estimate {
        letters: letters.len(),
        messages: totals.values().map(|(messages, _)| messages).sum(),
        calls: totals.iter().map(|(name, (messages, bytes))| calls(name, *messages, *bytes)).sum(),
        bytes: totals.values().map(|(_, bytes)| bytes).sum(),
    }
}

/// The fewest requests that so many messages take.
pub fn calls(destination: &str, messages: usize, bytes: usize) -> usize {
    let room = room(destination);
    messages.div_ceil(room.messages).max(bytes.div_ceil(room.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_nothing_is_refused() {
        assert!(Filter::default().check().is_err());
        assert!(Filter { all: true, ..Filter::default() }.check().is_ok());
        assert!(Filter { error: Some(String::new()), ..Filter::default() }.check().is_ok());
    }

    #[test]
    fn calls_are_bounded_by_messages_and_by_bytes() {
        assert_eq!((calls("insights", 1000, 1), calls("insights", 1001, 1)), (1, 2));
        assert_eq!((calls("segment", 1, 10), calls("segment", 20, 1_000_000)), (1, 3));
        assert_eq!(calls("segment", 0, 0), 0);
    }
}
