//! Wiping what deleted and replaced rows left behind in a file.
//!
//! SQLite leaves old bytes in free pages, between the rows of a page and behind a row's end, and `secure_delete` does not
//! reach them all: a page that is split keeps copies of the rows that moved. So every page is looked at, and what is in
//! use by nobody is overwritten with zeros.
//!
//! - Looking is done by readers, a few pages at a time; only pages that have something to wipe are looked at again and
//!   written in a transaction, a few at a time.
//! - Meanwhile whatever others free is overwritten at once, so that nothing old turns up where was looked already. What
//!   could be carried there otherwise goes first: lists of free pages, which may become the last page of a long row, and
//!   the trees' roots, which are copied when a tree grows.
//! - A row that goes on in other pages may move, with the unwiped rest of its last page, from a page still to come to one
//!   that was looked at. So the looking is repeated until such rests are found no more.
//! - At last the WAL is emptied, for it has the pages as they were.

mod page;
mod pages;

use super::readers::Readers;
use super::writer::Writer;
use crate::Error;
use pages::{Dirt, Freelist, Pages};
use rusqlite::{Connection, Transaction};
use std::thread;
use std::time::Duration;

const WIPING: &str = "wiping deleted bytes";
/// Pages that are looked at in one go; the snapshot lasts a few milliseconds.
const LOOK_PAGES: u32 = 256;
/// Pages that one step reads before it writes no more: about a millisecond's work.
const STEP_PAGES: u32 = 128;
/// A lock that is taken again at once is never given to those who wait; the pause lets the others through.
const PAUSE: Duration = Duration::from_millis(2);

/// Once this returns, no file has bytes of rows that were deleted or replaced before.
pub(super) fn run(readers: &Readers, writer: &Writer) -> Result<(), Error> {
    let overwriting = writer.overwrite_deleted()?;
    wipe(readers, writer, pages::trunks_and_roots)?;
    while wipe_all(readers, writer)? > 0 {}
    drop(overwriting);
    writer.empty_wal()
}

/// Goes through the whole file; answers how many rests of long rows were wiped.
fn wipe_all(readers: &Readers, writer: &Writer) -> Result<usize, Error> {
    let (mut first, mut rests) = (1, 0);
    while first <= readers.with(WIPING, |connection| Pages::of(connection)?.count())? {
        let next = first + LOOK_PAGES;
        rests += wipe(readers, writer, |_| Ok((first..next).collect()))?;
        first = next;
    }
    Ok(rests)
}

/// Wipes these pages, and the rests of the long rows that begin in them; answers how many rests there were.
fn wipe(
    readers: &Readers,
    writer: &Writer,
    numbers: impl FnOnce(&Pages<'_>) -> rusqlite::Result<Vec<u32>>,
) -> Result<usize, Error> {
    let dirt = readers.with(WIPING, |connection| look(connection, numbers))?;
    let mut left = &dirt[..];
    while !left.is_empty() {
        let done = writer.commit(WIPING, |transaction| step(transaction, left))?;
        left = &left[done..];
        thread::sleep(PAUSE);
    }
    Ok(dirt.iter().map(Dirt::rests).sum())
}

/// What there is to wipe, at one moment.
fn look(
    connection: &Connection,
    numbers: impl FnOnce(&Pages<'_>) -> rusqlite::Result<Vec<u32>>,
) -> rusqlite::Result<Vec<Dirt>> {
    let snapshot = connection.unchecked_transaction()?;
    let pages = Pages::of(&snapshot)?;
    let numbers = numbers(&pages)?;
    let free = Freelist::read(&pages)?;
    let dirt = numbers.into_iter().map(|number| pages.dirt(number, &free));
    dirt.filter_map(Result::transpose).collect()
}

/// Wipes some of it, at least the first; answers how much.
fn step(transaction: &Transaction<'_>, dirt: &[Dirt]) -> rusqlite::Result<usize> {
    let pages = Pages::of(transaction)?;
    let free = Freelist::read(&pages)?;
    let until = pages.read_so_far() + STEP_PAGES;
    for (number, dirt) in dirt.iter().enumerate() {
        if number > 0 && pages.read_so_far() >= until {
            return Ok(number);
        }
        pages.wipe(dirt, &free)?;
    }
    Ok(dirt.len())
}
