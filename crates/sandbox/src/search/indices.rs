//! The indices: what can be read, and the tasks that are still to change it.

use super::change::{Change, Ignored};
use super::index::{Index, Prepared};
use super::operation::{Deed, Operation};
use super::refusal::Refusal;
use crate::catalogue;
use crate::clock::now_ms;
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
    published: BTreeMap<String, Index>,
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
    /// With the index of the shop's products, or with none at all.
    pub(crate) fn new(largest_record: usize, with_products: bool) -> Self {
        let products = || (catalogue::INDEX.to_owned(), Index::of_products(now_ms()));
        let published = with_products.then(products).into_iter().collect();
        Self { published, pending: VecDeque::new(), last_task: 0, given: 0, largest_record }
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
        self.index(index).map(|index| &index.records)
    }

    /// An index; nothing when there is none of that name.
    pub(super) fn index(&self, name: &str) -> Option<&Index> {
        self.published.get(name)
    }

    /// Every index by its name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Index)> {
        self.published.iter()
    }

    /// An index ready to be searched.
    pub(super) fn prepared(&mut self, name: &str) -> Option<Result<Prepared, Refusal>> {
        self.settle(Instant::now());
        self.published.get_mut(name).map(Index::prepared)
    }

    /// Changes an index at once, as a task; it is made if there is none.
    pub(super) fn change(
        &mut self,
        name: &str,
        now_ms: i64,
        change: impl FnOnce(&mut Index) -> Result<(), Refusal>,
    ) -> Result<u64, Refusal> {
        let mut made = Index::new(now_ms);
        let existing = self.published.get_mut(name);
        let exists = existing.is_some();
        change(existing.unwrap_or(&mut made))?;
        if !exists {
            self.published.insert(name.to_owned(), made);
        }
        self.last_task += 1;
        Ok(self.last_task)
    }

    /// How many records there are in all indices.
    pub(super) fn len(&self) -> usize {
        self.published.values().map(|index| index.records.len()).sum()
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
            (Deed::Clear, _) => self.records_mut(index).clear(),
            (Deed::Delete, Some(id)) => {
                let index = self.published.get_mut(&index).filter(|index| index.records.contains_key(&id));
                index.and_then(|index| index.records_mut(now_ms()).remove(&id));
            }
            (Deed::Replace, Some(id)) => self.write(index, id, body),
            (Deed::Update { changes, create }, Some(id)) => {
                let current = self.get(&index).and_then(|records| records.get(&id));
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
            let record = self.records_mut(index).entry(id).or_default();
            *record = Record { fields, writes: record.writes + 1 };
        }
    }

    /// The records of an index that are about to change; it is made if there is none.
    fn records_mut(&mut self, index: String) -> &mut Records {
        let now = now_ms();
        self.published.entry(index).or_insert_with(|| Index::new(now)).records_mut(now)
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
