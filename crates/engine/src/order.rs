//! What operators order. An order is a record of the journal, so that it counts where it stands and comes back with the
//! rest.

use crate::core::Source;
use crate::identity::Identifier;
use bytes::Bytes;
use causeway_store::Record;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase")]
pub enum Order {
    /// The two identifiers are one person's: as if they had been seen together; of two user ids `from` is an alias of
    /// `to`.
    Link(Pair),
    /// Whatever made the two identifiers one person up to then counts no more.
    Unlink(Pair),
}

/// Two identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The one that the operator looked at.
    pub from: Identifier,
    /// The other one.
    pub to: Identifier,
    /// As of when, in milliseconds since the Unix epoch.
    pub at: i64,
}

impl Order {
    /// The record that the order enters the journal as.
    pub fn record(&self, received_at: i64) -> Record {
        let body = serde_json::to_vec(self).expect("an order is plain data");
        Record { source: Source::Operator.into(), received_at, meta: Bytes::new(), body: body.into() }
    }
}
