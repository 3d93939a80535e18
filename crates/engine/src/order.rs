//! What operators order. An order is a record of the journal, so that it counts where it stands and comes back with the
//! rest.

use crate::core::Source;
use crate::identity::Identifier;
use bytes::Bytes;
use causeway_store::Record;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase")]
pub enum Order {
    /// The two identifiers are one person's: as if they had been seen together; of two user ids `from` is an alias of
    /// `to`.
    Link(Pair),
    /// Whatever made the two identifiers one person up to then counts no more.
    Unlink(Pair),
    /// Everything of a person is to go, here and at Algolia.
    Forget(Forget),
}

/// Whom to forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forget {
    /// A user id, an anonymous id or an Algolia token of the person.
    pub id: String,
    /// The erasure's name, under which its receipt is found.
    pub erasure: String,
}

impl Forget {
    /// Ordered at this instant, in milliseconds since the Unix epoch.
    pub fn new(id: &str, at: i64) -> Self {
        let erasure = format!("{:032x}", xxh3_128(format!("erasure\n{id}\n{at}").as_bytes()));
        Self { id: id.to_owned(), erasure }
    }
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

    /// The ids that it names.
    pub(crate) fn ids(&self) -> Vec<&str> {
        match self {
            Self::Link(pair) | Self::Unlink(pair) => vec![&pair.from.id, &pair.to.id],
            Self::Forget(forget) => vec![&forget.id],
        }
    }
}
