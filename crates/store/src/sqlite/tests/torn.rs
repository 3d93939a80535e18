//! A WAL whose end never reached the disk, and a journal that lost its end.

use super::{Directory, SqliteJournal, Store};
use crate::conformance::Backend;
use crate::conformance::samples::{everything, noise, positions, record};
use crate::state::Change;
use crate::{Entry, Journal, Position, State};
use std::fs;

const APPENDS: u64 = 12;

/// Appends of two records each, all in the WAL, as a crash leaves them.
fn crashed() -> (Directory, Vec<Entry>) {
    let directory = Directory::default();
    let journal = directory.journal();
    for number in 0..APPENDS {
        journal.append(&vec![record(noise(5000, number)); 2]).unwrap();
    }
    (directory.after_a_crash(), everything(&journal))
}

/// The journal after this was done to the WAL.
fn with_wal(crashed: &Directory, change: impl FnOnce(&mut Vec<u8>)) -> (Directory, SqliteJournal) {
    let copy = crashed.after_a_crash();
    let path = copy.path().join("journal.db-wal");
    let mut wal = fs::read(&path).unwrap();
    change(&mut wal);
    fs::write(path, wal).unwrap();
    let journal = copy.journal();
    (copy, journal)
}

#[test]
fn a_wal_cut_anywhere_gives_whole_appends_up_to_there() {
    let (crashed, all) = crashed();
    let length = fs::metadata(crashed.path().join("journal.db-wal")).unwrap().len();
    let mut before = 0;
    for part in 0..=24 {
        let (_copy, journal) = with_wal(&crashed, |wal| wal.truncate((length * part / 24) as usize));
        let entries = everything(&journal);
        assert!(entries.len() >= before && entries.len() % 2 == 0, "{} at {part}", entries.len());
        assert_eq!(entries, all[..entries.len()]);
        assert_eq!(journal.append(&[record("next")]).unwrap(), Position(entries.len() as u64 + 1));
        before = entries.len();
    }
    assert_eq!(before, all.len());
}

#[test]
fn a_torn_last_page_undoes_the_last_append_only() {
    let (crashed, all) = crashed();
    let (_copy, journal) = with_wal(&crashed, |wal| {
        let end = wal.len();
        wal[end - 4096..].fill(0);
    });
    assert_eq!(everything(&journal), all[..all.len() - 2]);
}

#[test]
fn positions_that_the_state_knows_are_not_given_again() {
    let directory = Directory::default();
    let state_knows = |position| Change { cursor: Some(Position(position)), ..Change::default() };
    {
        let (journal, state) = directory.open();
        journal.append(&vec![record(""); 5]).unwrap();
        state.commit(&state_knows(5)).unwrap();
    }
    for file in fs::read_dir(directory.path()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("journal") {
            fs::remove_file(file.path()).unwrap();
        }
    }
    {
        let journal = directory.journal();
        assert_eq!(journal.damaged(), [(Position(1), Position(5))]);
        assert_eq!(journal.extent().unwrap().last, Position(5));
        assert_eq!(journal.append(&[record("next")]).unwrap(), Position(6));
        assert_eq!(positions(&journal.read(Position(5), 0).unwrap()), [6]);
    }
    let Store { journal, .. } = directory.open_with(&super::Options::default());
    assert_eq!(journal.append(&[record("next")]).unwrap(), Position(7));
    assert!(journal.damaged().is_empty());
}
