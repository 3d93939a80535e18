//! Bytes that are to be nowhere.

use super::{Directory, Options, Store};
use crate::conformance::Backend;
use crate::conformance::samples::{block, everything, letter, noise, record};
use crate::state::{Block, BlockId, Change, DeadLetter, DeadLetterQuery, Prune};
use crate::{Error, Journal, Position, Retention, State};
use bytes::Bytes;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Makes numbers into bytes that do not repeat each other, so that packing leaves a secret in one piece.
const MASK: u32 = 0x5bd1_e995;
const SECRET: usize = 8;

/// The secret of this number again and again, so that each part of it tells.
fn secret(number: u64, length: usize) -> Vec<u8> {
    let masked = number as u32 ^ MASK;
    let once = [masked.to_be_bytes(), (!masked).to_le_bytes()].concat();
    once.into_iter().cycle().take(length.max(SECRET)).collect()
}

/// Which secrets the files of a directory have.
fn found(directory: &Path) -> BTreeSet<u64> {
    let files = fs::read_dir(directory).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    files.flat_map(|file| secrets(&file)).collect()
}

fn secrets(bytes: &[u8]) -> Vec<u64> {
    let number = |part: &[u8]| {
        let [masked, inverse] = [0, 4].map(|place| part[place..].first_chunk::<4>().unwrap());
        let masked = u32::from_be_bytes(*masked);
        (masked == !u32::from_le_bytes(*inverse)).then_some(u64::from(masked ^ MASK))
    };
    // Larger numbers are chance.
    bytes.windows(SECRET).filter_map(number).filter(|number| *number < 1_000_000).collect()
}

fn set(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<u64> {
    numbers.into_iter().collect()
}

fn check_files(directory: &Directory) {
    for file in ["journal.db", "state.db"] {
        let check = Connection::open(directory.path().join(file)).unwrap();
        let check: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "{file}");
    }
}

/// Incompressible bodies of every size up to some pages, each with a secret.
fn body(number: u64) -> Vec<u8> {
    [secret(number, 0), noise((number as usize * 977) % 30_000, number), secret(number, 60)].concat()
}

#[test]
fn rewritten_bodies_are_in_no_file_and_all_others_are_as_before() {
    let directory = Directory::default();
    let journal = directory.journal();
    for number in 0..60 {
        journal.append(&vec![record(body(number)); 1 + number as usize % 3]).unwrap();
    }
    let mut expected = everything(&journal);
    let erased = [3, 10, 29, 59];
    let bodies: Vec<_> = expected
        .iter_mut()
        .filter(|entry| erased.iter().any(|number| entry.record.body == body(*number)))
        .map(|entry| {
            entry.record.body = Bytes::from(vec![b'-'; entry.record.body.len() / 2]);
            (entry.position, entry.record.body.clone())
        })
        .collect();
    journal.rewrite(&bodies).unwrap();
    assert_eq!(found(directory.path()), set(0..60), "rewriting alone leaves them");
    journal.scrub().unwrap();
    assert_eq!(found(directory.path()), set((0..60).filter(|number| !erased.contains(number))));
    assert!(everything(&journal) == expected);
    drop(journal);
    check_files(&directory);
    assert!(everything(&directory.journal()) == expected);
}

