//! What of a tree's page is in use, by [SQLite's file format](https://www.sqlite.org/fileformat2.html#b_tree_pages).

use std::iter;
use std::ops::Range;

/// Where the file's head ends and the first page's own begins.
const FILE_HEAD: usize = 100;
/// A cell takes at least this.
const LEAST_CELL: usize = 4;

/// A page of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    /// The page with zeros wherever nothing is stored.
    pub(super) wiped: Vec<u8>,
    /// The rows that go on in other pages.
    pub(super) chains: Vec<Chain>,
}

/// Overflow pages of one row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) first: u32,
    pub(super) pages: usize,
    /// What is in use of the last page, in bytes.
    pub(super) last_bytes: usize,
}

/// A row, or what of it is on the page.
struct Cell {
    place: Range<usize>,
    chain: Option<Chain>,
}

/// A page whose head was read.
struct Page<'a> {
    bytes: &'a [u8],
    head: usize,
    interior: bool,
    table: bool,
}

impl Tree {
    /// `None` for what is no page of a tree, or not as SQLite leaves one.
    pub(super) fn read(number: u32, bytes: &[u8]) -> Option<Self> {
        let page = Page::of(number, bytes)?;
        let cells = page.cells()?;
        let free = page.free_blocks()?;
        page.check(cells.iter().map(|cell| cell.place.clone()).chain(free.iter().cloned()).collect())?;
        // A free block begins with a link to the next, and its size.
        let links = free.into_iter().map(|block| block.start..block.start + 4);
        let kept = cells
            .iter()
            .map(|cell| cell.place.clone())
            .chain(links)
            .chain(iter::once(0..page.pointers().end));
        let mut wiped = vec![0; bytes.len()];
        for place in kept {
            wiped[place.clone()].copy_from_slice(&bytes[place]);
        }
        Some(Self { wiped, chains: cells.into_iter().filter_map(|cell| cell.chain).collect() })
    }
}

impl<'a> Page<'a> {
    fn of(number: u32, bytes: &'a [u8]) -> Option<Self> {
        let head = if number == 1 { FILE_HEAD } else { 0 };
        let (interior, table) = match bytes.get(head)? {
            2 => (true, false),
            5 => (true, true),
            10 => (false, false),
            13 => (false, true),
            _ => return None,
        };
        let page = Self { bytes, head, interior, table };
        (page.pointers().end <= page.short(head + 5)? && page.short(head + 5)? <= bytes.len()).then_some(page)
    }

