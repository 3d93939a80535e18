//! The statements on `journal.db`.

use rusqlite::{Connection, OptionalExtension, Row, params};

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

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first: row.get::<_, i64>(0)? as u64,
            count: row.get::<_, i64>(1)? as u64,
            newest: row.get(2)?,
            latest: row.get(3)?,
            codec: row.get(4)?,
            size: row.get::<_, i64>(5)? as u64,
            crc: row.get(6)?,
        })
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
    one(connection, &format!("{HEAD} WHERE first <= ?1 ORDER BY first DESC LIMIT 1"), position)
}

/// The first block that begins at or after the position.
pub(super) fn at_or_after(connection: &Connection, position: u64) -> rusqlite::Result<Option<Head>> {
    one(connection, &format!("{HEAD} WHERE first >= ?1 ORDER BY first LIMIT 1"), position)
}

/// The block that holds the position, or else the first one after it.
pub(super) fn holding(connection: &Connection, position: u64) -> rusqlite::Result<Option<Head>> {
    match at_or_before(connection, position)? {
        Some(head) if head.end() > position => Ok(Some(head)),
        _ => at_or_after(connection, position),
    }
}

/// The last block.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Head>> {
    at_or_before(connection, i64::MAX as u64)
}

fn one(connection: &Connection, query: &str, position: u64) -> rusqlite::Result<Option<Head>> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    connection.prepare_cached(query)?.query_row([position], Head::from_row).optional()
}

/// Works on a block's content as stored; `None` if the block is gone.
pub(super) fn content<T>(
    connection: &Connection,
    first: u64,
    work: impl FnOnce(&[u8]) -> T,
) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT content FROM block WHERE first = ?1")?
        .query_row([first as i64], |row| Ok(work(row.get_ref(0)?.as_blob()?)))
        .optional()
}

/// Bytes of a block's content as stored, without loading it.
pub(super) fn stored_bytes(connection: &Connection, first: u64) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT length(content) FROM block WHERE first = ?1")?
        .query_row([first as i64], |row| row.get::<_, i64>(0))
        .map(|bytes| bytes as u64)
}

pub(super) fn delete(connection: &Connection, first: u64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM block WHERE first = ?1")?.execute([first as i64]).map(drop)
}

/// The last position that retention removed; 0 if none.
pub(super) fn removed(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT position FROM removed")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(|position| position as u64)
}

pub(super) fn set_removed(connection: &Connection, position: u64) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE removed SET position = ?1")?.execute([position as i64]).map(drop)
}

/// Bytes of the pages in use. Free pages are left out: the next appends fill them before the file grows.
pub(super) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.prepare_cached(pragma)?.query_row([], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    Ok((pages * number("PRAGMA page_size")?) as u64)
}
