//! Files that other versions wrote.
//!
//! A stored file of each format is kept as the statements that make it: what a released version left must open in every
//! later one. A new format gets a dump of its own; the old ones are never changed.

use super::{Directory, Options, open, open_read_only};
use crate::conformance::Backend;
use crate::conformance::samples::{blocks, everything, letter, numbers, record};
use crate::state::{BlockId, Change, DeadLetterQuery, LedgerRow, List, Note, Settlement, Tally};
use crate::{Error, Journal, Position, Record, Source, State};
use rusqlite::Connection;

const JOURNAL_V1: &str = include_str!("fixtures/journal-v1.sql");
const STATE_V1: &str = include_str!("fixtures/state-v1.sql");
const STATE_V2: &str = include_str!("fixtures/state-v2.sql");

/// What the fixtures hold: blocks stored as they are and compressed.
fn records() -> Vec<Record> {
    let meta =
        Record { source: Source(2), received_at: 1_790_000_000_000, meta: "meta".into(), ..record("body") };
    vec![record(""), meta, record("compressible ".repeat(200)), record(b"\0\xff".as_slice())]
}

fn change() -> Change {
    let tally = Tally { accepted: 8, delivered: 1, filtered: 2, dead_lettered: 3 };
    let mut change = blocks([1, 2], "segment");
    change.outbox[1].payload = "compressible ".repeat(400).into();
    Change {
        cursor: Some(Position(3)),
        facts: vec![(b"key".to_vec(), Some(b"value".to_vec()))],
        settlements: vec![Settlement::Finished(BlockId(1)), Settlement::Progress(BlockId(2), "!".into())],
        dead_letters: vec![letter("dead", 5)],
        ledger: vec![LedgerRow { flow: "search-events".into(), hour: 3_600_000, tally }],
        notes: vec![Note { list: List::Spans, at: 7, data: "span".into() }],
        ..change
    }
}

fn stored(dumps: [(&str, &str); 2]) -> Directory {
    let directory = Directory::default();
    for (file, dump) in dumps {
        Connection::open(directory.path().join(file)).unwrap().execute_batch(dump).unwrap();
    }
    directory
}

#[test]
fn a_store_of_format_1_is_read_and_written_on() {
    let directory = stored([("journal.db", JOURNAL_V1), ("state.db", STATE_V1)]);
    let (journal, state) = directory.open();
    let entries = everything(&journal);
    assert_eq!(entries.iter().map(|entry| entry.record.clone()).collect::<Vec<_>>(), records()[1..]);
    assert_eq!(entries[0].position, Position(2), "the first was removed");
    assert!(journal.damaged().is_empty());
    assert_eq!(journal.append(&records()).unwrap(), Position(5));
    check(&state, "");
    state.commit(&blocks([3], "segment")).unwrap();
}

#[test]
fn a_state_of_format_2_keeps_which_text_of_its_flow_a_dead_letter_died_of() {
    let directory = stored([("journal.db", JOURNAL_V1), ("state.db", STATE_V2)]);
    check(&directory.open().1, "00ab");
}

fn check(state: &impl State, revision: &str) {
    let Change { outbox, mut dead_letters, ledger, notes, .. } = change();
    for letter in &mut dead_letters {
        revision.clone_into(&mut letter.revision);
    }
    assert_eq!(state.cursor().unwrap(), Position(3));
    assert_eq!(state.last_block().unwrap(), BlockId(2));
    assert_eq!(state.facts(&[b"key"]).unwrap(), [Some(b"value".to_vec())]);
    let loaded = &state.outbox("segment", BlockId(0), usize::MAX).unwrap()[0];
    assert_eq!((&loaded.payload, &loaded.heads), (&outbox[1].payload, &outbox[1].heads));
    assert_eq!(loaded.settled, "!");
    assert_eq!(numbers(&state.blocks_from(Position(1), Position(2)).unwrap()), [1, 2]);
    assert_eq!(state.dead_letters(&DeadLetterQuery::default()).unwrap(), dead_letters);
    assert_eq!(state.ledger(0).unwrap(), ledger);
    assert_eq!(state.notes(List::Spans, 0).unwrap(), notes);
    let flows: Vec<_> =
        state.flow_versions("flow").unwrap().iter().map(|flow| (flow.version, flow.active)).collect();
    assert_eq!(flows, [(1, true), (2, false)]);
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    for file in ["journal.db", "state.db"] {
        let directory = Directory::default();
        drop(directory.open());
        let connection = Connection::open(directory.path().join(file)).unwrap();
        connection.execute_batch("PRAGMA user_version = 99").unwrap();
        let refused = [open(directory.path(), &Options::default()), open_read_only(directory.path())];
        for error in refused.map(Result::unwrap_err) {
            assert!(
                matches!(&error, Error::TooNew { found: 99, path, .. } if path.ends_with(file)),
                "{error}"
            );
        }
        let left: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(left, 99);
    }
}
