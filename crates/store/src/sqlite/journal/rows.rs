//! The statements on `journal.db`.

use rusqlite::{Connection, OptionalExtension, Row, params};

/// More records than there ever are.
const MOST_RECORDS: i64 = i64::MAX / 4;

/// A block's row without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) newest: i64,
    pub(super) latest: i64,
    pub(super) codec: u8,
    /// Bytes of content before packing.
    pub(super) size: u64,
    pub(super) crc: u32,
}

impl Head {
    /// The position after the block's last record.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// The checksum that belongs to this head (but for `crc` itself) and this content.
    pub(super) fn checksum(&self, content: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(content);
        for number in [self.first, self.count, self.newest as u64, self.latest as u64, self.size] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(&[self.codec]);
        hasher.finalize()
    }

    /// Whether both are of one block, rewritten between the two looks or not: in a damaged tree two rows may have one number.
    pub(super) fn is_of_block(&self, other: &Self) -> bool {
        let fixed = |head: &Self| (head.first, head.count, head.newest, head.latest);
        fixed(self) == fixed(other)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: records(row, 0)?,
            count: records(row, 1)?,
            newest: row.get(2)?,
            latest: row.get(3)?,
            codec: row.get(4)?,
            size: row.get::<_, u32>(5)?.into(),
            crc: row.get(6)?,
        })
    }
}

/// A number of records. There is at least one, so that going from block to block always gets on, and less than ever
/// come, so that it can be added to.
fn records(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    match row.get(column)? {
        number @ 1..=MOST_RECORDS => Ok(number as u64),
        number => Err(rusqlite::Error::IntegralValueOutOfRange(column, number)),
    }
}

/// Adds a block; `head.crc` is worked out here.
pub(super) fn insert(connection: &Connection, head: Head, content: &[u8]) -> rusqlite::Result<()> {
    connection.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
        params![
            head.first as i64,
            head.count as i64,
            head.newest,
            head.latest,
            head.codec,
            head.size as i64,
            head.checksum(content),
            content,
        ],
    )?;
    Ok(())
}

const HEAD: &str = "SELECT first, count, newest, latest, codec, size, crc FROM block";

/// The last block that begins at or before the position.
pub(super) fn at_or_before(connection: &Connection, position: u64) -> rusqlite::Result<Option<Head>> {
    let head = one(connection, &format!("{HEAD} WHERE first <= ?1 ORDER BY first DESC LIMIT 1"), position)?;
    in_order(head, |head| head.first, |first| first <= position)
}

/// The first block that begins at or after the position.
pub(super) fn at_or_after(connection: &Connection, position: u64) -> rusqlite::Result<Option<Head>> {
    let head = one(connection, &format!("{HEAD} WHERE first >= ?1 ORDER BY first LIMIT 1"), position)?;
    in_order(head, |head| head.first, |first| first >= position)
}

/// The block that holds the position, or else the first one after it.
pub(super) fn holding(connection: &Connection, position: u64) -> rusqlite::Result<Option<Head>> {
    match at_or_before(connection, position)? {
        Some(head) if head.end() > position => Ok(Some(head)),
        _ => at_or_after(connection, position),
    }
}

/// The position after the last durable record.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<u64> {
    let removed = removed(connection)?;
    Ok(last(connection)?.map_or(0, |head| head.end()).max(removed + 1))
}

/// The last block.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    at_or_before(connection, i64::MAX as u64)
}

fn one(connection: &Connection, query: &str, position: u64) -> rusqlite::Result<Option<Head>> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    connection.prepare_cached(query)?.query_row([position], Head::from_row).optional()
}

/// Works on a block's head and its content as stored; `None` if the block is gone. A head that was read earlier may
/// belong to a content that was replaced since.
pub(super) fn content<T>(
    connection: &Connection,
    first: u64,
    work: impl FnOnce(&Head, &[u8]) -> T,
) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached(
            "SELECT first, count, newest, latest, codec, size, crc, content FROM block WHERE first = ?1",
        )?
        .query_row([first as i64], |row| Ok(work(&Head::from_row(row)?, row.get_ref(7)?.as_blob()?)))
        .optional()
}

/// Whether the block's content is what was written with this head, and the head too.
pub(super) fn is_sound(connection: &Connection, head: &Head) -> rusqlite::Result<bool> {
    let is_sound = |now: &Head, content: &[u8]| now.is_of_block(head) && now.checksum(content) == now.crc;
    let sound = content(connection, head.first, is_sound)?;
    Ok(sound.unwrap_or(false))
}

/// Replaces a block's content and what its head says of it; `false` if the block is not as it was, or gone.
pub(super) fn replace(
    connection: &Connection,
    was: &Head,
    now: Head,
    content: &[u8],
) -> rusqlite::Result<bool> {
    let replaced = connection
        .prepare_cached(
            "UPDATE block SET codec = ?3, size = ?4, crc = ?5, content = ?6 WHERE first = ?1 AND crc = ?2",
        )?
        .execute(params![
            was.first as i64,
            was.crc,
            now.codec,
            now.size as i64,
            now.checksum(content),
            content
        ])?;
    Ok(replaced > 0)
}

/// Where the first block after the position begins. Tells it even of a block whose head cannot be read.
pub(super) fn first_after(connection: &Connection, position: u64) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT first FROM block WHERE first > ?1 ORDER BY first LIMIT 1")?
        .query_row([position as i64], |row| row.get::<_, i64>(0))
        .optional()
        .and_then(|first| in_order(first.map(|first| first as u64), |first| *first, |first| first > position))
}

/// What was found, if it lies where it was looked for: in a damaged tree SQLite finds what it has no reason to doubt, and
/// going from block to block would never end.
fn in_order<T>(
    found: Option<T>,
    first: impl Fn(&T) -> u64,
    expected: impl Fn(u64) -> bool,
) -> rusqlite::Result<Option<T>> {
    match found {
        Some(found) if !expected(first(&found)) => {
            Err(rusqlite::Error::IntegralValueOutOfRange(0, first(&found) as i64))
        }
        found => Ok(found),
    }
}

/// Bytes of a block's content as stored, without loading it.
pub(super) fn stored_bytes(connection: &Connection, first: u64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT ifnull(length(content), 0) FROM block WHERE first = ?1")?
        .query_row([first as i64], |row| row.get::<_, i64>(0))
        .optional()
        .map(|bytes| bytes.unwrap_or(0) as u64)
}

pub(super) fn delete(connection: &Connection, first: u64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM block WHERE first = ?1")?.execute([first as i64]).map(drop)
}

/// The last position that retention removed or that was lost with the file's end; 0 if none.
pub(super) fn removed(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT position FROM removed")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|position| position.clamp(0, MOST_RECORDS) as u64)
}

pub(super) fn raise_removed(connection: &Connection, position: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE removed SET position = max(position, ?1)")?
        .execute([position as i64])
        .map(drop)
}

/// Bytes of the pages in use. Free pages are left out: the next appends fill them before the file grows.
pub(super) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok((pages * number("PRAGMA page_size")?) as u64)
}
