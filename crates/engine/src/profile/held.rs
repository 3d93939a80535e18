//! What Algolia holds of a record, as far as is known: so that what changes nothing is not sent.

/// The fact under which it is remembered what a record of an index holds at Algolia. Forgotten when a write fails for good,
/// so that the next change sends the record again.
pub fn held_key(index: &str, object_id: &str) -> Vec<u8> {
    [b"held/", index.as_bytes(), b"/", object_id.as_bytes()].concat()
}
