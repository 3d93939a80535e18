//! The indices: what can be read, and the tasks that are still to change it.

use super::change::{Change, Ignored};
use super::operation::{Deed, Operation};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// "Pending indexing requests 5,000" (service limits).
const MOST_PENDING: usize = 5000;

/// Records by id.
pub(crate) type Records = BTreeMap<String, Record>;

/// One record.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Record {
    /// With `objectID`.
    pub(crate) fields: Map<String, Value>,
    /// How many operations wrote it since it was made; ignored ones don't count.
    pub(crate) writes: u64,
}

/// All indices of the application.
#[derive(Debug)]
pub(crate) struct Indices {
    published: BTreeMap<String, Records>,
    pending: VecDeque<Task>,
    last_task: u64,
    /// How many ids were given to records that came without.
    given: u64,
    /// The largest record, in bytes of compact JSON.
    largest_record: usize,
}

/// Operations on one index that become readable together.
#[derive(Debug)]
struct Task {
    number: u64,
    index: String,
    due: Instant,
    operations: Vec<Operation>,
}

impl Indices {
    pub(crate) const fn new(largest_record: usize) -> Self {
        Self { published: BTreeMap::new(), pending: VecDeque::new(), last_task: 0, given: 0, largest_record }
    }

    /// Publishes the tasks that are due, in their order.
    pub(crate) fn settle(&mut self, now: Instant) {
        let due = self.pending.iter().take_while(|task| task.due <= now).count();
        for task in self.pending.drain(..due).collect::<Vec<_>>() {
            task.operations.into_iter().for_each(|operation| self.apply(operation));
        }
    }

    /// An index's records; nothing when there is no such index.
    pub(crate) fn get(&self, index: &str) -> Option<&Records> {
        self.published.get(index)
    }

    /// Every index with its records.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Records)> {
        self.published.iter()
    }

    /// How many records there are in all indices.
    pub(super) fn len(&self) -> usize {
        self.published.values().map(Records::len).sum()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.pending.len() >= MOST_PENDING
    }

    /// Gives an id to a record that came without.
    pub(super) fn give_id(&mut self) -> String {
        self.given += 1;
        format!("sandbox-{:012}", self.given)
    }

    /// Takes operations on one index as a task.
    pub(super) fn enqueue(
        &mut self,
        index: String,
        operations: Vec<Operation>,
        now: Instant,
        delay: Duration,
    ) -> u64 {
        self.last_task += 1;
        self.pending.push_back(Task { number: self.last_task, index, due: now + delay, operations });
        self.settle(now);
        self.last_task
    }

    /// Whether a task's writes can be read; nothing when there never was such a task.
    pub(super) fn is_published(&self, index: &str, number: u64) -> Option<bool> {
        let waits = self.pending.iter().any(|task| task.number == number && task.index == index);
        (1..=self.last_task).contains(&number).then_some(!waits)
    }

    fn apply(&mut self, operation: Operation) {
        let Operation { index, object_id, body, deed, .. } = operation;
        match (deed, object_id) {
            (Deed::DeleteIndex, _) => drop(self.published.remove(&index)),
            (Deed::Clear, _) => self.published.entry(index).or_default().clear(),
            (Deed::Delete, Some(id)) => {
                self.published.get_mut(&index).and_then(|records| records.remove(&id));
            }
            (Deed::Replace, Some(id)) => self.write(index, id, body),
            (Deed::Update { changes, create }, Some(id)) => {
                let current = self.published.get(&index).and_then(|records| records.get(&id));
                if let Some(Ok(fields)) = (create || current.is_some()).then(|| merge(current, &changes)) {
                    self.write(index, id, fields);
                }
            }
            (Deed::Delete | Deed::Replace | Deed::Update { .. }, None) => {}
        }
    }

    /// A record that grew too large by an update stays as it was; that it fails silently is the harsher reading.
    fn write(&mut self, index: String, id: String, mut fields: Map<String, Value>) {
        fields.insert("objectID".into(), id.as_str().into());
        if size(&fields) <= self.largest_record {
            let record = self.published.entry(index).or_default().entry(id).or_default();
            *record = Record { fields, writes: record.writes + 1 };
        }
    }
}

/// How large a record is: "the compacted whole JSON record" in bytes.
pub(super) fn size(fields: &Map<String, Value>) -> usize {
    serde_json::to_string(fields).map_or(usize::MAX, |text| text.len())
}

/// First-level attributes only: what isn't named stays.
fn merge(current: Option<&Record>, changes: &[(String, Change)]) -> Result<Map<String, Value>, Ignored> {
    let mut fields = current.map(|record| record.fields.clone()).unwrap_or_default();
    for (attribute, change) in changes {
        if let Some(value) = change.apply(fields.get(attribute))? {
            fields.insert(attribute.clone(), value);
        }
    }
    Ok(fields)
}
