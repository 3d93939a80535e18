//! The receipt of a person's erasure: what was asked, what was done here, and what Algolia says. No id is in it.

use super::receipt::Receipt;
use super::step::State as StepState;
use crate::moment;
use causeway_engine::forget::Forgetting;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Accounts are facts under this prefix and the erasure's name.
pub(super) const ACCOUNTS: &str = "forgotten/";

/// What is kept for good of an erasure. Times are in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Account {
    /// The erasure's name.
    pub id: String,
    /// SHA-256 of the id in the order.
    pub sha256: String,
    /// When it was ordered.
    pub ordered_at: i64,
    /// When nothing was left to do.
    pub finished_at: Option<i64>,
    /// What was found here.
    pub here: Here,
}

/// What was found here, and is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// Identifiers of the person, the one that was asked for among them.
    pub identifiers: usize,
    /// What was known of them: nodes, profiles, tokens, and what Algolia holds.
    pub facts: usize,
    /// Records of the journal in which something was wiped.
    pub journal_records: usize,
    /// Events, calls and orders that were wiped there.
    pub journal_events: usize,
    /// Messages that were wiped in the outbox, sent or not. What a lane had settled before is not among them.
    pub outbox_entries: usize,
    /// Dead letters that were deleted.
    pub dead_letters: usize,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// There is more to do.
    Running,
    /// A right is missing at Algolia; the rest goes on, and this is asked for again.
    Denied,
    /// Nothing is left, here or at Algolia.
    Done,
    /// Nothing is left here. Algolia did not delete everything, and the steps say why.
    Incomplete,
}

/// The receipt, as it is shown. Instants are in RFC 3339.
#[derive(Debug, Clone, Serialize)]
pub struct Erasure {
    /// The erasure's name.
    pub id: String,
    /// How far it has come.
    pub state: Progress,
    /// SHA-256 of the id in the order.
    pub sha256: String,
    /// When it was ordered.
    pub ordered_at: String,
    /// When nothing was left to do.
    pub finished_at: Option<String>,
    /// What was found here, and is gone.
    pub here: Here,
    /// Algolia's side; absent until it was asked.
    pub algolia: Option<Receipt>,
}

impl Account {
    /// Of an erasure that has just begun.
    pub(super) fn of(job: &Forgetting) -> Self {
        let here = Here { identifiers: job.identifiers.len(), facts: job.facts, ..Here::default() };
        Self {
            id: job.erasure.clone(),
            sha256: hex::encode(Sha256::digest(&job.asked)),
            ordered_at: job.ordered_at,
            finished_at: None,
            here,
        }
    }

    /// The key of its fact.
    pub(super) fn key(id: &str) -> Vec<u8> {
        [ACCOUNTS, id].concat().into_bytes()
    }

    /// The fact that keeps it as it is.
    pub(super) fn fact(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        // Texts and numbers can always be JSON.
        (Self::key(&self.id), Some(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// The receipt, with Algolia's.
    pub(super) fn shown(self, algolia: Option<Receipt>) -> Erasure {
        Erasure {
            state: progress(self.finished_at.is_some(), algolia.as_ref()),
            id: self.id,
            sha256: self.sha256,
            ordered_at: moment::print(self.ordered_at),
            finished_at: self.finished_at.map(moment::print),
            here: self.here,
            algolia,
        }
    }
}

fn progress(finished: bool, algolia: Option<&Receipt>) -> Progress {
    let any = |states: &[StepState]| {
        algolia.is_some_and(|receipt| receipt.steps.iter().any(|step| states.contains(&step.state)))
    };
    match finished {
        false if any(&[StepState::Denied]) => Progress::Denied,
        false => Progress::Running,
        true if any(&[StepState::Refused, StepState::Unconfirmed, StepState::NoCredentials]) => {
            Progress::Incomplete
        }
        true => Progress::Done,
    }
}
