//! When each open job is to be worked on next. Only names are in memory; the jobs are in the store.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// A job and when it is due, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at: i64,
    /// Which.
    pub id: String,
    /// Whether this is the first time since the start, so that what was denied is asked for again.
    pub anew: bool,
}

/// The jobs in the order in which they are due, each of them once.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BinaryHeap<Reverse<Due>>,
    /// Those that wait, and those that were taken.
    open: HashSet<String>,
}

impl Queue {
    /// Adds a job, unless it is here already: an order may be told and found in the store as well.
    pub(super) fn add(&mut self, due: Due) {
        if self.open.insert(due.id.clone()) {
            self.waiting.push(Reverse(due));
        }
    }

    /// Takes a job that is due.
    pub(super) fn take(&mut self, now: i64) -> Option<Due> {
        self.next_at().is_some_and(|at| at <= now).then(|| self.waiting.pop())?.map(|Reverse(due)| due)
    }

    /// Puts back a job that was taken.
    pub(super) fn put_back(&mut self, due: Due) {
        self.waiting.push(Reverse(due));
    }

    /// A job that was taken is finished.
    pub(super) fn finished(&mut self, id: &str) {
        self.open.remove(id);
    }

    /// When the next is due.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.waiting.peek().map(|Reverse(due)| due.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(at: i64) -> Due {
        Due { at, id: at.to_string(), anew: false }
    }

    #[test]
    fn a_job_is_here_once_until_it_is_finished() {
        let mut queue = Queue::default();
        queue.add(due(1));
        queue.add(due(1));
        let taken = queue.take(1).unwrap();
        queue.add(due(1));
        assert_eq!(queue.take(1), None);
        queue.put_back(taken);
        assert!(queue.take(1).is_some());
        queue.finished("1");
        queue.add(due(1));
        assert!(queue.take(1).is_some());
    }

    #[test]
    fn the_earliest_comes_first_and_none_before_its_time() {
        let mut queue = Queue::default();
        for at in [30, 10, 20] {
            queue.add(due(at));
        }
        assert_eq!(queue.take(9), None);
        assert_eq!(queue.take(10).map(|due| due.at), Some(10));
        assert_eq!((queue.take(19), queue.next_at()), (None, Some(20)));
    }
}
