//! Bytes that changed on the disk.

use super::{Directory, Options, open};
use crate::conformance::Backend;
use crate::conformance::samples::{everything, noise, positions, record};
use crate::{Entry, Error, Journal, Position, Retention};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::ops::Range;

const DAMAGES: u64 = 40;
const PAGE: usize = 8192;

/// A journal of small and large blocks of one to three records.
fn journal_of(blocks: u64) -> Directory {
    let directory = Directory::default();
    let journal = directory.journal();
    for number in 0..blocks {
        let large = if number % 7 == 0 { 20_000 } else { 0 };
        let body = noise((number as usize * 37) % 400 + large, number);
        journal.append(&vec![record(body); 1 + number as usize % 3]).unwrap();
    }
    directory
}

/// A copy of the file `journal.db`, as it is after this.
fn damaged(bytes: &[u8], damage: impl FnOnce(&mut [u8])) -> Directory {
    let mut bytes = bytes.to_vec();
    damage(&mut bytes);
    let copy = Directory::default();
    fs::write(copy.path().join("journal.db"), bytes).unwrap();
    copy
}

fn file(directory: &Directory) -> Vec<u8> {
    fs::read(directory.path().join("journal.db")).unwrap()
}

fn place(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

fn retain_all(journal: &impl Journal, processed: u64) -> Result<u64, Error> {
    journal.retain(Retention { keep_since: i64::MAX, max_bytes: 0, processed: Position(processed) })
}

#[test]
fn a_flipped_byte_is_found_and_everything_else_is_read() {
    let directory = journal_of(20);
    let sound = everything(&directory.journal());
    let lost = &sound[20].record.body;
    let mut bytes = file(&directory);
    let place = place(&bytes, &lost[..30]);
    bytes[place] ^= 1;
    fs::write(directory.path().join("journal.db"), bytes).unwrap();
    for _ in 0..2 {
        let journal = directory.journal();
        let left: Vec<Entry> = sound.iter().filter(|entry| entry.record.body != *lost).cloned().collect();
        assert_eq!(everything(&journal)[..left.len()], left);
        let [(first, last)] = journal.damaged()[..] else { panic!("{:?}", journal.damaged()) };
        assert_eq!((first.0..=last.0).count(), sound.len() - left.len());
        assert!(journal.range(first, last).unwrap().is_empty());
        journal.append(&[record("next")]).unwrap();
    }
}

#[test]
fn no_damage_is_silent_and_none_makes_a_record_wrong() {
    let directory = journal_of(40);
    let (sound, bytes) = (everything(&directory.journal()), file(&directory));
    for seed in 0..DAMAGES {
        let copy = damaged(&bytes, |bytes| damage_somewhere(bytes, &mut StdRng::seed_from_u64(seed)));
        // A refusal is not silent.
        if let Ok(store) = open(copy.path(), &Options::default()) {
            check(&store.journal, &sound, seed);
        }
    }
}

/// A byte anywhere or in the heads of a page, where SQLite keeps its own books; or a page that was never written.
fn damage_somewhere(bytes: &mut [u8], random: &mut StdRng) {
    let page = random.random_range(0..bytes.len() / PAGE) * PAGE;
    let place = match random.random_range(0..4) {
        0 => random.random_range(0..bytes.len()),
        1 => page + random.random_range(0..100),
        2 => return bytes[page..page + PAGE].fill(0),
        _ => cell(bytes, random) + random.random_range(0..30),
    };
    bytes[place.min(bytes.len() - 1)] ^= random.random_range(1..=u8::MAX);
}

/// Where some row begins in the tree of blocks.
fn cell(bytes: &[u8], random: &mut StdRng) -> usize {
    let number = |place: usize| usize::from(u16::from_be_bytes([bytes[place], bytes[place + 1]]));
    let pointers = |page: usize| -> Range<usize> {
        match bytes[page] {
            5 => page + 12..page + 12 + 2 * number(page + 3),
            13 => page + 8..page + 8 + 2 * number(page + 3),
            _ => 0..0,
        }
    };
    let cells: Vec<usize> = (PAGE..bytes.len())
        .step_by(PAGE)
        .flat_map(|page| pointers(page).step_by(2).map(move |pointer| (page, pointer)))
        .map(|(page, pointer)| page + number(pointer))
        .collect();
    cells[random.random_range(0..cells.len())]
}

fn check(journal: &impl Journal, sound: &[Entry], seed: u64) {
    let last = sound.len() as u64;
    let read = everything(journal);
    assert!(read.is_sorted_by(|one, next| one.position < next.position), "order with {seed}");
    assert!(
        read.iter().all(|entry| sound.get(entry.position.0 as usize - 1) == Some(entry)),
        "wrong with {seed}"
    );
    let reported =
        |position: u64| journal.damaged().iter().any(|range| (range.0.0..=range.1.0).contains(&position));
    let silent = (1..=last).find(|position| !reported(*position) && !positions(&read).contains(position));
    assert_eq!(silent, None, "missing without a word with {seed}");
    match journal.append(&[record("next")]) {
        Ok(next) => {
            assert!(next.0 > last, "position {} again with {seed}", next.0);
            assert_eq!(everything(journal).last().map(|entry| entry.position), Some(next), "with {seed}");
        }
        Err(Error::Damaged { .. } | Error::Backend { .. }) => {}
        Err(error) => panic!("{error} with {seed}"),
    }
}

#[test]
fn a_damaged_block_does_not_keep_those_after_it() {
    let directory = journal_of(20);
    let (sound, bytes) = (everything(&directory.journal()), file(&directory));
    let damages = [
        // Its head says another number of records, times and sizes; its content is not what was written.
        |bytes: &mut [u8], content: usize| bytes[content - 30..content].fill(0x7f),
        |bytes: &mut [u8], content: usize| bytes[content] ^= 1,
    ];
    for damage in damages {
        let content = place(&bytes, &sound[20].record.body[..30]);
        let copy = damaged(&bytes, |bytes| damage(bytes, content));
        let journal = copy.journal();
        journal.append(&[record("next")]).unwrap();
        retain_all(&journal, sound.len() as u64).unwrap();
        let left = positions(&everything(&journal));
        assert_eq!(left, [sound.len() as u64 + 1]);
    }
}
