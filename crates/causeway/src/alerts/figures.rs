//! The figures that conditions are judged by.

use crate::telemetry::signals::{Deaths, Trouble};
use std::collections::BTreeMap;

/// Everything that is looked at, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Now, in milliseconds since the Unix epoch.
    pub now: i64,
    /// A part of the bridge stopped.
    pub part_stopped: bool,
    /// The journal's last write failed, and not for lack of room.
    pub store_fails: bool,
    /// The journal's last write found no room.
    pub disk_full: bool,
    /// Bytes that wait for the engine.
    pub backlog: u64,
    /// The bound of that.
    pub backlog_bound: u64,
    /// The destinations.
    pub vendors: Vec<Vendor>,
    /// What died lately.
    pub deaths: Vec<Deaths>,
    /// Why the configuration that was read last is not in effect.
    pub configuration: Option<String>,
    /// What was read from the store.
    pub stored: Stored,
    /// The credentials, by the name of their setting.
    pub keys: BTreeMap<&'static str, Key>,
}

/// A destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Vendor {
    /// Its name.
    pub destination: &'static str,
    /// What is wrong with it.
    pub trouble: Option<Trouble>,
}

/// What is read from the store and its disk, which may take a while, or not be possible.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stored {
    /// When it was read.
    pub at: i64,
    /// Why it could not be read the last time.
    pub fault: Option<String>,
    /// When the oldest event was accepted that waits for a destination.
    pub oldest: BTreeMap<&'static str, i64>,
    /// Flows that do not balance, and by how much.
    pub imbalance: BTreeMap<String, i64>,
    /// Records that the disk has lost.
    pub damaged: u64,
    /// Free room on the store's disk, in bytes.
    pub disk_free: Option<u64>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It works.
    Fine {
        /// When it stops working, if ever.
        expires_at: Option<i64>,
    },
    /// It does not work; the vendor's words.
    Refused(String),
}
