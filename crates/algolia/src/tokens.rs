//! User tokens that Algolia takes, for ids that need not be any.
//!
//! A token is 1 to 128 of letters, digits and `_=/+-` (spec, `userToken`; what is sent keeps the smaller of the two lengths
//! that the spec names). An id of this form is its own token. Any other, such as an e-mail address, `auth0|…` or one
//! with spaces, becomes `cw-` and 43 characters of base64url: HMAC-SHA256 of the id. That is stable, it is legal, and it
//! leads back only for who has kept the pair. An e-mail address has an `@`, so it is never sent as it is.
//!
//! An id that has the very form of an encoded token is encoded too, though it would be legal: a token of this form
//! always stands for another text, and no two ids share a token.

use crate::insights::limits;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::borrow::Cow;

/// Every encoded token starts with this.
pub const PREFIX: &str = "cw-";

/// Characters of 32 bytes in base64 without padding.
const DIGEST: usize = 43;

/// The token for an id. The secret keeps people who know an id, such as an e-mail address, from working out its token; it
/// may be empty. With another secret every encoded token is another one.
pub fn legal<'a>(id: &'a str, secret: &[u8]) -> Cow<'a, str> {
    if is_legal(id) && !is_encoded(id) { Cow::Borrowed(id) } else { Cow::Owned(encode(id, secret)) }
}

/// Whether Algolia takes the text as a token, as it is.
pub fn is_legal(text: &str) -> bool {
    (1..=limits::MAX_TOKEN_SENT).contains(&text.len()) && text.bytes().all(in_alphabet)
}

/// Whether the text has the form of an encoded token.
pub fn is_encoded(text: &str) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.strip_prefix(PREFIX).is_some_and(|rest| rest.len() == DIGEST && rest.bytes().all(base64))
}

/// Whether a token may have this character. Source: spec, `userToken.pattern`.
pub(crate) fn in_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=' | b'/' | b'+' | b'-')
}

fn encode(id: &str, secret: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(id.as_bytes());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_id_is_its_own_token() {
        let longest = "x".repeat(128);
        for id in ["u", "anonymous-3f/+=_", "cw-1", &longest] {
            assert!(matches!(legal(id, b"s"), Cow::Borrowed(token) if token == id), "{id}");
        }
    }

    #[test]
    fn any_other_id_has_a_legal_token_of_its_own_that_does_not_show_it() {
        let longer = "x".repeat(129);
        let ids = ["", "ann@example.com", "auth0|7", "a b", "straße", &longer];
        let tokens: Vec<_> = ids.iter().map(|id| legal(id, b"")).collect();
        for (id, token) in ids.iter().zip(&tokens) {
            assert!(is_legal(token) && is_encoded(token) && !token.contains("ann"), "{token}");
            assert_eq!(legal(id, b""), *token);
            assert_ne!(legal(id, b"salt"), *token);
        }
        assert!((1..tokens.len()).all(|place| !tokens[..place].contains(&tokens[place])));
    }

    /// Worked out by `printf ann@example.com | openssl dgst -sha256 -hmac secret -binary | basenc --base64url`.
    #[test]
    fn the_token_of_an_id_never_changes() {
        assert_eq!(legal("ann@example.com", b"secret"), "cw-vqxXSP6IHyFOqLj3s13SRS9yjok5BFSZ-PvmWdqV9A8");
    }

    #[test]
    fn an_id_that_looks_like_an_encoded_one_is_not_taken_for_it() {
        let token = legal("ann@example.com", b"").into_owned();
        assert_ne!(legal(&token, b""), token);
    }
}
