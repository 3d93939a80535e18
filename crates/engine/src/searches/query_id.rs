//! Algolia's id of a search, as bytes.

use causeway_algolia::insights::is_search_query_id;
use std::fmt;

/// The id: 32 lower-case hexadecimal digits when written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub [u8; 16]);

impl QueryId {
    /// Reads the written form; nothing of anything else, such as the `message_…` ids of agents.
    pub fn parse(id: &str) -> Option<Self> {
        let bytes = is_search_query_id(id).then(|| u128::from_str_radix(id, 16).ok()).flatten()?;
        Some(Self(bytes.to_be_bytes()))
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        let id = "0bb15df305339e827f0ac0bdc5ebcaa7";
        assert_eq!(QueryId::parse(id).unwrap().to_string(), id);
        assert_eq!((QueryId::parse("message_1"), QueryId::parse(&id.to_uppercase())), (None, None));
    }
}
