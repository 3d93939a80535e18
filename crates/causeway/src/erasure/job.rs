//! An order of erasure, and the job that comes of it.

use super::step::Step;
use causeway_algolia::erasure::{Subject, Token};
use causeway_algolia::records::{IndexName, ObjectId};
use causeway_store::state::Change;
use serde::{Deserialize, Serialize};

/// Jobs and receipts are facts under this prefix and their id.
pub(super) const JOBS: &str = "erasure/";

/// Jobs that are not finished have an empty fact under this prefix and their id, so that a start finds them among all
/// receipts.
pub(super) const OPEN: &str = "erasing/";

/// What is to be erased at Algolia.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Names the job. The same id orders nothing new.
    pub id: String,
    /// Tokens as Algolia knows them, anonymous and authenticated alike.
    pub tokens: Vec<Token>,
    /// Records, such as the person's profile records.
    pub records: Vec<(IndexName, ObjectId)>,
}

/// A job. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub id: String,
    /// When it was ordered.
    pub started_at: i64,
    /// When its last step ended.
    pub finished_at: Option<i64>,
    /// What there is to do.
    pub steps: Vec<Step>,
}

impl Job {
    /// The job of an order: records first, since search shows them.
    pub fn new(order: Order, now: i64) -> Self {
        let records = order.records.into_iter().map(|(index, id)| Subject::Record(index, id));
        let kept = order.tokens.iter().flat_map(Subject::of_token);
        let steps: Vec<Step> = records.chain(kept).map(|subject| Step::new(subject, now)).collect();
        let mut job = Self { id: order.id, started_at: now, finished_at: None, steps };
        job.close(now);
        job
    }

    /// Finishes the job if no step is open.
    pub fn close(&mut self, now: i64) {
        if self.finished_at.is_none() && self.steps.iter().all(|step| !step.state.is_open()) {
            self.finished_at = Some(now);
        }
    }

    /// The places of open steps that are due.
    pub fn due(&self, now: i64) -> Vec<usize> {
        let due = |step: &Step| step.state.is_open() && step.next_at <= now;
        (0..self.steps.len()).filter(|place| due(&self.steps[*place])).collect()
    }

    /// When the next open step is due.
    pub fn next_at(&self) -> Option<i64> {
        self.steps.iter().filter(|step| step.state.is_open()).map(|step| step.next_at).min()
    }

    /// Reads a job from its fact.
    pub fn from_fact(value: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }

    /// The change of the state that keeps the job as it is.
    pub fn change(&self) -> Change {
        // A job is made of texts and numbers, which JSON can always hold.
        let job = serde_json::to_vec(self).unwrap_or_default();
        let open = self.finished_at.is_none().then(Vec::new);
        let facts = vec![(job_key(&self.id), Some(job)), (open_key(&self.id), open)];
        Change { facts, ..Change::default() }
    }
}

/// The key of a job's fact.
pub(super) fn job_key(id: &str) -> Vec<u8> {
    [JOBS, id].concat().into_bytes()
}

fn open_key(id: &str) -> Vec<u8> {
    [OPEN, id].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::erasure::step::State;

    fn job() -> Job {
        let (token, index) = (Token::parse("jane").unwrap(), IndexName::parse("profiles").unwrap());
        let records = vec![(index, ObjectId::parse("jane").unwrap())];
        Job::new(Order { id: "1".to_owned(), tokens: vec![token], records }, 5)
    }

    #[test]
    fn a_job_comes_back_from_its_fact_and_is_open_until_its_last_step_ended() {
        let mut job = job();
        let kinds: Vec<&str> = job.steps.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(kinds, ["record", "events", "profile", "advanced-profile"]);
        let facts = job.change().facts;
        assert_eq!(Job::from_fact(facts[0].1.as_ref().unwrap()).unwrap(), job);
        assert_eq!(facts[1], (b"erasing/1".to_vec(), Some(Vec::new())));
        job.steps.iter_mut().for_each(|step| step.without_credentials(9));
        job.close(9);
        assert_eq!((job.finished_at, job.next_at()), (Some(9), None));
        assert_eq!(job.change().facts[1].1, None);
        assert!(job.steps.iter().all(|step| step.state == State::NoCredentials));
    }

    #[test]
    fn an_order_of_nothing_is_finished_at_once() {
        let order = Order { id: "1".to_owned(), tokens: Vec::new(), records: Vec::new() };
        assert_eq!(Job::new(order, 5).finished_at, Some(5));
    }
}
