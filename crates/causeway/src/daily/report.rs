//! What a report says, and the form in which it is signed.

use super::Signer;
use causeway_engine::ledger::Balance;
use jiff::civil::Date;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The hash that the first report names, as there is none before it.
pub(super) const NONE_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What became of a flow's events. The first is the sum of the next four, and `imbalance` is what is left over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Events that the flow was given.
    pub accepted: i64,
    /// Events that the destination took.
    pub delivered: i64,
    /// Events that the flow had nothing to send for.
    pub filtered: i64,
    /// Events that ended as dead letters.
    pub dead_lettered: i64,
    /// Events that wait in the outbox.
    pub pending: i64,
    /// 0, or something is wrong.
    pub imbalance: i64,
}

impl Figures {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.delivered += other.delivered;
        self.filtered += other.filtered;
        self.dead_lettered += other.dead_lettered;
        self.pending += other.pending;
        self.imbalance += other.imbalance;
    }
}

impl From<&Balance> for Figures {
    fn from(balance: &Balance) -> Self {
        Self {
            accepted: balance.accepted,
            delivered: balance.delivered,
            filtered: balance.filtered,
            dead_lettered: balance.dead_lettered,
            pending: balance.pending,
            imbalance: balance.imbalance,
        }
    }
}

/// A flow's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The flow.
    pub flow: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What is otherwise than an earlier report said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The day.
    pub day: Date,
    /// The flow.
    pub flow: String,
    /// What was reported last.
    pub was: Figures,
    /// What is so now.
    pub is: Figures,
}

/// A day's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// 1 for the first, and one more for each day.
    pub number: u64,
    /// The day on which the events were accepted.
    pub day: Date,
    /// The zone that the day is of.
    pub time_zone: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The flows that were given events on the day.
    pub flows: Vec<Line>,
    /// Their sums.
    pub totals: Figures,
    /// What is otherwise than earlier reports said of their days.
    pub corrections: Vec<Correction>,
    /// The SHA-256 of the report before, hexadecimal; 64 zeros in the first.
    pub previous: String,
}

/// A report with what proves it. Hash and signature are of the member `report`, byte for byte as it stands there.
#[derive(Debug, Serialize, Deserialize)]
pub struct Signed {
    /// The text of the [`Report`].
    pub report: Box<RawValue>,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// The public key of the Ed25519 signature, hexadecimal.
    pub key: String,
    /// The Ed25519 signature, hexadecimal.
    pub signature: String,
}

impl Signed {
    /// Signs a report.
    pub fn new(report: &Report, signer: &Signer) -> serde_json::Result<Self> {
        let report = serde_json::value::to_raw_value(report)?;
        let text = report.get().as_bytes();
        let (sha256, signature) = (hex::encode(Sha256::digest(text)), signer.sign(text));
        Ok(Self { sha256, key: signer.public_key().to_owned(), signature, report })
    }

    /// What the report says, if hash and signature prove it; what is wrong with it otherwise.
    pub fn open(&self) -> Result<Report, String> {
        let text = self.report.get().as_bytes();
        if hex::encode(Sha256::digest(text)) != self.sha256 {
            return Err("its text is not what its hash is of: it was edited".to_owned());
        }
        let bytes = |text: &str| hex::decode(text).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, bytes(&self.key))
            .verify(text, &bytes(&self.signature))
            .map_err(|_| "its signature is not of this text and key: it was edited".to_owned())?;
        serde_json::from_slice(text).map_err(|error| format!("it can't be read: {error}"))
    }
}
