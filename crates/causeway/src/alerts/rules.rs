//! What the operator wants to be told, and when.

use super::book::Timing;
use super::quiet::QuietHours;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// A part of the bridge stopped.
    Engine,
    /// The store can't be written or read, or has lost something.
    Store,
    /// The disk fills.
    Disk,
    /// The engine is behind.
    Backlog,
    /// The ledger does not balance.
    Ledger,
    /// A vendor denies access or fails.
    Vendor,
    /// Events wait for a vendor for long.
    Lag,
    /// Events died.
    DeadLetters,
    /// A credential is refused or expires.
    Credentials,
    /// A changed configuration is not in effect.
    Configuration,
}

impl Condition {
    /// The beginning of its findings' keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Store => "store",
            Self::Disk => "disk",
            Self::Backlog => "backlog",
            Self::Ledger => "ledger",
            Self::Vendor => "vendor",
            Self::Lag => "lag",
            Self::DeadLetters => "dead-letters",
            Self::Credentials => "credentials",
            Self::Configuration => "configuration",
        }
    }
}

/// From where on something is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Events that wait for a vendor for longer than this, in milliseconds.
    pub oldest_ms: i64,
    /// The same, and it is critical.
    pub oldest_critical_ms: i64,
    /// A share of the backlog's bound.
    pub backlog: f64,
    /// So many dead letters of one flow and cause.
    pub dead_letters: u64,
    /// The same, and it is critical.
    pub dead_letters_critical: u64,
    /// The time within which they are counted, in milliseconds.
    pub dead_letters_within_ms: i64,
    /// Less free room on the disk than this, in bytes.
    pub disk_free: u64,
    /// Less than this, and new requests are refused.
    pub disk_reserve: u64,
    /// A key that expires within this time, in milliseconds.
    pub key_expires_ms: i64,
    /// What is not looked at.
    pub off: Vec<Condition>,
}

/// What the operator says about alerts, but for who is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// How often figures are looked at.
    pub every: Duration,
    /// When something is told.
    pub timing: Timing,
    /// From where on something is wrong.
    pub limits: Limits,
    /// When nobody is disturbed.
    pub quiet: Option<QuietHours>,
}
