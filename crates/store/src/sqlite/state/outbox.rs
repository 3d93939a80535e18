//! Blocks on their way out.

use super::super::pack::{self, Packer};
use super::marks;
use crate::state::{Block, BlockId, Settlement};
use crate::{Error, Position};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Payloads smaller than this are not compressed: they are a page at most.
const COMPRESS_FROM: usize = 4 << 10;
/// Blocks that [`pending`] reads at once.
const PAGE_BLOCKS: u32 = 16;

/// A block whose payload is as stored.
pub(super) struct Stored {
    block: Block,
    codec: u8,
    size: usize,
    crc: u32,
}

pub(super) fn add(connection: &Connection, blocks: &[Block], packer: &mut Packer) -> rusqlite::Result<()> {
    for block in blocks {
        add_head(connection, block)?;
        add_payload(connection, block, packer)?;
        packer.forget_excess();
    }
    match blocks.iter().map(|block| block.id).max() {
        Some(last) => marks::raise_last_block(connection, last),
        None => Ok(()),
    }
}

fn add_head(connection: &Connection, block: &Block) -> rusqlite::Result<()> {
    let id = block.id.0 as i64;
    connection.prepare_cached("INSERT INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")?.execute(
        params![
            id,
            block.destination,
            block.hour,
            block.from.0.0 as i64,
            block.from.1.0 as i64,
            block.entries,
        ],
    )?;
    connection.prepare_cached("INSERT INTO heads VALUES (?1, ?2)")?.execute(params![id, &block.heads[..]])?;
    connection
        .prepare_cached("INSERT INTO settled VALUES (?1, ?2)")?
        .execute(params![id, &block.settled[..]])?;
    Ok(())
}

fn add_payload(connection: &Connection, block: &Block, packer: &mut Packer) -> rusqlite::Result<()> {
    put_payload(
        "INSERT INTO payload VALUES (?1, ?2, ?3, ?4, ?5)",
        connection,
        block.id,
        &block.payload,
        packer,
    )
}

fn put_payload(
    statement: &str,
    connection: &Connection,
    id: BlockId,
    payload: &[u8],
    packer: &mut Packer,
) -> rusqlite::Result<()> {
    let content = packer.pack(payload, COMPRESS_FROM);
    connection.prepare_cached(statement)?.execute(params![
        id.0 as i64,
        content.codec as u8,
        content.size as i64,
        checksum(content.size, content.bytes),
        content.bytes,
    ])?;
    Ok(())
}

/// Replaces payloads. Finished blocks have no row here.
pub(super) fn rewrite(
    connection: &Connection,
    rewrites: &[(BlockId, Bytes)],
    packer: &mut Packer,
) -> rusqlite::Result<()> {
    for (id, payload) in rewrites {
        match payload_bytes(connection, *id)? {
            None => {}
            Some(bytes) if bytes == payload.len() => put_payload(
                "UPDATE payload SET codec = ?2, size = ?3, crc = ?4, content = ?5 WHERE id = ?1",
                connection,
                *id,
                payload,
                packer,
            )?,
            Some(bytes) => return Err(another_length(*id, bytes, payload.len())),
        }
        packer.forget_excess();
    }
    Ok(())
}

/// A payload's length, if the block is unfinished.
fn payload_bytes(connection: &Connection, id: BlockId) -> rusqlite::Result<Option<usize>> {
    connection
        .prepare_cached("SELECT size FROM payload WHERE id = ?1")?
        .query_row([id.0 as i64], |row| row.get::<_, i64>(0))
        .optional()
        .map(|bytes| bytes.map(|bytes| bytes as usize))
}

fn another_length(id: BlockId, had: usize, given: usize) -> rusqlite::Error {
    let refusal = format!(
        "the payload of outbox block {} has {had} bytes and is to be replaced by {given} bytes",
        id.0
    );
    rusqlite::Error::ToSqlConversionFailure(refusal.into())
}

fn checksum(size: usize, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(content);
    hasher.update(&(size as u64).to_le_bytes());
    hasher.finalize()
}

pub(super) fn settle(connection: &Connection, settlements: &[Settlement], now: i64) -> rusqlite::Result<()> {
    for settlement in settlements {
        match settlement {
            Settlement::Progress(id, bits) => progress(connection, *id, bits)?,
            Settlement::Finished(id) => finish(connection, *id, now)?,
        }
    }
    Ok(())
}

/// Finished blocks have no row here, so late news of them changes nothing.
fn progress(connection: &Connection, id: BlockId, bits: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE settled SET bits = ?2 WHERE id = ?1")?
        .execute(params![id.0 as i64, bits])
        .map(drop)
}

