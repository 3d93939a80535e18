//! A disk that is full or fails, and what only this backend's clock and tables show.

use super::super::tests::Directory;
use super::super::{Options, Store};
use super::*;
use crate::conformance::Backend;
use crate::conformance::samples::{block, blocks, noise, numbers};
use crate::state::Settlement;
use rusqlite::ffi;

fn writer(state: &SqliteState) -> &Writer {
    &state.writing().unwrap().writer
}

fn large(id: u64) -> Change {
    let outbox = vec![Block { payload: noise(2 << 20, id).into(), ..block(id, "segment") }];
    Change { cursor: Some(Position(id)), outbox, ..Change::default() }
}

#[test]
fn what_does_not_fit_on_the_disk_leaves_nothing_and_fits_later() {
    let directory = Directory::default();
    let state = directory.state();
    state.commit(&blocks([1], "segment")).unwrap();
    writer(&state).bend("PRAGMA max_page_count=100");
    for _ in 0..2 {
        assert!(matches!(state.commit(&large(2)), Err(Error::Full { .. })));
        assert_eq!((state.cursor().unwrap(), state.last_block().unwrap()), (Position(0), BlockId(1)));
    }
    state
        .commit(&Change { settlements: vec![Settlement::Finished(BlockId(1))], ..Change::default() })
        .unwrap();
    writer(&state).bend("PRAGMA max_page_count=100000");
    state.commit(&large(2)).unwrap();
    drop(state);
    assert_eq!(numbers(&directory.state().outbox("segment", BlockId(0), usize::MAX).unwrap()), [2]);
}

#[test]
fn after_the_disk_failed_nothing_is_written_until_the_store_is_opened_again() {
    let directory = Directory::default();
    let state = directory.state();
    let failed_write = |_: &rusqlite::Transaction<'_>| -> rusqlite::Result<()> {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR_WRITE), None))
    };
    assert!(matches!(writer(&state).commit("committing", failed_write), Err(Error::Backend { .. })));
    assert!(matches!(state.commit(&Change::default()), Err(Error::Poisoned(_))));
    assert!(matches!(state.save_flows(&[], "", 0), Err(Error::Poisoned(_))));
    assert!(matches!(state.prune(Prune::default()), Err(Error::Poisoned(_))));
    assert_eq!(state.cursor().unwrap(), Position(0));
    drop(state);
    directory.state().commit(&Change::default()).unwrap();
}

#[test]
fn a_damaged_payload_is_told_with_its_block() {
    let directory = Directory::default();
    let state = directory.state();
    state.commit(&blocks([1, 2], "segment")).unwrap();
    writer(&state).bend("UPDATE payload SET content = CAST('payload of 3' AS BLOB) WHERE id = 2");
    let damaged = state.outbox("segment", BlockId(0), usize::MAX).unwrap_err();
    assert!(matches!(&damaged, Error::Damaged { what, .. } if what.ends_with("block 2")), "{damaged}");
}

#[test]
fn flows_are_saved_all_or_none() {
    let directory = Directory::default();
    let state = directory.state();
    let flow = |name: &str| (name.to_owned(), "definition".to_owned());
    state.save_flows(&[flow("a")], "somebody", 0).unwrap();
    writer(&state).bend(
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON flow WHEN new.name = 'bad' BEGIN SELECT raise(ABORT, 'bad'); END",
    );
    state.save_flows(&[flow("a"), flow("b"), flow("bad")], "somebody", 0).unwrap_err();
    let active: Vec<_> =
        state.active_flows().unwrap().into_iter().map(|flow| (flow.name, flow.version)).collect();
    assert_eq!(active, [("a".to_owned(), 1)]);
    assert_eq!(state.flow_versions("a").unwrap().len(), 1);
}

#[test]
fn finished_blocks_go_by_the_time_at_which_they_ended() {
    let directory = Directory::default();
    let options = Options { clock: || 1000, ..Options::default() };
    let Store { state, .. } = directory.open_with(&options);
    let settlements = vec![Settlement::Finished(BlockId(1))];
    state.commit(&Change { settlements, ..blocks([1, 2], "segment") }).unwrap();
    let kept_after = |traces_before| {
        state.prune(Prune { traces_before, ..Prune::default() }).unwrap();
        numbers(&state.blocks_from(Position(0), Position(9)).unwrap())
    };
    assert_eq!(kept_after(1000), [1, 2]);
    assert_eq!(kept_after(1001), [2]);
}
