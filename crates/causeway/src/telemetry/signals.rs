//! What goes wrong at the moment, told by those who meet it: vendors' troubles, and what died.

use causeway_store::state::DeadLetter;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// So many groups of dead letters are told apart; what dies beside them is counted under [`OTHERS`].
const GROUPS: usize = 200;

/// Stands for a flow where too many groups are told apart already.
pub const OTHERS: &str = "(others)";

/// Words of others are cut to so many characters.
const WORDS: usize = 200;

/// Deaths are counted in slices of this length, in milliseconds.
const SLICE_MS: i64 = 60_000;

/// How a vendor fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// It does not let us in: a key, a right, a plan or an address is wrong.
    Denied,
    /// It does not answer, or with an error of its own.
    Failed,
}

/// A vendor that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// How.
    pub fault: Fault,
    /// Since when, in milliseconds since the Unix epoch.
    pub since: i64,
    /// The vendor's words, or what went wrong; shortened.
    pub words: String,
}

/// Dead letters of one flow, destination and cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deaths {
    /// The flow.
    pub flow: String,
    /// The destination, or the intake for what never got past it.
    pub destination: String,
    /// The stable word for the cause.
    pub cause: String,
    /// How many, within the time that was asked for.
    pub count: u64,
    /// The latest one's id.
    pub example: String,
    /// The latest one's reason, shortened.
    pub words: String,
}

#[derive(Debug, Default)]
struct Group {
    /// The beginning of each slice, and what died in it.
    slices: VecDeque<(i64, u64)>,
    example: String,
    words: String,
}

/// Flow, destination, cause.
type Kind = (String, String, String);

/// The board that all write on.
#[derive(Debug)]
pub struct Signals {
    troubles: Mutex<BTreeMap<&'static str, Trouble>>,
    deaths: Mutex<BTreeMap<Kind, Group>>,
    /// Deaths are forgotten after so many milliseconds.
    keep_ms: AtomicI64,
    /// Rings when a vendor denies access.
    denied: Notify,
    /// Why the configuration that was read last is not in effect.
    configuration: Mutex<Option<String>>,
}

impl Signals {
    /// An empty board that remembers deaths for so many milliseconds.
    pub fn new(keep_ms: i64) -> Self {
        Self {
            troubles: Mutex::default(),
            deaths: Mutex::default(),
            keep_ms: keep_ms.into(),
            denied: Notify::new(),
            configuration: Mutex::default(),
        }
    }

    /// Remembers deaths for so many milliseconds from now on.
    pub fn remember(&self, keep_ms: i64) {
        self.keep_ms.store(keep_ms, Ordering::Relaxed);
    }

    /// Waits until a vendor denies access, or did since this was called last.
    pub async fn denied(&self) {
        self.denied.notified().await;
    }

    /// Another configuration was read: it is in effect, or it is not, and why.
    pub fn configured(&self, result: Result<(), String>) {
        *lock(&self.configuration) = result.err();
    }

    /// Why the configuration that was read last is not in effect, if it is not.
    pub fn configuration_fault(&self) -> Option<String> {
        lock(&self.configuration).clone()
    }

    /// A destination's vendor fails. It does so since the first time that this was said without [`Signals::well`] between.
    pub fn failing(&self, destination: &'static str, fault: Fault, words: &str, now: i64) {
        let mut troubles = lock(&self.troubles);
        let since = troubles.get(destination).map_or(now, |trouble| trouble.since);
        troubles.insert(destination, Trouble { fault, since, words: shortened(words) });
        if fault == Fault::Denied {
            self.denied.notify_one();
        }
    }

    /// A destination's vendor takes messages again.
    pub fn well(&self, destination: &str) {
        lock(&self.troubles).remove(destination);
    }

    /// What is wrong with a destination's vendor.
    pub fn trouble(&self, destination: &str) -> Option<Trouble> {
        lock(&self.troubles).get(destination).cloned()
    }

    /// These died.
    pub fn died(&self, letters: &[DeadLetter]) {
        if letters.is_empty() {
            return;
        }
        let mut groups = lock(&self.deaths);
        for letter in letters {
            let known = |flow: &str| (flow.to_owned(), letter.destination.clone(), letter.cause.clone());
            let own = known(&letter.flow);
            let kind = if groups.len() < GROUPS || groups.contains_key(&own) { own } else { known(OTHERS) };
            groups.entry(kind).or_default().add(letter);
        }
    }

