//! Names that a request can carry.

use super::limits::{MAX_INDEX_NAME, MAX_OBJECT_ID};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of one index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndexName(String);

impl IndexName {
    /// Takes 1 to [`MAX_INDEX_NAME`] bytes without control characters. `*` is refused: in a path it means every index.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let fault = |what| NameError { what, name: name.chars().take(SHOWN).collect() };
        match name {
            "" => Err(fault("is empty; name an index")),
            "*" => Err(fault("means every index; name one")),
            long if long.len() > MAX_INDEX_NAME => Err(fault("is longer than 256 bytes")),
            odd if odd.chars().any(char::is_control) => Err(fault("holds control characters")),
            _ => Ok(Self(name.to_owned())),
        }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The id of one record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId(String);

impl ObjectId {
    /// Takes 1 to [`MAX_OBJECT_ID`] bytes without control characters. The error does not show the id, which may name a person.
    pub fn parse(id: &str) -> Result<Self, NameError> {
        let fault = |what| NameError { what, name: "objectID".to_owned() };
        match id.len() {
            0 => Err(fault("is empty")),
            1..=MAX_OBJECT_ID if id.chars().any(char::is_control) => Err(fault("holds control characters")),
            1..=MAX_OBJECT_ID => Ok(Self(id.to_owned())),
            _ => Err(fault("is longer than 512 bytes")),
        }
    }

    /// The id as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IndexName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<IndexName> for String {
    fn from(name: IndexName) -> Self {
        name.0
    }
}

impl TryFrom<String> for ObjectId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<ObjectId> for String {
    fn from(name: ObjectId) -> Self {
        name.0
    }
}

/// So many characters of a bad name are shown.
const SHOWN: usize = 64;

/// A name that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} {what}")]
pub struct NameError {
    name: String,
    what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_index_and_an_id_is_not_shown() {
        assert!(IndexName::parse("profiles/eu é").is_ok());
        for wrong in ["", "*", "a\nb", &"x".repeat(257)] {
            assert!(IndexName::parse(wrong).is_err(), "{wrong}");
        }
        assert!(ObjectId::parse(&"x".repeat(512)).is_ok());
        let error = ObjectId::parse(&"jane@example.com".repeat(40)).unwrap_err().to_string();
        assert!(!error.contains("jane"), "{error}");
    }
}
