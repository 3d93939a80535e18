//! Other bodies for records of the journal.

use super::samples::{everything, noise, positions, record, records};
use super::{Backend, Journal};
use crate::{Entry, Position, Record, Retention, Source};
use bytes::Bytes;
use std::thread::{self, ScopedJoinHandle};

fn bodies<const COUNT: usize>(bodies: [(u64, Bytes); COUNT]) -> [(Position, Bytes); COUNT] {
    bodies.map(|(position, body)| (Position(position), body))
}

pub(crate) fn bodies_are_replaced_and_all_else_stays(backend: &impl Backend) {
    let journal = backend.journal();
    let odd = |number| Record {
        source: Source(number),
        received_at: i64::from(number),
        meta: Bytes::from(format!("meta {number}")),
        body: noise(usize::from(number) * 700, number.into()).into(),
    };
    let written: Vec<Record> = (0..9).map(odd).collect();
    for run in written.chunks(3) {
        journal.append(run).unwrap();
    }
    let (long, short) = (Bytes::from(noise(2 << 20, 1)), Bytes::from("compressible ".repeat(500)));
    journal
        .rewrite(&bodies([(9, "".into()), (2, long.clone()), (4, "first".into()), (4, short.clone())]))
        .unwrap();
    let mut expected = written;
    for (place, body) in [(8, Bytes::new()), (1, long), (3, short)] {
        expected[place].body = body;
    }
    let found: Vec<Record> = everything(&journal).into_iter().map(|entry| entry.record).collect();
    assert!(found == expected, "some record is not as it should be");
    assert_eq!(journal.position_at(5).unwrap(), Position(6));
    assert!(journal.damaged().is_empty());
}

pub(crate) fn rewritten_records_are_there_after_a_crash(backend: &impl Backend) {
    let journal = backend.journal();
    journal.append(&records(3)).unwrap();
    journal.rewrite(&bodies([(2, "other".into())])).unwrap();
    let crashed = backend.after_a_crash();
    let expected = [record("record 0"), record("other"), record("record 2")];
    let found: Vec<Record> = everything(&crashed.journal()).into_iter().map(|entry| entry.record).collect();
    assert_eq!(found, expected);
}

pub(crate) fn positions_that_are_not_held_are_skipped(backend: &impl Backend) {
    let journal = backend.journal();
    for _ in 0..3 {
        journal.append(&records(2)).unwrap();
    }
    let oldest = Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(2) };
    assert_eq!(journal.retain(oldest).unwrap(), 2);
    let other = || Bytes::from("other");
    let all = [(u64::MAX, other()), (0, other()), (1, other()), (4, other()), (7, other())];
    journal.rewrite(&bodies(all)).unwrap();
    journal.rewrite(&[]).unwrap();
    let changed: Vec<Entry> =
        everything(&journal).into_iter().filter(|entry| entry.record.body == other()).collect();
    assert_eq!((positions(&changed), journal.extent().unwrap().last), (vec![4], Position(6)));
    assert!(journal.damaged().is_empty());
}

/// Bodies are of one letter, so that one that was half changed shows.
pub(crate) fn everything_goes_on_while_bodies_are_replaced(backend: &impl Backend) {
    let journal = &backend.journal();
    let letters = |letter: u8, length| Bytes::from(vec![letter; length]);
    for _ in 0..60 {
        journal.append(&vec![record(letters(b'a', 3000)); 2]).unwrap();
    }
    let rewrite = |letter: u8, length| {
        let bodies: Vec<_> = (1..=120)
            .filter(|position| position % 2 == u64::from(letter) % 2)
            .map(|position| (Position(position), letters(letter, length)))
            .collect();
        journal.rewrite(&bodies).unwrap();
    };
    thread::scope(|scope| {
        let others: Vec<_> = [(b'b', 500), (b'c', 9000)]
            .map(|(letter, length)| scope.spawn(move || rewrite(letter, length)))
            .into();
        while !others.iter().all(ScopedJoinHandle::is_finished) {
            journal.append(&[record(letters(b'a', 100))]).unwrap();
            let read = everything(journal);
            assert_eq!(positions(&read), (1..=journal.extent().unwrap().last.0).collect::<Vec<_>>());
            assert!(read.iter().all(|entry| entry.record.body.windows(2).all(|pair| pair[0] == pair[1])));
        }
    });
    let read = everything(journal);
    // Each block has a record of either rewriter, and neither undid what the other did.
    assert!(
        read[..120].chunks(2).all(|pair| pair[0].record.body[0] == b'c' && pair[1].record.body[0] == b'b')
    );
    assert!(read[120..].iter().all(|entry| entry.record.body[0] == b'a'));
    assert!(journal.damaged().is_empty());
}
