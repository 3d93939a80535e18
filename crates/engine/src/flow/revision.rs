//! Which text of a flow made something.

use super::Definition;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use xxhash_rust::xxh3::xxh3_64;

/// The hash of all that a flow says, its tracking plan included: the same text is the same revision, wherever it comes from,
/// and a version that is rolled back to is the revision that it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// Of what Causeway makes without a flow's file, and of what was made before revisions were noted.
    pub const NONE: Self = Self(0);

    /// The revision of a definition.
    pub fn of(definition: &Definition) -> Self {
        Self(xxh3_64(serde_json::to_string(definition).unwrap_or_default().as_bytes()))
    }

    /// Whether it is one.
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// Sixteen hexadecimal digits, or nothing for [`Revision::NONE`].
impl fmt::Display for Revision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_some() { write!(out, "{:016x}", self.0) } else { Ok(()) }
    }
}

impl FromStr for Revision {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text.is_empty() { Ok(Self::NONE) } else { u64::from_str_radix(text, 16).map(Self) }
    }
}