#[test]
fn a_payload_a_fact_and_a_dead_letter_are_in_no_file() {
    let directory = Directory::default();
    let state = directory.state();
    let payload = |number| Bytes::from(secret(number, 9000));
    state
        .commit(&Change {
            outbox: [1, 2].map(|id| Block { payload: noise(9000, id).into(), ..block(id, "segment") }).into(),
            facts: [3, 4].map(|number| (secret(number, 20), Some(secret(number, 300)))).into(),
            dead_letters: [5, 6]
                .map(|number| DeadLetter { payload: payload(number), ..letter(&number.to_string(), 1) })
                .into(),
            ..Change::default()
        })
        .unwrap();
    let rewrite =
        |number| state.commit(&Change { rewrites: vec![(BlockId(1), payload(number))], ..Change::default() });
    rewrite(1).unwrap();
    rewrite(2).unwrap();
    state.scrub().unwrap();
    assert_eq!(found(directory.path()), set(2..=6));
    let facts = vec![(secret(3, 20), None), (secret(4, 20), Some(b"other".to_vec()))];
    state.commit(&Change { facts, erased_letters: vec!["5".into()], ..Change::default() }).unwrap();
    state.scrub().unwrap();
    assert_eq!(found(directory.path()), set([2, 4, 6]), "4 is the key of a fact");
    assert_eq!(state.facts(&[&secret(4, 20)]).unwrap(), [Some(b"other".to_vec())]);
    assert_eq!(state.dead_letters(&DeadLetterQuery::default()).unwrap().len(), 1);
}

#[test]
fn a_crash_between_erasing_and_scrubbing_loses_nothing() {
    let directory = Directory::default();
    let (journal, state) = directory.open();
    for number in 0..20 {
        journal.append(&[record(body(number))]).unwrap();
        let facts = vec![(vec![number as u8], Some(secret(100 + number, 200)))];
        state.commit(&Change { facts, ..Change::default() }).unwrap();
    }
    journal.rewrite(&[(Position(8), "erased".into())]).unwrap();
    state.commit(&Change { facts: vec![(vec![7], None)], ..Change::default() }).unwrap();
    let crashed = directory.after_a_crash();
    let (journal, state) = crashed.open();
    journal.scrub().unwrap();
    state.scrub().unwrap();
    assert_eq!(found(crashed.path()), set((0..20).chain(100..120).filter(|number| number % 100 != 7)));
    assert_eq!((everything(&journal).len(), journal.damaged().len()), (20, 0));
}

/// Rows are moved, split and joined a lot, with no care for what they leave.
#[test]
fn nothing_is_left_of_rows_that_were_moved_about() {
    let directory = Directory::default();
    let (journal, state) = directory.open();
    let key = |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes().to_vec();
    let value = |number: u64| secret(number, [20, 60, 300, 3000, 9000][number as usize % 5]);
    for numbers in [0..600_u64, 600..900] {
        for number in numbers {
            let facts = vec![(key(number), Some(value(number)))];
            let dead_letters = vec![DeadLetter {
                payload: value(10_000 + number).into(),
                ..letter(&format!("{number:x}"), 1)
            }];
            state.commit(&Change { facts, dead_letters, ..Change::default() }).unwrap();
            journal.append(&[record(body(20_000 + number))]).unwrap();
        }
        let facts = (0..600).filter(|number| number % 3 > 0).map(|number| (key(number), None)).collect();
        let erased_letters =
            (0..600).filter(|number| number % 4 > 0).map(|number| format!("{number:x}")).collect();
        state.commit(&Change { facts, erased_letters, ..Change::default() }).unwrap();
        journal.retain(Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(400) }).unwrap();
    }
    journal.scrub().unwrap();
    state.scrub().unwrap();
    let left = |number: &u64, share| *number >= 600 || number.is_multiple_of(share);
    let facts = (0..900).filter(|number| left(number, 3));
    let letters = (0..900).filter(|number| left(number, 4)).map(|number| 10_000 + number);
    assert_eq!(found(directory.path()), set(facts.chain(letters).chain(20_400..20_900)));
    for number in (0..900).filter(|number| *number >= 600 || number % 3 == 0) {
        assert_eq!(state.facts(&[&key(number)]).unwrap(), [Some(value(number))]);
    }
    assert_eq!(state.dead_letters(&DeadLetterQuery::default()).unwrap().len(), 450);
    assert_eq!(everything(&journal).len(), 500);
    drop((journal, state));
    check_files(&directory);
}

