//! When each open job is to be worked on next. Only names are in memory; the jobs are in the store.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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

/// The jobs in the order in which they are due.
#[derive(Debug, Default)]
pub(super) struct Queue(BinaryHeap<Reverse<Due>>);

impl Queue {
    pub(super) fn push(&mut self, due: Due) {
        self.0.push(Reverse(due));
    }

    /// Takes a job that is due.
    pub(super) fn take(&mut self, now: i64) -> Option<Due> {
        self.next_at().is_some_and(|at| at <= now).then(|| self.0.pop())?.map(|Reverse(due)| due)
    }

    /// When the next is due.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.0.peek().map(|Reverse(due)| due.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_none_before_its_time() {
        let mut queue = Queue::default();
        for at in [30, 10, 20] {
            queue.push(Due { at, id: at.to_string(), anew: false });
        }
        assert_eq!(queue.take(9), None);
        assert_eq!(queue.take(10).map(|due| due.at), Some(10));
        assert_eq!((queue.take(19), queue.next_at()), (None, Some(20)));
    }
}
