//! A disk that is full or fails.

use super::super::tests::Directory;
use super::super::{Options, Store};
use super::*;
use crate::State;
use crate::conformance::Backend;
use crate::conformance::samples::{everything, noise, positions, record};
use crate::state::Change;
use rusqlite::ffi;

fn writer(journal: &SqliteJournal) -> &Writer {
    &journal.writing().unwrap().writer
}

#[test]
fn what_does_not_fit_on_the_disk_leaves_nothing_and_fits_later() {
    let directory = Directory::default();
    let journal = directory.journal();
    journal.append(&[record("before")]).unwrap();
    writer(&journal).bend("PRAGMA max_page_count=100");
    // Several blocks; the first would fit.
    let large: Vec<Record> = (0..9).map(|seed| record(noise(500_000, seed))).collect();
    for _ in 0..2 {
        assert!(matches!(journal.append(&large), Err(Error::Full { .. })));
        assert_eq!(positions(&everything(&journal)), [1]);
    }
    assert_eq!(journal.append(&[record("small enough")]).unwrap(), Position(2));
    writer(&journal).bend("PRAGMA max_page_count=100000");
    assert_eq!(journal.append(&large).unwrap(), Position(3));
    drop(journal);
    assert_eq!(positions(&everything(&directory.journal())), (1..=11).collect::<Vec<_>>());
}

#[test]
fn the_reserve_is_kept_for_the_state() {
    let directory = Directory::default();
    directory.journal().append(&[record("before")]).unwrap();
    let options = Options { reserve_bytes: u64::MAX, ..Options::default() };
    let Store { journal, state } = directory.open_with(&options);
    assert!(matches!(journal.append(&[record("")]), Err(Error::Full { .. })));
    assert_eq!(everything(&journal).len(), 1);
    state.commit(&Change { cursor: Some(Position(1)), ..Change::default() }).unwrap();
    let all = Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(1) };
    assert_eq!(journal.retain(all).unwrap(), 1, "room can be made");
}

#[test]
fn after_the_disk_failed_nothing_is_written_until_the_store_is_opened_again() {
    let directory = Directory::default();
    let (journal, state) = directory.open();
    journal.append(&[record("before")]).unwrap();
    let failed_sync = |_: &rusqlite::Transaction<'_>| -> rusqlite::Result<()> {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_FSYNC), None))
    };
    assert!(matches!(writer(&journal).commit("appending", failed_sync), Err(Error::Backend { .. })));
    let all = Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(1) };
    for _ in 0..2 {
        assert!(
            matches!(journal.append(&[record("")]), Err(Error::Poisoned(why)) if why.contains("appending"))
        );
        assert!(matches!(journal.retain(all), Err(Error::Poisoned(_))));
    }
    assert_eq!(everything(&journal).len(), 1, "what is there can be read");
    state.commit(&Change::default()).unwrap();
    drop((journal, state));
    assert_eq!(directory.journal().append(&[record("after")]).unwrap(), Position(2));
}

#[test]
fn a_failed_checkpoint_stops_the_writer_too() {
    let directory = Directory::default();
    let journal = directory.journal();
    writer(&journal).refuse("moving the WAL into its file: no disk");
    assert!(matches!(journal.append(&[record("")]), Err(Error::Poisoned(why)) if why.contains("no disk")));
}

#[test]
fn a_record_that_no_row_can_hold_is_refused_before_anything_is_written() {
    let directory = Directory::default();
    let journal = directory.journal();
    let huge = record(vec![0; MAX_RECORD_BYTES]);
    let refused = journal.append(&[record("small"), huge]).unwrap_err();
    assert!(refused.to_string().contains("over the limit"), "{refused}");
    assert!(everything(&journal).is_empty());
}
