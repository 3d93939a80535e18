//! What is shown of a job, while it runs and for good: no token, only hashes.

use super::job::Job;
use super::step::{State, Step};
use crate::moment;
use serde::Serialize;

/// A receipt. Instants are in RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The job's name.
    pub id: String,
    /// When it was ordered.
    pub started_at: String,
    /// When its last step ended; absent while one is open.
    pub finished_at: Option<String>,
    /// What was done.
    pub steps: Vec<ReceiptStep>,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptStep {
    /// `events`, `profile`, `advanced-profile` or `record`.
    pub what: String,
    /// The index, of a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// SHA-256 of the token or the record's id.
    pub sha256: String,
    /// Where it stands.
    pub state: State,
    /// What Algolia said, or what is the matter.
    pub words: String,
    /// Until when events may still belong to the deleted profile, in Algolia's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_until: Option<String>,
    /// Requests so far.
    pub attempts: u32,
    /// When Algolia took the deletion.
    pub accepted_at: Option<String>,
    /// When the last answer came.
    pub last_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
}

impl From<Job> for Receipt {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            started_at: moment::print(job.started_at),
            finished_at: job.finished_at.map(moment::print),
            steps: job.steps.into_iter().map(ReceiptStep::from).collect(),
        }
    }
}

impl From<Step> for ReceiptStep {
    fn from(step: Step) -> Self {
        Self {
            what: step.what,
            index: step.index,
            sha256: step.sha256,
            state: step.state,
            words: step.words,
            deleted_until: step.deleted_until,
            attempts: step.attempts,
            accepted_at: step.accepted_at.map(moment::print),
            last_at: step.last_at.map(moment::print),
            ended_at: step.ended_at.map(moment::print),
        }
    }
}
