//! What is replayed, and how far it is.

use causeway_store::{Error, State};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The prefix of the facts that hold jobs.
const PREFIX: &str = "replay/";

/// So many jobs are listed and kept, ended ones included.
pub(super) const MAX_JOBS: usize = 50;

/// One replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The flow.
    pub flow: String,
    /// Events that came from this instant on, in milliseconds since the Unix epoch,
    pub since: i64,
    /// until before this one.
    pub until: i64,
    /// When it was ordered.
    pub ordered_at: i64,
    /// Everything up to this record of the journal is in the outbox.
    pub position: u64,
    /// Whether it goes on.
    pub progress: Progress,
    /// Events that something came of.
    pub sent: u64,
    /// Messages in the outbox by it.
    pub messages: u64,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Progress {
    /// It runs, or goes on when the bridge runs.
    Running,
    /// All of it is in the outbox.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// It can't go on.
    Failed,
}

impl Job {
    /// Ordered at this instant.
    pub fn new(flow: &str, (since, until): (i64, i64), now: i64) -> Self {
        let id = xxh3_64(format!("replay\n{flow}\n{since}\n{until}\n{now}").as_bytes());
        Self {
            id: format!("{id:016x}"),
            flow: flow.to_owned(),
            since,
            until,
            ordered_at: now,
            position: 0,
            progress: Progress::Running,
            sent: 0,
            messages: 0,
            error: String::new(),
        }
    }

    /// The fact that holds it.
    pub fn fact(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        (key(&self.id), Some(serde_json::to_vec(self).unwrap_or_default()))
    }
}

fn key(id: &str) -> Vec<u8> {
    format!("{PREFIX}{id}").into_bytes()
}

/// Every job, the one ordered last first.
pub fn all(state: &dyn State) -> Result<Vec<Job>, Error> {
    let facts = state.facts_with_prefix(PREFIX.as_bytes(), None, 10 * MAX_JOBS as u32)?;
    let mut jobs: Vec<Job> = facts.iter().filter_map(|(_, job)| serde_json::from_slice(job).ok()).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.ordered_at));
    Ok(jobs)
}

/// One job.
pub fn find(state: &dyn State, id: &str) -> Result<Option<Job>, Error> {
    let stored = state.facts(&[&key(id)])?.pop().flatten();
    Ok(stored.and_then(|job| serde_json::from_slice(&job).ok()))
}

/// The facts that a new job makes superfluous: ended jobs beyond what is kept.
pub(super) fn outlived(jobs: &[Job]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let old = jobs.iter().skip(MAX_JOBS - 1).filter(|job| job.progress != Progress::Running);
    old.map(|job| (key(&job.id), None)).collect()
}
