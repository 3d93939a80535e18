//! What operators order: records of [`Source::Operator`](crate::Source::Operator), so that an order is durable, has its
//! place among the events, and comes to the same when it is repeated.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// The longest id that an order takes, in bytes.
pub const MAX_ID: usize = 1_024;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase", deny_unknown_fields)]
pub enum Order {
    /// Forget a person.
    Forget {
        /// A user id, an anonymous id or an Algolia token of the person.
        id: String,
        /// The erasure's name, under which its receipt is found.
        erasure: String,
    },
}

/// Why an order can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It can't be read.
    #[error("the order can't be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The id is none.
    #[error("id: must have 1 to {MAX_ID} bytes, this one has {0}")]
    Length(usize),
}

impl Order {
    /// The order to forget a person, given at this instant (milliseconds since the Unix epoch).
    pub fn forget(id: &str, at: i64) -> Result<Self, Refusal> {
        let erasure = format!("{:032x}", xxh3_128(format!("erasure\n{id}\n{at}").as_bytes()));
        Self::Forget { id: id.to_owned(), erasure }.checked()
    }

    /// Reads the body of a record.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice::<Self>(body)?.checked()
    }

    /// The body of its record.
    pub fn to_body(&self) -> Bytes {
        serde_json::to_vec(self).expect("an order is made of texts").into()
    }

    fn checked(self) -> Result<Self, Refusal> {
        let Self::Forget { id, .. } = &self;
        if (1..=MAX_ID).contains(&id.len()) { Ok(self) } else { Err(Refusal::Length(id.len())) }
    }
}
