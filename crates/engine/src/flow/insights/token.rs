//! User tokens that Algolia takes.

use causeway_algolia::insights::limits;
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_128;

/// The token of an id: itself where Algolia takes it, else one that can't be read back.
pub(super) fn legal(id: &str) -> Cow<'_, str> {
    let fits = (1..=limits::MAX_TOKEN_SENT).contains(&id.len());
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_=/+-".contains(&byte);
    if fits && id.bytes().all(legal) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("causeway-{:032x}", xxh3_128(id.as_bytes())))
}
