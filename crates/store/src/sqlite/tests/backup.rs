//! Copies taken while others write.

use super::{Directory, Options, Store, open};
use crate::conformance::Backend;
use crate::conformance::samples::{everything, positions, record};
use crate::state::Change;
use crate::{Journal, Position, State};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn a_copy_taken_while_writing_is_a_whole_store() {
    let directory = Directory::default();
    let store = open(directory.path(), &Options::default()).unwrap();
    let (copied, done) = (&Directory::default(), &AtomicBool::new(false));
    thread::scope(|scope| {
        let written = scope.spawn(|| write_until(&store, done));
        while store.state.cursor().unwrap() < Position(20) {
            thread::yield_now();
        }
        store.backup(&copied.path().join("copy")).unwrap();
        done.store(true, Ordering::Release);
        assert!(written.join().unwrap() >= 20);
    });
    let Store { journal, state } = open(&copied.path().join("copy"), &Options::default()).unwrap();
    let entries = everything(&journal);
    assert_eq!(positions(&entries), (1..=entries.len() as u64).collect::<Vec<_>>());
    assert_eq!(entries, store.journal.range(Position(1), Position(entries.len() as u64)).unwrap());
    let cursor = state.cursor().unwrap();
    assert!(cursor >= Position(20) && cursor.0 <= entries.len() as u64, "{cursor:?} of {}", entries.len());
    assert!(journal.damaged().is_empty());
    assert_eq!(journal.append(&[record("next")]).unwrap().0, entries.len() as u64 + 1);
}

fn write_until(store: &Store, done: &AtomicBool) -> u64 {
    for number in 1.. {
        let position = store.journal.append(&[record(format!("record {number}"))]).unwrap();
        store.state.commit(&Change { cursor: Some(position), ..Change::default() }).unwrap();
        if done.load(Ordering::Acquire) {
            return position.0;
        }
    }
    unreachable!("the loop has no end")
}

#[test]
fn a_copy_never_replaces_a_store() {
    let [from, to] = [Directory::default(), Directory::default()];
    to.journal().append(&[record("dear")]).unwrap();
    let store = open(from.path(), &Options::default()).unwrap();
    store.backup(to.path()).unwrap_err();
    store.backup(from.path()).unwrap_err();
    assert_eq!(everything(&to.journal()).len(), 1);
}
