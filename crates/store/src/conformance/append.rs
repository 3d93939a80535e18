//! Appending to the journal.

use super::samples::{everything, noise, positions, record, records, records_of};
use super::{Backend, Journal};
use crate::{Position, Record, Source};
use bytes::Bytes;
use std::thread;

pub(crate) fn positions_count_from_one_without_gaps(backend: &impl Backend) {
    let journal = backend.journal();
    let firsts = [1, 3, 1, 200].map(|count| journal.append(&records(count)).unwrap());
    assert_eq!(firsts, [1, 2, 5, 6].map(Position));
    let entries = everything(&journal);
    assert_eq!(positions(&entries), (1..=205).collect::<Vec<_>>());
    assert_eq!(records_of(entries), [1, 3, 1, 200].map(records).concat());
}

pub(crate) fn concurrent_appends_each_get_a_run_of_positions(backend: &impl Backend) {
    let journal = &backend.journal();
    let append_runs = |writer: u32| {
        (0..20).map(move |round| {
            let run = vec![record(format!("{writer}/{round}")); 1 + round % 3];
            (journal.append(&run).unwrap(), run)
        })
    };
    let mut runs: Vec<(Position, Vec<Record>)> = thread::scope(|scope| {
        let writers: Vec<_> =
            (0..4).map(|writer| scope.spawn(move || append_runs(writer).collect::<Vec<_>>())).collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    runs.sort_by_key(|run| run.0);
    let mut next = 1;
    for (first, run) in runs {
        let last = Position(next + run.len() as u64 - 1);
        let kept = journal.range(Position(next), last).unwrap();
        assert_eq!((first, records_of(kept)), (Position(next), run));
        next = last.0 + 1;
    }
}

pub(crate) fn appending_nothing_takes_no_position(backend: &impl Backend) {
    let journal = backend.journal();
    assert_eq!(journal.append(&[]).unwrap(), Position(1));
    assert_eq!(journal.append(&records(2)).unwrap(), Position(1));
    assert_eq!(journal.append(&[]).unwrap(), Position(3));
    assert_eq!(journal.append(&records(1)).unwrap(), Position(3));
}

pub(crate) fn records_come_back_byte_for_byte(backend: &impl Backend) {
    let journal = backend.journal();
    let written = [
        record(""),
        record((0..=u8::MAX).collect::<Vec<_>>()),
        record(vec![b'a'; 3 << 20]),
        record(noise(3 << 20, 1)),
        Record { meta: noise(5000, 2).into(), ..record(b"\0\xff\0".as_slice()) },
        Record {
            source: Source(u8::MAX),
            received_at: i64::MIN,
            meta: Bytes::from_static(b"\0"),
            body: Bytes::new(),
        },
        Record { received_at: i64::MAX, ..record("latest") },
    ];
    journal.append(&written).unwrap();
    for one in &written {
        journal.append(std::slice::from_ref(one)).unwrap();
    }
    assert!(
        records_of(everything(&journal)) == [written.as_slice(), written.as_slice()].concat(),
        "some record is not as it was"
    );
}

pub(crate) fn appended_records_are_there_after_reopening(backend: &impl Backend) {
    let before = {
        let journal = backend.journal();
        journal.append(&records(3)).unwrap();
        journal.append(&records(1)).unwrap();
        everything(&journal)
    };
    assert_eq!(before.len(), 4);
    assert_eq!(everything(&backend.journal()), before);
}

pub(crate) fn appended_records_are_there_after_a_crash(backend: &impl Backend) {
    let journal = backend.journal();
    for count in 1..=20 {
        journal.append(&records(count)).unwrap();
    }
    let crashed = backend.after_a_crash();
    let after = crashed.journal();
    assert_eq!(everything(&after), everything(&journal));
    assert_eq!(after.append(&records(1)).unwrap(), Position(211));
}

pub(crate) fn positions_go_on_where_they_were(backend: &impl Backend) {
    for round in 0..3_u64 {
        assert_eq!(backend.journal().append(&records(2)).unwrap(), Position(1 + 2 * round));
    }
}
