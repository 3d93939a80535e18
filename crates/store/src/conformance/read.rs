//! Reading the journal.

use super::samples::{everything, positions, received_at, record, records};
use super::{Backend, Journal};
use crate::{Extent, Position};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub(crate) fn reading_goes_on_after_the_given_position(backend: &impl Backend) {
    let journal = backend.journal();
    journal.append(&records(5)).unwrap();
    journal.append(&records(2)).unwrap();
    let after = |position| positions(&journal.read(Position(position), usize::MAX).unwrap());
    assert_eq!(after(0), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(after(3), [4, 5, 6, 7]);
    assert_eq!(after(6), [7]);
    for end in [7, 8, 1000, u64::MAX] {
        assert!(after(end).is_empty());
    }
}

pub(crate) fn a_read_ends_at_about_its_bytes_and_has_at_least_one_entry(backend: &impl Backend) {
    let journal = backend.journal();
    for _ in 0..10 {
        journal.append(&vec![record(vec![7; 1000]); 10]).unwrap();
    }
    let read = |bytes| positions(&journal.read(Position(5), bytes).unwrap()).len();
    assert_eq!([0, 1, 1000].map(read), [1, 1, 1]);
    assert!((2..=5).contains(&read(4500)), "{}", read(4500));
    assert!((5..=30).contains(&read(30_000)), "{}", read(30_000));
}

pub(crate) fn reading_on_gives_every_record_once(backend: &impl Backend) {
    let journal = backend.journal();
    for count in [1, 30, 2, 400, 1] {
        journal.append(&records(count)).unwrap();
    }
    for bytes in [1, 100, 5000, usize::MAX] {
        let mut entries = Vec::new();
        loop {
            let after = entries.last().map_or(Position(0), |entry: &crate::Entry| entry.position);
            match journal.read(after, bytes).unwrap() {
                more if more.is_empty() => break,
                more => entries.extend(more),
            }
        }
        assert_eq!(entries, everything(&journal));
    }
}

pub(crate) fn a_range_includes_both_ends(backend: &impl Backend) {
    let journal = backend.journal();
    journal.append(&records(4)).unwrap();
    journal.append(&records(4)).unwrap();
    let range = |first, last| positions(&journal.range(Position(first), Position(last)).unwrap());
    assert_eq!(range(2, 3), [2, 3]);
    assert_eq!(range(3, 6), [3, 4, 5, 6]);
    assert_eq!(range(8, 8), [8]);
    assert_eq!(range(7, u64::MAX), [7, 8]);
    assert_eq!(range(0, 1), [1]);
    assert!(range(9, 12).is_empty());
    assert!(range(5, 4).is_empty());
}

pub(crate) fn a_time_leads_to_the_first_record_received_then_or_later(backend: &impl Backend) {
    let journal = backend.journal();
    assert_eq!(journal.position_at(0).unwrap(), Position(1));
    // Clocks may go backwards, between appends and within one.
    for times in [vec![10, 30], vec![20], vec![15, 50, 40], vec![45]] {
        journal.append(&times.into_iter().map(received_at).collect::<Vec<_>>()).unwrap();
    }
    let at = |time| journal.position_at(time).unwrap().0;
    assert_eq!([i64::MIN, 10, 11, 30].map(at), [1, 1, 2, 2]);
    assert_eq!([31, 45, 50].map(at), [5, 5, 5]);
    assert_eq!([51, i64::MAX].map(at), [8, 8]);
    // One clock far ahead, and many after it that are right.
    for time in [900].into_iter().chain(60..90) {
        journal.append(&[received_at(time)]).unwrap();
    }
    assert_eq!([80, 900, 901].map(at), [8, 8, 39]);
}

pub(crate) fn an_empty_journal_begins_at_one_and_ends_at_zero(backend: &impl Backend) {
    let journal = backend.journal();
    let Extent { first, last, .. } = journal.extent().unwrap();
    assert_eq!((first, last), (Position(1), Position(0)));
    assert!(everything(&journal).is_empty());
    journal.append(&records(3)).unwrap();
    let Extent { first, last, bytes } = journal.extent().unwrap();
    assert_eq!((first, last), (Position(1), Position(3)));
    assert!(bytes > 0);
}

pub(crate) fn many_may_read_while_one_appends(backend: &impl Backend) {
    let journal = &backend.journal();
    let done = &AtomicBool::new(false);
    let read_on = move || {
        let mut seen = Vec::new();
        while !done.load(Ordering::Acquire) || Position(seen.len() as u64) < journal.extent().unwrap().last {
            seen.extend(positions(&journal.read(Position(seen.len() as u64), 300).unwrap()));
        }
        seen
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..6).map(|_| scope.spawn(read_on)).collect();
        for count in 1..=30 {
            journal.append(&records(count)).unwrap();
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), (1..=465).collect::<Vec<_>>());
        }
    });
}

pub(crate) fn a_sound_journal_reports_no_damage(backend: &impl Backend) {
    let journal = backend.journal();
    journal.append(&records(10)).unwrap();
    everything(&journal);
    assert!(journal.damaged().is_empty());
}
