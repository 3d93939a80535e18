//! One thing that is to be erased, and how far that is.

use crate::delivery::backoff::Backoff;
use causeway_algolia::erasure::{End, Reply, Stage, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// So long after the vendor took a deletion it is asked whether it is done. Then the receipt says that this was not seen.
/// Twice what Algolia gives itself for the events of a token.
const CONFIRM_WITHIN_MS: i64 = 4 * 24 * 60 * 60 * 1_000;

/// So often what is denied is asked for again without a restart: a key's rights may change at the vendor.
const DENIED_EVERY_MS: i64 = 60 * 60 * 1_000;

/// Whether a deletion is done is asked at waits up to so many times the longest between failed attempts.
const CONFIRM_SLOWER: u32 = 20;

/// The waits between attempts.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    after_failure: Backoff,
    to_confirm: Backoff,
}

impl Waits {
    /// The waits after failures, and those before looking again, which grow further.
    pub fn new(backoff: Backoff) -> Self {
        let longest = backoff.longest.saturating_mul(CONFIRM_SLOWER);
        Self { after_failure: backoff, to_confirm: Backoff { longest, ..backoff } }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not taken by Algolia yet.
    Waiting,
    /// Taken; not seen to be done yet.
    Settling,
    /// Algolia denies it: a right is missing. Tried again at each start and once an hour.
    Denied,
    /// Ended: deleted, and seen to be gone.
    Deleted,
    /// Ended: taken, and Algolia gives no way to see it done.
    Accepted,
    /// Ended: nothing was there.
    Absent,
    /// Ended: the plan does not have the feature.
    NotOnPlan,
    /// Ended: Algolia refuses it for good.
    Refused,
    /// Ended: taken, and still seen there long after.
    Unconfirmed,
    /// Ended: there was no key to ask with.
    NoCredentials,
}

impl State {
    /// Whether there is more to do.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Settling | Self::Denied)
    }
}

impl From<End> for State {
    fn from(end: End) -> Self {
        match end {
            End::Deleted => Self::Deleted,
            End::Accepted => Self::Accepted,
            End::Absent => Self::Absent,
            End::NotOnPlan => Self::NotOnPlan,
        }
    }
}

/// One step. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is erased, as long as the step is open.
    pub subject: Option<Subject>,
    /// The kind of it: `events`, `profile`, `advanced-profile` or `record`.
    pub what: String,
    /// The index, of a record.
    pub index: Option<String>,
    /// SHA-256 of the token or the record's id.
    pub sha256: String,
    /// What is to be asked next.
    pub stage: Stage,
    /// Where it stands.
    pub state: State,
    /// Requests so far.
    pub attempts: u32,
    /// What Algolia said last, or what is the matter.
    pub words: String,
    /// Until when events may still belong to the deleted profile, in Algolia's words.
    pub deleted_until: Option<String>,
    /// When Algolia took the deletion.
    pub accepted_at: Option<i64>,
    /// When the last answer came.
    pub last_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// When to ask next.
    pub next_at: i64,
    failures: u32,
    looks: u32,
}

impl Step {
    /// A step that is due now.
    pub fn new(subject: Subject, now: i64) -> Self {
        let (what, index) = match &subject {
            Subject::Events(_) => ("events", None),
            Subject::Profile(_) => ("profile", None),
            Subject::AdvancedProfile(_) => ("advanced-profile", None),
            Subject::Record(index, _) => ("record", Some(index.to_string())),
        };
        Self {
            what: what.to_owned(),
            index,
            sha256: hex::encode(Sha256::digest(subject.name())),
            subject: Some(subject),
            stage: Stage::Delete,
            state: State::Waiting,
            attempts: 0,
            words: String::new(),
            deleted_until: None,
            accepted_at: None,
            last_at: None,
            ended_at: None,
            next_at: now,
            failures: 0,
            looks: 0,
        }
    }

    /// What is to be asked, if the step is open.
    pub fn question(&self) -> Option<(&Subject, Stage)> {
        Some((self.subject.as_ref()?, self.stage))
    }

    /// Takes in what came of a request at this instant; `random` is in `0..=1`.
    pub fn answered(&mut self, reply: Reply, now: i64, waits: &Waits, random: f64) {
        self.attempts += 1;
        self.last_at = Some(now);
        match reply {
            Reply::Ended(end) => self.end(end.into(), end.to_string(), now),
            Reply::Refused { message } => self.end(State::Refused, message, now),
            Reply::Next { stage, deleted_until } => self.taken(stage, deleted_until, now, waits, random),
            Reply::NotYet => self.look_later(now, waits, random),
            Reply::Denied { message } => {
                (self.state, self.words) = (State::Denied, message);
                self.next_at = now + DENIED_EVERY_MS;
            }
            Reply::Busy { after } => {
                "Algolia asks to slow down".clone_into(&mut self.words);
                self.failed(now, after, waits, random);
            }
            Reply::Failed { message } => {
                self.words = message;
                self.failed(now, None, waits, random);
            }
        }
    }

