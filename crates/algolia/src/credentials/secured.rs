//! Secured API keys: made on a customer's own server from a parent key, without asking the vendor.
//!
//! A secured key is base64 of the lower-case hex of HMAC-SHA256 (key: the parent key, message: the restrictions as a
//! query string) followed by that query string. Source: Search spec, `generateSecuredApiKey`, and the official clients.

use super::{Denied, Secret, read};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// Length of the hex digest that leads a secured key.
const DIGEST: usize = 64;

/// Longest secured key that is looked at, in characters of base64: what a request line or header can carry.
const MAX_LENGTH: usize = 64 * 1_024;

/// Padding may be missing: query strings lose it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a secured key fixes: a query string of search parameters and restrictions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restrictions(String);

impl Restrictions {
    /// The value of a restriction such as `userToken`, `filters` or `restrictIndices`, percent-decoded.
    pub fn get(&self, name: &str) -> Option<String> {
        read::parameter(&self.0, name).map(Into::into)
    }

    /// Whether the key says anything about a parameter.
    pub fn carries(&self, name: &str) -> bool {
        read::parameter(&self.0, name).is_some()
    }

    /// `validUntil` is in seconds since the Unix epoch; without one the key never expires.
    pub(super) fn in_time(&self, now_ms: i64) -> Result<(), Denied> {
        let Some(until) = self.get("validUntil") else { return Ok(()) };
        let until: i64 = until.parse().map_err(|_| Denied::BadExpiry)?;
        if now_ms.div_euclid(1_000) > until { Err(Denied::Expired(until)) } else { Ok(()) }
    }
}

/// Makes a secured key. `restrictions` is a percent-encoded query string, such as `userToken=u1&validUntil=1893456000`.
pub fn make(parent: &Secret, restrictions: &str) -> Secret {
    Secret::new(BASE64.encode(digest(parent, restrictions) + restrictions))
}

/// The restrictions of a secured key that was made from one of the parents; nothing if it wasn't.
pub(super) fn open(key: &Secret, parents: &[Secret]) -> Option<Restrictions> {
    if key.expose().len() > MAX_LENGTH {
        return None;
    }
    let text = String::from_utf8(BASE64.decode(key.expose()).ok()?).ok()?;
    let (signature, restrictions) = text.split_at_checked(DIGEST)?;
    let made_from = |parent| bool::from(signature.as_bytes().ct_eq(digest(parent, restrictions).as_bytes()));
    let usable = parents.iter().filter(|parent| !parent.expose().is_empty());
    let found = usable.fold(false, |found, parent| found | made_from(parent));
    found.then(|| Restrictions(restrictions.to_owned()))
}

/// What a secured key carries, whoever has made it: only Algolia can tell whether it is genuine. Nothing if the key has not
/// the form of one.
pub fn carried(key: &str) -> Option<Restrictions> {
    if key.len() > MAX_LENGTH {
        return None;
    }
    // In an address a plus sign may have become a space, and some encoders use the alphabet that is made for addresses.
    let standard = |byte: u8| match byte {
        b'-' | b' ' => b'+',
        b'_' => b'/',
        other => other,
    };
    let text =
        String::from_utf8(BASE64.decode(key.trim().bytes().map(standard).collect::<Vec<u8>>()).ok()?).ok()?;
    let (signature, restrictions) = text.split_at_checked(DIGEST)?;
    signature.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| Restrictions(restrictions.to_owned()))
}

fn digest(parent: &Secret, restrictions: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(parent.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(restrictions.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl dgst -sha256 -hmac` and `base64`; the algorithm also gives the official clients' published key.
    #[test]
    fn a_secured_key_is_base64_of_digest_and_restrictions() {
        let made = make(
            &Secret::new("own-parent-key"),
            "restrictIndices=products&validUntil=1893456000&userToken=shopper%201",
        );
        let expected = "ZTgxZWMwYTg5NTFlYTAzNTkwMjExZGYyYmU1NDUyYmQ4MTk0ZjkwY2M2NDE4ODM1M2Y3MjlhZmM3N2MzODkxOXJl\
                        c3RyaWN0SW5kaWNlcz1wcm9kdWN0cyZ2YWxpZFVudGlsPTE4OTM0NTYwMDAmdXNlclRva2VuPXNob3BwZXIlMjAx";
        assert_eq!(made.expose(), expected);
    }

    #[test]
    fn padding_may_be_missing() {
        let parent = Secret::new("parent");
        let made = make(&parent, "userToken=u1");
        let bare = Secret::new(made.expose().trim_end_matches('='));
        assert!(bare.expose().len() < made.expose().len());
        assert_eq!(open(&bare, &[parent]).unwrap().get("userToken").as_deref(), Some("u1"));
    }
}
