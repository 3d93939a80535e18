//! A file's pages, as SQLite's `sqlite_dbpage` shows them to the connection whose cache knows them.

use super::page::{Chain, Tree};
use rusqlite::{Connection, OptionalExtension, ffi};
use std::cell::Cell;
use std::collections::HashSet;

/// An overflow page begins with the number of the next one. While numbers stay below this its first byte is 0 or 1, which
/// is no kind of tree page.
const TOO_MANY: u32 = 2 << 24;
/// Bytes of a freelist's page before the numbers of free pages: the next such page, and how many numbers follow.
const TRUNK_HEAD: usize = 8;

pub(super) struct Pages<'a> {
    connection: &'a Connection,
    read: Cell<u32>,
}

/// A page that has bytes to wipe, or begins rows whose last pages have.
pub(super) struct Dirt {
    owner: u32,
    dirty: Vec<u32>,
}

/// The pages in use by nobody.
pub(super) struct Freelist {
    /// Those that list others.
    trunks: HashSet<u32>,
    leaves: HashSet<u32>,
}

/// A page as it is to be.
struct Wiped {
    number: u32,
    was: Vec<u8>,
    now: Vec<u8>,
}

impl Dirt {
    /// How many last pages of rows are among it.
    pub(super) fn rests(&self) -> usize {
        self.dirty.iter().filter(|number| **number != self.owner).count()
    }
}

impl<'a> Pages<'a> {
    /// Fails for a file that has more pages than can be told apart.
    pub(super) fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        let pages = Self { connection, read: Cell::new(0) };
        match pages.count()? {
            count if count < TOO_MANY => Ok(pages),
            count => Err(failure(ffi::SQLITE_TOOBIG, format!("{count} pages are more than can be wiped"))),
        }
    }

    pub(super) fn count(&self) -> rusqlite::Result<u32> {
        self.connection.prepare_cached("PRAGMA page_count")?.query_row([], |row| row.get(0))
    }

    /// How many pages were read through this.
    pub(super) fn read_so_far(&self) -> u32 {
        self.read.get()
    }

    /// `None` beyond the file's end.
    fn read(&self, number: u32) -> rusqlite::Result<Option<Vec<u8>>> {
        self.read.set(self.read.get() + 1);
        self.connection
            .prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?
            .query_row([number], |row| row.get(0))
            .optional()
    }

    fn write(&self, Wiped { number, now, .. }: &Wiped) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?
            .execute((number, now))
            .map(drop)
    }

    /// What there is to wipe on a page and behind the rows that begin on it, if anything.
    pub(super) fn dirt(&self, owner: u32, free: &Freelist) -> rusqlite::Result<Option<Dirt>> {
        let wiped = self.wiped(owner, free)?;
        let dirty: Vec<u32> =
            wiped.into_iter().filter(|page| page.was != page.now).map(|page| page.number).collect();
        Ok((!dirty.is_empty()).then_some(Dirt { owner, dirty }))
    }

    /// Wipes what was found dirty and is there still. A page that looks clean is written all the same: the cache may know
    /// a free page otherwise than the file does.
    pub(super) fn wipe(&self, dirt: &Dirt, free: &Freelist) -> rusqlite::Result<()> {
        let wiped = self.wiped(dirt.owner, free)?;
        wiped.iter().filter(|page| dirt.dirty.contains(&page.number)).try_for_each(|page| self.write(page))
    }

    fn wiped(&self, number: u32, free: &Freelist) -> rusqlite::Result<Vec<Wiped>> {
        let Some(was) = self.read(number)? else { return Ok(Vec::new()) };
        if free.leaves.contains(&number) {
            return Ok(vec![Wiped { number, now: vec![0; was.len()], was }]);
        }
        if free.trunks.contains(&number) {
            return Ok(vec![Wiped { number, now: up_to(&was, TRUNK_HEAD + 4 * listed(&was)), was }]);
        }
        let Some(Tree { wiped: now, chains }) = Tree::read(number, &was) else { return Ok(Vec::new()) };
        let mut all = vec![Wiped { number, was, now }];
        for chain in chains {
            all.extend(self.rest(&chain)?);
        }
        Ok(all)
    }

    /// The last page of a row; `None` if the pages are not as the row says.
    fn rest(&self, chain: &Chain) -> rusqlite::Result<Option<Wiped>> {
        if chain.pages > self.count()? as usize {
            return Ok(None);
        }
        let mut number = chain.first;
        for left in (0..chain.pages).rev() {
            let Some(was) = self.read(number)? else { return Ok(None) };
            let next = number_at(&was, 0);
            match (next, left) {
                (0, 0) => return Ok(Some(Wiped { number, now: up_to(&was, chain.last_bytes), was })),
                (0, _) | (_, 0) => return Ok(None),
                _ => number = next,
            }
        }
        Ok(None)
    }
}

/// The pages that go first.
pub(super) fn trunks_and_roots(pages: &Pages<'_>) -> rusqlite::Result<Vec<u32>> {
    let mut roots =
        pages.connection.prepare_cached("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")?;
    let roots = roots.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<u32>>>()?;
    Ok(Freelist::read(pages)?.trunks.into_iter().chain([1]).chain(roots).collect())
}

impl Freelist {
    pub(super) fn read(pages: &Pages<'_>) -> rusqlite::Result<Self> {
        let mut list = Self { trunks: HashSet::new(), leaves: HashSet::new() };
        let Some(first) = pages.read(1)? else { return Ok(list) };
        let (mut trunk, count) = (number_at(&first, 32), number_at(&first, 36));
        while trunk != 0 && list.trunks.insert(trunk) {
            let Some(page) = pages.read(trunk)? else { break };
            list.leaves.extend((0..listed(&page)).map(|place| number_at(&page, TRUNK_HEAD + 4 * place)));
            trunk = number_at(&page, 0);
        }
        if list.trunks.len() + list.leaves.len() == count as usize {
            return Ok(list);
        }
        // What is free cannot be told from what is in use.
        Err(failure(ffi::SQLITE_CORRUPT, "the list of free pages has another length than it says".into()))
    }
}

/// How many numbers a page of the freelist has.
fn listed(trunk: &[u8]) -> usize {
    (number_at(trunk, 4) as usize).min((trunk.len() - TRUNK_HEAD) / 4)
}

fn number_at(page: &[u8], place: usize) -> u32 {
    page[place..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// The page with nothing but its first bytes.
fn up_to(page: &[u8], bytes: usize) -> Vec<u8> {
    let mut kept = page.to_vec();
    kept[bytes..].fill(0);
    kept
}

fn failure(code: i32, what: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(what))
}