    /// What died within the last milliseconds, at most as long as the board remembers.
    pub fn deaths(&self, now: i64, within_ms: i64) -> Vec<Deaths> {
        let mut groups = lock(&self.deaths);
        groups.retain(|_, group| group.forget_before(now - self.keep_ms.load(Ordering::Relaxed)));
        let counted = groups.iter().map(|((flow, destination, cause), group)| Deaths {
            flow: flow.clone(),
            destination: destination.clone(),
            cause: cause.clone(),
            count: group.since(now - within_ms),
            example: group.example.clone(),
            words: group.words.clone(),
        });
        counted.filter(|deaths| deaths.count > 0).collect()
    }
}

impl Group {
    fn add(&mut self, letter: &DeadLetter) {
        let slice = letter.died_at.div_euclid(SLICE_MS) * SLICE_MS;
        match self.slices.iter_mut().find(|(at, _)| *at == slice) {
            Some((_, count)) => *count += 1,
            None => self.slices.push_back((slice, 1)),
        }
        self.example.clone_from(&letter.id);
        self.words = shortened(&letter.reason);
    }

    fn forget_before(&mut self, before: i64) -> bool {
        self.slices.retain(|(at, _)| at + SLICE_MS > before);
        !self.slices.is_empty()
    }

    fn since(&self, since: i64) -> u64 {
        self.slices.iter().filter(|(at, _)| at + SLICE_MS > since).map(|(_, count)| count).sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Words of others on one line, cut to what a notice has room for.
pub fn shortened(words: &str) -> String {
    let line: String = words.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    let mut cut: String = line.trim().chars().take(WORDS).collect();
    if cut.len() < line.trim().len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_store::Position;
    use causeway_store::state::DeadLetterStatus;

    fn letter(id: &str, flow: &str, died_at: i64) -> DeadLetter {
        DeadLetter {
            id: id.to_owned(),
            flow: flow.to_owned(),
            destination: "segment".to_owned(),
            event: String::new(),
            person: String::new(),
            cause: "refused".to_owned(),
            reason: format!("no\nto {id}"),
            payload: bytes::Bytes::new(),
            attempts: String::new(),
            hour: 0,
            died_at,
            position: Position(1),
            status: DeadLetterStatus::Dead,
            note: String::new(),
            revision: String::new(),
        }
    }

    #[test]
    fn deaths_are_counted_by_cause_with_the_latest_example_and_forgotten_in_time() {
        let signals = Signals::new(3_600_000);
        signals.died(&[letter("a", "f", 0), letter("b", "f", 10), letter("c", "g", 600_000)]);
        let counted = |now| -> Vec<(String, u64, String)> {
            let deaths = signals.deaths(now, 3_600_000).into_iter();
            deaths.map(|deaths| (deaths.flow, deaths.count, deaths.words)).collect()
        };
        let (f, g) = (("f".to_owned(), 2, "no to b".to_owned()), ("g".to_owned(), 1, "no to c".to_owned()));
        assert_eq!(counted(600_000), [f, g.clone()]);
        assert_eq!(counted(3_660_000), [g]);
        assert_eq!(counted(99_000_000), []);
        assert!(lock(&signals.deaths).is_empty(), "what is long over takes no memory");
    }

    #[test]
    fn however_many_flows_there_are_the_groups_are_bounded_and_nothing_is_lost() {
        let signals = Signals::new(3_600_000);
        for number in 0..=2 * GROUPS {
            signals.died(&[letter("x", &format!("flow-{number}"), 0)]);
        }
        let deaths = signals.deaths(0, 60_000);
        assert_eq!(deaths.len(), GROUPS + 1);
        assert_eq!(deaths.iter().map(|deaths| deaths.count).sum::<u64>(), 2 * GROUPS as u64 + 1);
    }

    #[test]
    fn a_vendor_fails_since_the_first_time_until_it_is_well() {
        let signals = Signals::new(0);
        signals.failing("segment", Fault::Denied, "no", 5);
        signals.failing("segment", Fault::Failed, &"long ".repeat(100), 9);
        let trouble = signals.trouble("segment").unwrap();
        assert_eq!((trouble.since, trouble.fault), (5, Fault::Failed));
        assert!(trouble.words.chars().count() <= WORDS + 1, "{}", trouble.words);
        signals.well("segment");
        assert_eq!(signals.trouble("segment"), None);
    }
}
