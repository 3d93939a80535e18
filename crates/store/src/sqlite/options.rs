//! What can be tuned.

use std::time::{SystemTime, UNIX_EPOCH};

/// Settings of the embedded backend. The defaults suit a small machine: all caches together stay below 32 MiB.
#[derive(Debug, Clone)]
pub struct Options {
    /// Page cache of the journal's writer, in KiB. It only has to hold one commit. Default 4096.
    pub journal_cache_kib: u32,
    /// Page cache of the state's writer, in KiB; it holds one commit and the warm part of the facts. Default 12288.
    pub state_cache_kib: u32,
    /// Page cache of each connection that reads, in KiB. Default 1024.
    pub reader_cache_kib: u32,
    /// How many threads may read each file at once; more wait for their turn. Default 4, at least 1.
    pub readers: usize,
    /// Appends are answered with [`Full`](crate::Error::Full) while the disk has fewer free bytes than this, so that the
    /// state can still be worked off. Looked at once a second at most. Default 64 MiB.
    pub reserve_bytes: u64,
    /// A WAL of this many bytes is moved into its file in the background and then started over. It grows to some
    /// multiple of this while readers or the disk are slow. Default 16 MiB.
    pub wal_bytes: u64,
    /// Tells the time in milliseconds since the Unix epoch: when blocks are finished. Default: the system's clock.
    pub clock: fn() -> i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            journal_cache_kib: 4096,
            state_cache_kib: 12288,
            reader_cache_kib: 1024,
            readers: 4,
            reserve_bytes: 64 << 20,
            wal_bytes: 16 << 20,
            clock: system_clock,
        }
    }
}

fn system_clock() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