    /// Asks again now for what was denied: the credentials may be others.
    pub fn retry_denied(&mut self, now: i64) {
        if self.state == State::Denied {
            self.next_at = now;
        }
    }

    /// Ends without asking: there is no key.
    pub fn without_credentials(&mut self, now: i64) {
        let words =
            "algolia.admin_key is not set, so nothing was asked for; set it and order the erasure again";
        self.end(State::NoCredentials, words.to_owned(), now);
    }

    fn taken(&mut self, stage: Stage, deleted_until: Option<String>, now: i64, waits: &Waits, random: f64) {
        self.stage = stage;
        self.deleted_until = deleted_until.or_else(|| self.deleted_until.take());
        self.accepted_at.get_or_insert(now);
        self.look_later(now, waits, random);
    }

    fn look_later(&mut self, now: i64, waits: &Waits, random: f64) {
        if self.accepted_at.is_some_and(|accepted| now - accepted > CONFIRM_WITHIN_MS) {
            let words = "Algolia took the deletion and still shows it, four days later".to_owned();
            return self.end(State::Unconfirmed, words, now);
        }
        self.state = State::Settling;
        "taken; not seen to be done yet".clone_into(&mut self.words);
        self.looks = self.looks.saturating_add(1);
        self.failures = 0;
        self.next_at = now + ms(waits.to_confirm.wait(self.looks, random));
    }

    /// What was taken stays taken.
    fn failed(&mut self, now: i64, after: Option<Duration>, waits: &Waits, random: f64) {
        self.failures = self.failures.saturating_add(1);
        let own = waits.after_failure.wait(self.failures, random);
        self.next_at = now + ms(after.unwrap_or_default().max(own));
        self.state = if self.accepted_at.is_some() { State::Settling } else { State::Waiting };
    }

    /// From here on only the hash is known.
    fn end(&mut self, state: State, words: String, now: i64) {
        (self.state, self.words) = (state, words);
        self.ended_at = Some(now);
        self.subject = None;
    }
}

fn ms(wait: Duration) -> i64 {
    wait.as_millis() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use causeway_algolia::erasure::Token;

    const WAITS: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(15) };

    fn profile() -> Step {
        let [_, profile, _] = Subject::of_token(&Token::parse("jane").unwrap());
        Step::new(profile, 0)
    }

    fn answer(step: &mut Step, reply: Reply, now: i64) -> (State, i64) {
        step.answered(reply, now, &Waits::new(WAITS), 1.0);
        (step.state, step.next_at - now)
    }

    fn taken() -> Reply {
        Reply::Next { stage: Stage::Confirm, deleted_until: None }
    }

    fn failed() -> Reply {
        Reply::Failed { message: "status 500".to_owned() }
    }

    #[test]
    fn failures_wait_ever_longer_and_what_was_taken_stays_taken() {
        let mut step = profile();
        assert_eq!(answer(&mut step, failed(), 0), (State::Waiting, 500));
        assert_eq!(answer(&mut step, failed(), 500), (State::Waiting, 1_000));
        let after = Some(Duration::from_secs(60));
        assert_eq!(answer(&mut step, Reply::Busy { after }, 2_000), (State::Waiting, 60_000));
        assert_eq!(answer(&mut step, taken(), 70_000).0, State::Settling);
        assert_eq!(answer(&mut step, failed(), 80_000), (State::Settling, 500));
        assert_eq!(step.stage, Stage::Confirm);
    }

    #[test]
    fn what_is_denied_waits_for_other_credentials_and_then_for_an_hour() {
        let mut step = profile();
        let denied = || Reply::Denied { message: "status 403: no right".to_owned() };
        assert_eq!(answer(&mut step, denied(), 0), (State::Denied, DENIED_EVERY_MS));
        assert!(step.state.is_open() && step.subject.is_some());
        step.retry_denied(7);
        assert_eq!(step.next_at, 7);
    }

    #[test]
    fn an_ended_step_keeps_no_token_and_one_that_is_never_seen_done_ends_truthfully() {
        let mut step = profile();
        answer(&mut step, Reply::Ended(End::Absent), 0);
        assert!(step.subject.is_none() && !step.state.is_open());
        assert!(!serde_json::to_string(&step).unwrap().contains("jane"));
        let mut step = profile();
        answer(&mut step, taken(), 0);
        assert_eq!(answer(&mut step, Reply::NotYet, CONFIRM_WITHIN_MS).0, State::Settling);
        assert_eq!(answer(&mut step, Reply::NotYet, CONFIRM_WITHIN_MS + 1).0, State::Unconfirmed);
    }
}