    fn short(&self, place: usize) -> Option<usize> {
        self.bytes.get(place..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes).into())
    }

    /// The places of the cells' numbers.
    fn pointers(&self) -> Range<usize> {
        let start = self.head + if self.interior { 12 } else { 8 };
        start..start + 2 * self.short(self.head + 3).unwrap_or(0)
    }

    fn cells(&self) -> Option<Vec<Cell>> {
        self.pointers().step_by(2).map(|pointer| self.cell(self.short(pointer)?)).collect()
    }

    fn cell(&self, start: usize) -> Option<Cell> {
        let mut place = start + if self.interior { 4 } else { 0 };
        if self.interior && self.table {
            self.varint(&mut place)?;
            return Some(Cell { place: start..place, chain: None });
        }
        let payload = usize::try_from(self.varint(&mut place)?).ok()?;
        if self.table {
            self.varint(&mut place)?;
        }
        let local = self.local(payload);
        place = place.checked_add(local)?;
        let chain = if local < payload { Some(self.chain(&mut place, payload - local)?) } else { None };
        Some(Cell { place: start..place.max(start + LEAST_CELL), chain })
    }

    /// How much of a row is on the page.
    fn local(&self, payload: usize) -> usize {
        let size = self.bytes.len();
        let most = if self.table { size - 35 } else { (size - 12) * 64 / 255 - 23 };
        if payload <= most {
            return payload;
        }
        let least = (size - 12) * 32 / 255 - 23;
        match least + (payload - least) % (size - 4) {
            fitting if fitting <= most => fitting,
            _ => least,
        }
    }

    /// The rest of a row; each page of it begins with the number of the next.
    fn chain(&self, place: &mut usize, rest: usize) -> Option<Chain> {
        let first = u32::from_be_bytes(*self.bytes.get(*place..)?.first_chunk()?);
        *place += 4;
        let room = self.bytes.len() - 4;
        Some(Chain { first, pages: rest.div_ceil(room), last_bytes: 4 + (rest - 1) % room + 1 })
    }

    /// Seven bits a byte, most significant first; a ninth byte has eight.
    fn varint(&self, place: &mut usize) -> Option<u64> {
        let mut number = 0;
        for count in 1..=9 {
            let byte = u64::from(*self.bytes.get(*place)?);
            *place += 1;
            if count == 9 {
                return Some(number << 8 | byte);
            }
            number = number << 7 | byte & 0x7f;
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }

    fn free_blocks(&self) -> Option<Vec<Range<usize>>> {
        let mut blocks = Vec::new();
        let mut start = self.short(self.head + 1)?;
        while start != 0 {
            let (next, size) = (self.short(start)?, self.short(start + 2)?);
            blocks.push(start..start + size);
            if size < 4 || (next != 0 && next <= start) {
                return None;
            }
            start = next;
        }
        Some(blocks)
    }

    /// `None` unless these are apart from each other in the part for cells and the gaps are as large as the head says.
    fn check(&self, mut used: Vec<Range<usize>>) -> Option<()> {
        used.sort_by_key(|range| range.start);
        let (mut end, mut gaps) = (self.short(self.head + 5)?, 0);
        for range in used.into_iter().chain(iter::once(self.bytes.len()..self.bytes.len())) {
            gaps += range.start.checked_sub(end)?;
            end = range.end;
        }
        (end <= self.bytes.len() && gaps == usize::from(*self.bytes.get(self.head + 7)?)).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusqlite::Connection;
    use std::sync::LazyLock;

    static PAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(pages);

    /// Pages of a file with rows of all kinds, some deleted.
    fn pages() -> Vec<Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(
            "PRAGMA page_size = 1024;
             CREATE TABLE a (x BLOB); CREATE TABLE b (x BLOB PRIMARY KEY) WITHOUT ROWID;
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400) INSERT INTO a SELECT randomblob(n * 7 % 1500) FROM n;
             INSERT INTO b SELECT DISTINCT x FROM a WHERE length(x) > 9; DELETE FROM a WHERE rowid % 3 = 0; DELETE FROM b WHERE length(x) % 3 = 0;",
        )
        .unwrap();
        std::fs::read(path).unwrap().chunks(1024).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn every_kind_of_page_is_read_and_what_is_wiped_once_stays() {
        let pages = &*PAGES;
        let mut kinds = std::collections::BTreeSet::new();
        for (number, page) in (1..).zip(pages) {
            if let Some(tree) = Tree::read(number, page) {
                kinds.insert((page[if number == 1 { 100 } else { 0 }], !tree.chains.is_empty()));
                assert_eq!(Tree::read(number, &tree.wiped).as_ref(), Some(&tree), "page {number}");
            }
        }
        for kind in [(2, true), (5, false), (10, true), (13, true)] {
            assert!(kinds.contains(&kind), "{kind:?} of {kinds:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(
            changes in prop::collection::vec((0..1024_usize, any::<u8>()), 1..9),
            kind in prop::sample::select(vec![2_u8, 5, 10, 13]),
            bytes in prop::collection::vec(any::<u8>(), 1024),
        ) {
            let _ = Tree::read(2, &[&[kind], &bytes[1..]].concat());
            for mut page in PAGES.clone() {
                for (place, byte) in &changes {
                    page[*place] = *byte;
                }
                let _ = Tree::read(2, &page);
            }
        }
    }
}
