//! A process that is killed while it writes. The test starts itself again as that process.

use super::{Directory, Options, Store, open};
use crate::conformance::Backend;
use crate::conformance::samples::{everything, noise, record};
use crate::state::{BlockId, Change};
use crate::{Journal, Position, Record, State};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Tells the process which store to write to.
const STORE: &str = "CAUSEWAY_TEST_STORE";
const NAME: &str = "sqlite::tests::kill::what_was_acknowledged_survives_kills";
const KILLS: usize = 4;

#[test]
fn what_was_acknowledged_survives_kills() {
    if let Some(path) = env::var_os(STORE) {
        return write_until_killed(Path::new(&path));
    }
    let directory = Directory::default();
    for kill in 0..KILLS {
        let acknowledged = killed_after(directory.path(), 20 + 35 * kill);
        check(&directory, acknowledged);
    }
}

/// Kills a writing process after so many acknowledgements; answers the last that it gave.
fn killed_after(path: &Path, acknowledgements: usize) -> u64 {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged: Vec<u64> =
        lines.by_ref().filter_map(|line| line.parse().ok()).take(acknowledgements).collect();
    process.kill().unwrap();
    acknowledged.extend(lines.filter_map(|line| line.parse::<u64>().ok()));
    assert!(!process.wait().unwrap().success(), "it did not end by itself");
    *acknowledged.last().unwrap()
}

/// Says after each append and commit how far it is. The WAL is small, so that kills meet checkpoints too.
fn write_until_killed(path: &Path) {
    let Store { journal, state } = open(path, &Options { wal_bytes: 100_000, ..Options::default() }).unwrap();
    // The line of the test's name may have no end yet.
    println!();
    loop {
        let next = journal.extent().unwrap().last.0 + 1;
        let group = group(next);
        let last = journal.append(&group).unwrap().0 + group.len() as u64 - 1;
        state.commit(&change(last)).unwrap();
        println!("{last}");
        std::io::stdout().flush().unwrap();
    }
}

/// The records that are appended together from this position on.
fn group(first: u64) -> Vec<Record> {
    (first..=first + first % 4)
        .map(|position| record(noise(position as usize * 61 % 9000, position)))
        .collect()
}

fn change(position: u64) -> Change {
    Change {
        cursor: Some(Position(position)),
        facts: vec![(b"position".to_vec(), Some(position.to_be_bytes().to_vec()))],
        ..Change::default()
    }
}

fn check(directory: &Directory, acknowledged: u64) {
    let (journal, state) = directory.open();
    let entries = everything(&journal);
    assert!(entries.len() as u64 >= acknowledged);
    let mut rest = &entries[..];
    while let Some(first) = rest.first() {
        let group = group(first.position.0);
        assert!(rest.len() >= group.len(), "the append at {} is there in part", first.position.0);
        assert!(rest.iter().map(|entry| &entry.record).zip(&group).all(|(found, written)| found == written));
        rest = &rest[group.len()..];
    }
    let cursor = state.cursor().unwrap().0;
    assert!((acknowledged..=entries.len() as u64).contains(&cursor));
    assert_eq!(state.facts(&[b"position"]).unwrap(), [Some(cursor.to_be_bytes().to_vec())]);
    assert_eq!(state.last_block().unwrap(), BlockId(0));
    assert!(journal.damaged().is_empty());
}