fn finish(connection: &Connection, id: BlockId, now: i64) -> rusqlite::Result<()> {
    let id = id.0 as i64;
    connection
        .prepare_cached("UPDATE block SET finished_at = ?2 WHERE id = ?1 AND finished_at IS NULL")?
        .execute([id, now])?;
    connection.prepare_cached("DELETE FROM settled WHERE id = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM payload WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Unfinished blocks, as stored. The sizes are looked at first, so that no payload is loaded that is not wanted.
pub(super) fn unfinished(
    connection: &Connection,
    destination: &str,
    after: BlockId,
    max_bytes: usize,
) -> rusqlite::Result<Vec<Stored>> {
    let snapshot = connection.unchecked_transaction()?;
    let ids = fitting(&snapshot, destination, after, max_bytes)?;
    ids.into_iter().map(|id| stored(&snapshot, id)).collect()
}

fn fitting(
    connection: &Connection,
    destination: &str,
    after: BlockId,
    max_bytes: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut query = connection.prepare_cached(
        "SELECT id, size FROM block JOIN payload USING (id)
         WHERE destination = ?1 AND id > ?2 AND finished_at IS NULL ORDER BY id",
    )?;
    let mut rows = query.query(params![destination, after.0 as i64])?;
    let (mut ids, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = rows.next()? {
        bytes = bytes.saturating_add(row.get::<_, i64>(1)? as usize);
        if !ids.is_empty() && bytes > max_bytes {
            break;
        }
        ids.push(row.get(0)?);
    }
    Ok(ids)
}

fn stored(connection: &Connection, id: i64) -> rusqlite::Result<Stored> {
    connection
        .prepare_cached(
            "SELECT block.id, destination, hour, first, last, entries, heads.content, bits, codec, size, crc, payload.content
             FROM block JOIN heads USING (id) JOIN settled USING (id) JOIN payload USING (id) WHERE block.id = ?1",
        )?
        .query_row([id], |row| {
            let block = Block { payload: blob(row, 11)?, ..without_payload(row)? };
            let size = row.get::<_, i64>(9)? as usize;
            Ok(Stored { block, codec: row.get(8)?, size, crc: row.get(10)? })
        })
}

impl Stored {
    /// The block with its payload as it was given.
    pub(super) fn open(self) -> Result<Block, Error> {
        let Self { block, codec, size, crc } = self;
        let opened = match checksum(size, &block.payload) {
            found if found == crc => pack::unpack(codec, size, &block.payload),
            found => Err(format!("its checksum is {found:08x} where {crc:08x} was written")),
        };
        match opened {
            Ok(payload) => Ok(Block { payload: payload.into(), ..block }),
            Err(detail) => {
                Err(Error::Damaged { what: format!("the payload of outbox block {}", block.id.0), detail })
            }
        }
    }
}

/// Blocks whose range touches the given one, finished or not. None begins earlier than the widest block's width before it.
pub(super) fn touching(
    connection: &Connection,
    first: Position,
    last: Position,
) -> rusqlite::Result<Vec<Block>> {
    let widest: Option<i64> = connection
        .prepare_cached("SELECT max(last - first) FROM block")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let [first, last] = [first, last].map(|position| i64::try_from(position.0).unwrap_or(i64::MAX));
    connection
        .prepare_cached(
            "SELECT block.id, destination, hour, first, last, entries, heads.content, bits
             FROM block JOIN heads USING (id) LEFT JOIN settled USING (id)
             WHERE first BETWEEN ?1 AND ?2 AND last >= ?3 ORDER BY block.id",
        )?
        .query_map([first.saturating_sub(widest.unwrap_or(0)), last, first], without_payload)?
        .collect()
}

/// The next few unfinished blocks.
pub(super) fn pending(connection: &Connection, after: BlockId) -> rusqlite::Result<Vec<Block>> {
    connection
        .prepare_cached(
            "SELECT settled.id, destination, hour, first, last, entries, heads.content, bits
             FROM settled CROSS JOIN block USING (id) CROSS JOIN heads USING (id)
             WHERE settled.id > ?1 ORDER BY settled.id LIMIT ?2",
        )?
        .query_map(params![after.0 as i64, PAGE_BLOCKS], without_payload)?
        .collect()
}

/// A finished block has no row of settled bits: all of its entries are.
fn without_payload(row: &Row<'_>) -> rusqlite::Result<Block> {
    let entries: u32 = row.get(5)?;
    let all_settled = || vec![u8::MAX; (entries as usize).div_ceil(8)];
    Ok(Block {
        id: BlockId(row.get::<_, i64>(0)? as u64),
        destination: row.get(1)?,
        hour: row.get(2)?,
        from: (Position(row.get::<_, i64>(3)? as u64), Position(row.get::<_, i64>(4)? as u64)),
        entries,
        heads: blob(row, 6)?,
        payload: Bytes::new(),
        settled: row.get::<_, Option<Vec<u8>>>(7)?.unwrap_or_else(all_settled).into(),
    })
}

fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    row.get::<_, Vec<u8>>(column).map(Bytes::from)
}
