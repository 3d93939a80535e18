//! Who may open a store.

use super::{Directory, Options, Store, open, open_read_only};
use crate::conformance::Backend;
use crate::conformance::samples::{everything, letter, letters, record};
use crate::state::{Change, Prune};
use crate::{Error, Journal, Position, Retention, State};

#[test]
fn one_writer_has_a_store_until_both_halves_are_dropped() {
    let directory = Directory::default();
    let locked = || matches!(open(directory.path(), &Options::default()), Err(Error::Locked { path }) if path == directory.path().to_str().unwrap());
    let Store { journal, state } = open(directory.path(), &Options::default()).unwrap();
    assert!(locked());
    drop(journal);
    assert!(locked());
    drop(state);
    directory.open_with(&Options::default());
}

#[test]
fn a_reader_follows_what_a_writer_writes() {
    let directory = Directory::default();
    let (journal, state) = directory.open();
    let reader = open_read_only(directory.path()).unwrap();
    for position in 1..=3 {
        journal.append(&[record("body")]).unwrap();
        state.commit(&Change { cursor: Some(Position(position)), ..Change::default() }).unwrap();
        assert_eq!(reader.journal.extent().unwrap().last, Position(position));
        assert_eq!(everything(&reader.journal), everything(&journal));
        assert_eq!(reader.state.cursor().unwrap(), Position(position));
    }
}

#[test]
fn a_reader_is_told_where_no_store_was_made_yet() {
    let directory = Directory::default();
    let error = open_read_only(directory.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("there is no store in ") && error.ends_with("; the first run makes it"),
        "{error}"
    );
}

#[test]
fn a_reader_opens_what_was_closed_and_what_was_killed() {
    let directory = Directory::default();
    let (journal, state) = directory.open();
    journal.append(&[record("body")]).unwrap();
    let killed = directory.after_a_crash();
    drop((journal, state));
    for store in [killed, directory] {
        assert_eq!(everything(&open_read_only(store.path()).unwrap().journal).len(), 1);
    }
}

#[test]
fn a_reader_refuses_every_write() {
    let directory = Directory::default();
    drop(directory.open());
    let Store { journal, state } = open_read_only(directory.path()).unwrap();
    let all = Retention { keep_since: 0, max_bytes: 0, processed: Position(0) };
    let refused = [
        journal.append(&[record("")]).map(drop),
        journal.retain(all).map(drop),
        state.commit(&letters(vec![letter("a", 1)])),
        state.save_flows(&[], "", 0).map(drop),
        state.activate_flow("a", 1),
        state.prune(Prune::default()),
    ];
    assert!(refused.iter().all(|outcome| matches!(outcome, Err(Error::ReadOnly { .. }))), "{refused:?}");
}

#[test]
fn a_reader_makes_no_store() {
    let directory = Directory::default();
    open_read_only(directory.path()).unwrap_err();
    open_read_only(&directory.path().join("none")).unwrap_err();
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}