#[test]
fn scrubbing_works_beside_everything_else() {
    let directory = Directory::default();
    let Store { journal, state } = directory.open_with(&Options { wal_bytes: 200_000, ..Options::default() });
    for number in 0..300 {
        journal.append(&[record(body(number))]).unwrap();
        let facts = vec![(vec![number as u8; 9], Some(secret(1000 + number, 600)))];
        state.commit(&Change { facts, ..Change::default() }).unwrap();
    }
    journal
        .rewrite(&(1..=300).map(|position| (Position(position), Bytes::new())).collect::<Vec<_>>())
        .unwrap();
    let facts = (0..=255).map(|number| (vec![number; 9], None)).collect();
    state.commit(&Change { facts, ..Change::default() }).unwrap();
    let done = &AtomicBool::new(false);
    let rounds = thread::scope(|scope| {
        let others = scope.spawn(|| churn(&journal, &state, done));
        for _ in 0..3 {
            journal.scrub().unwrap();
            state.scrub().unwrap();
            assert_eq!(found(directory.path()).range(..10_000).next(), None);
        }
        done.store(true, Ordering::Release);
        others.join().unwrap()
    });
    assert!(rounds > 10, "{rounds}");
    assert_eq!(everything(&journal).last().unwrap().record.body, body(100_000 + rounds - 1));
    assert!(journal.damaged().is_empty());
    assert_eq!(state.facts_with_prefix(b"churn", None, 99).unwrap().len(), 10);
    drop((journal, state));
    check_files(&directory);
}

/// Writes, replaces, deletes and reads until told to stop; answers how often.
fn churn(journal: &impl Journal, state: &impl State, done: &AtomicBool) -> u64 {
    let mut round = 0;
    while !done.load(Ordering::Acquire) || round < 20 {
        let position = journal.append(&[record(body(100_000 + round))]).unwrap();
        let key = |round: u64| format!("churn {round}").into_bytes();
        let facts = vec![
            (key(round), Some(noise(round as usize % 9 * 700, round))),
            (key(round.wrapping_sub(10)), None),
        ];
        let blocks = vec![Block { payload: noise(20_000, round).into(), ..block(round + 1, "segment") }];
        let settlements = vec![crate::state::Settlement::Finished(BlockId(round.saturating_sub(3)))];
        state.commit(&Change { facts, outbox: blocks, settlements, ..Change::default() }).unwrap();
        state.prune(Prune { traces_before: i64::MAX, ..Prune::default() }).unwrap();
        let processed = Position(position.0.saturating_sub(30));
        journal.retain(Retention { keep_since: i64::MAX, max_bytes: 0, processed }).unwrap();
        assert_eq!(journal.range(position, position).unwrap().len(), 1);
        round += 1;
    }
    round
}

#[test]
fn scrubbing_waits_for_who_reads_the_wal() {
    let directory = Directory::default();
    let journal = directory.journal();
    journal.append(&[record(body(1))]).unwrap();
    journal.rewrite(&[(Position(1), "erased".into())]).unwrap();
    let reader = Connection::open(directory.path().join("journal.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM block").unwrap();
    thread::scope(|scope| {
        let scrubbed = scope.spawn(|| journal.scrub().unwrap());
        for _ in 0..20 {
            journal.append(&[record("beside")]).unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        assert!(!scrubbed.is_finished(), "the WAL is needed still");
        reader.execute_batch("COMMIT").unwrap();
    });
    assert!(found(directory.path()).is_empty());
}

#[test]
fn a_file_that_does_not_know_its_free_pages_is_left_alone() {
    let directory = Directory::default();
    {
        let journal = directory.journal();
        journal.append(&[record(body(1)), record(body(2))]).unwrap();
        journal.append(&[record(body(3))]).unwrap();
        let oldest = Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(2) };
        journal.retain(oldest).unwrap();
    }
    let path = directory.path().join("journal.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[39] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let journal = directory.journal();
    assert!(matches!(journal.scrub(), Err(Error::Damaged { detail, .. }) if detail.contains("free pages")));
    assert_eq!(everything(&journal).len(), 1);
}
