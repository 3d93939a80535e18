//! Removing what is no longer needed from the journal.

use super::samples::{everything, noise, positions, received_at, record, records};
use super::{Backend, Journal};
use crate::{Extent, Position, Retention};
use std::thread;

/// Nothing may go.
const KEEP: Retention =
    Retention { keep_since: i64::MIN, max_bytes: u64::MAX, processed: Position(u64::MAX) };
/// Whatever is processed may go.
const DROP: Retention = Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(u64::MAX) };

pub(crate) fn records_older_than_the_limit_go(backend: &impl Backend) {
    let journal = backend.journal();
    for time in [10, 20, 30, 40] {
        journal.append(&[received_at(time)]).unwrap();
    }
    let older_than = |keep_since| journal.retain(Retention { keep_since, ..KEEP }).unwrap();
    assert_eq!([10, 30, 30].map(older_than), [0, 2, 0]);
    assert_eq!(positions(&everything(&journal)), [3, 4]);
}

pub(crate) fn beyond_the_size_the_oldest_go(backend: &impl Backend) {
    let journal = backend.journal();
    for seed in 0..40 {
        journal.append(&[record(noise(50_000, seed))]).unwrap();
    }
    let full = journal.extent().unwrap().bytes;
    assert_eq!(journal.retain(Retention { max_bytes: full, ..KEEP }).unwrap(), 0);
    let removed = journal.retain(Retention { max_bytes: full / 2, ..KEEP }).unwrap();
    let Extent { first, last, bytes } = journal.extent().unwrap();
    assert_eq!((first, last), (Position(removed + 1), Position(40)));
    assert!((full * 4 / 10..=full / 2).contains(&bytes), "{bytes} of {full} bytes are left");
}

pub(crate) fn unprocessed_records_stay(backend: &impl Backend) {
    let journal = backend.journal();
    for _ in 0..5 {
        journal.append(&records(2)).unwrap();
    }
    let up_to = |position| journal.retain(Retention { processed: Position(position), ..DROP }).unwrap();
    assert_eq!(up_to(0), 0);
    assert_eq!(up_to(6), 6);
    assert!(up_to(7) <= 1);
    assert_eq!(positions(&journal.read(Position(7), usize::MAX).unwrap()), [8, 9, 10]);
}

pub(crate) fn removed_records_are_skipped(backend: &impl Backend) {
    let journal = backend.journal();
    for time in 1..=6 {
        journal.append(&[received_at(time)]).unwrap();
    }
    journal.retain(Retention { processed: Position(4), ..DROP }).unwrap();
    assert_eq!(positions(&journal.read(Position(2), 0).unwrap()), [5]);
    assert_eq!(positions(&journal.range(Position(1), Position(5)).unwrap()), [5]);
    assert!(journal.range(Position(1), Position(4)).unwrap().is_empty());
    assert_eq!([1, 6, 7].map(|time| journal.position_at(time).unwrap()), [5, 6, 7].map(Position));
    assert!(journal.damaged().is_empty(), "removed is not damaged");
}

pub(crate) fn an_emptied_journal_keeps_its_end(backend: &impl Backend) {
    let empty = {
        let journal = backend.journal();
        journal.append(&records(5)).unwrap();
        assert_eq!(journal.retain(DROP).unwrap(), 5);
        journal.extent().unwrap()
    };
    assert_eq!((empty.first, empty.last), (Position(6), Position(5)));
    let journal = backend.journal();
    assert_eq!(journal.extent().unwrap(), empty);
    assert!(everything(&journal).is_empty());
    assert_eq!(journal.append(&records(1)).unwrap(), Position(6));
}

pub(crate) fn appends_go_on_while_records_are_removed(backend: &impl Backend) {
    let journal = &backend.journal();
    for _ in 0..200 {
        journal.append(&[record(noise(2000, 1))]).unwrap();
    }
    thread::scope(|scope| {
        let remove = scope.spawn(|| journal.retain(Retention { processed: Position(200), ..DROP }).unwrap());
        for _ in 0..50 {
            journal.append(&records(1)).unwrap();
        }
        assert_eq!(remove.join().unwrap(), 200);
    });
    assert_eq!(positions(&everything(journal)), (201..=250).collect::<Vec<_>>());
}
