//! Secured keys: `base64(hex(HMAC-SHA256(parent key, restrictions)) + restrictions)`, the restrictions URL-encoded
//! (`generateSecuredApiKey` in `specs/bundled/search.yml`, and the vendor's open clients).

use super::{Acl, rights};
use crate::clock::now_ms;
use crate::options::Options;
use crate::query;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

/// Hexadecimal digits of the signature.
const SIGNATURE: usize = 64;

/// What a key is restricted to; by default to nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Restrictions {
    /// Names or patterns with `*` at an end; nothing means every index.
    indices: Option<Vec<String>>,
    /// Search parameters that hold whatever the request says, `filters` and `userToken` among them.
    pub(crate) parameters: Map<String, Value>,
}

impl Restrictions {
    /// Whether the key may see the index.
    pub(crate) fn allow(&self, index: &str) -> bool {
        self.indices.as_ref().is_none_or(|patterns| patterns.iter().any(|pattern| matches(pattern, index)))
    }
}

/// The rights and restrictions of a secured key; nothing for one that isn't signed with a key of the application, or is
/// past its time. "You can't create secured API keys from … your Admin API key."
pub(super) fn open(options: &Options, key: &str) -> Option<(Vec<Acl>, Restrictions)> {
    let text = String::from_utf8(STANDARD.decode(key).ok()?).ok()?;
    let (signature, restrictions) = text.split_at_checked(SIGNATURE)?;
    let signature = hex::decode(signature).ok()?;
    let parents = options.api_keys.iter().chain(options.other_keys.iter().map(|(key, _)| key));
    let parent = parents.into_iter().find(|parent| is_signed(parent, restrictions, &signature))?;
    Some((rights(options, parent)?, restricted(restrictions)?))
}

fn is_signed(parent: &str, restrictions: &str, signature: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(parent.as_bytes()) else { return false };
    mac.update(restrictions.as_bytes());
    mac.verify_slice(signature).is_ok()
}

fn restricted(text: &str) -> Option<Restrictions> {
    let mut restrictions = Restrictions::default();
    for (name, value) in query::pairs(text).filter(|(name, _)| !name.is_empty()) {
        match name.as_str() {
            "validUntil" => {
                value.parse::<i64>().ok().filter(|until| *until > now_ms() / 1000)?;
            }
            "restrictIndices" => restrictions.indices = Some(names(&value)),
            // Every request comes from this machine.
            "restrictSources" => {}
            _ => drop(restrictions.parameters.insert(name, value.into())),
        }
    }
    Some(restrictions)
}

/// A JSON array, or names with commas between them: clients differ.
fn names(text: &str) -> Vec<String> {
    let listed = || text.split(',').map(|name| name.trim().to_owned()).collect();
    serde_json::from_str(text).unwrap_or_else(|_| listed())
}

fn matches(pattern: &str, index: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => index.contains(pattern.trim_matches('*')),
        (Some(end), None) => index.ends_with(end),
        (None, Some(start)) => index.starts_with(start),
        (None, None) => index == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secured(parent: &str, restrictions: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(parent.as_bytes()).unwrap();
        mac.update(restrictions.as_bytes());
        STANDARD.encode(hex::encode(mac.finalize().into_bytes()) + restrictions)
    }

    #[test]
    fn a_secured_key_has_its_parents_rights_and_its_own_restrictions() {
        let options = Options::default();
        let key = secured(
            "sandbox-search-key",
            "filters=brand%3AKobo&restrictIndices=dev_*%2Cproducts&validUntil=99999999999",
        );
        let (rights, restrictions) = open(&options, &key).unwrap();
        assert_eq!(
            (rights, &restrictions.parameters["filters"]),
            (vec![Acl::Search], &Value::from("brand:Kobo"))
        );
        assert!(
            restrictions.allow("products") && restrictions.allow("dev_a") && !restrictions.allow("people")
        );
    }

    #[test]
    fn a_key_that_is_forged_past_its_time_or_an_admins_is_none() {
        let options = Options::default();
        for key in [
            secured("another-key", "filters=a"),
            secured("sandbox-admin-key", "filters=a"),
            secured("sandbox-search-key", "validUntil=1"),
            "c2hvcnQ=".into(),
            "é".into(),
        ] {
            assert_eq!(open(&options, &key), None, "{key}");
        }
    }

    #[test]
    fn patterns_have_wildcards_at_their_ends() {
        for (pattern, index, fits) in
            [("dev_*", "dev_a", true), ("*_dev", "a_dev", true), ("*_p_*", "a_p_b", true), ("a", "ab", false)]
        {
            assert_eq!(matches(pattern, index), fits, "{pattern} {index}");
        }
    }
}
