//! One change.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters of a name that somebody gives themselves.
const NAME: usize = 100;

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// What gave them leave: `admin token`, `loopback`, `command line`, `SIGHUP` or `secret file`.
    pub by: String,
    /// The name that they gave themselves; nothing proves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Who {
    /// With this leave, perhaps under a name.
    pub fn new(by: &str, name: Option<&str>) -> Self {
        let plain =
            |name: &str| -> String { name.chars().filter(|sign| !sign.is_control()).take(NAME).collect() };
        let name = name.map(plain).filter(|name| !name.is_empty());
        Self { by: by.to_owned(), name }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(out, "{name} ({})", self.by),
            None => out.write_str(&self.by),
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who.
    pub who: Who,
    /// What was done, as the admin API has it: `POST /api/dead-letters/{id}/retry`; or `reload`.
    pub action: String,
    /// What it was done to: an id or a name. Of a person, a hash of the id that was given.
    pub target: String,
    /// What it was before: a SHA-256 of the text, or a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

/// The SHA-256 of a text, hexadecimal.
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What stands for a person: the beginning of a hash of the id that was given.
pub fn person(id: &str) -> String {
    format!("person {}", &digest(id)[..16])
}
