//! What a person is recognised by.

use serde::{Deserialize, Serialize};

/// The two namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Algolia's `userToken`, Segment's `anonymousId`.
    Anonymous,
    /// Algolia's `authenticatedUserToken`, Segment's `userId`.
    User,
}

impl Kind {
    /// The word that people read.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Anonymous => "anonymous",
            Kind::User => "user",
        }
    }

    /// The key under which the store keeps what is known of an id of this kind.
    pub fn key(self, id: &str) -> Vec<u8> {
        let prefix: &[u8] = match self {
            Kind::Anonymous => b"id/a/",
            Kind::User => b"id/u/",
        };
        [prefix, id.as_bytes()].concat()
    }
}

/// One identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// Its namespace.
    pub kind: Kind,
    /// The id as its sender writes it, never an encoded token.
    pub id: String,
}

impl Identifier {
    /// An anonymous id.
    pub fn anonymous(id: impl Into<String>) -> Self {
        Self { kind: Kind::Anonymous, id: id.into() }
    }

    /// A user id.
    pub fn user(id: impl Into<String>) -> Self {
        Self { kind: Kind::User, id: id.into() }
    }

    /// Its key in the store.
    pub fn key(&self) -> Vec<u8> {
        self.kind.key(&self.id)
    }
}

/// The key under which the id behind an encoded token is kept, as UTF-8 text. Whoever encodes an id for Algolia writes it.
pub fn token_key(token: &str) -> Vec<u8> {
    [b"token/", token.as_bytes()].concat()
}
