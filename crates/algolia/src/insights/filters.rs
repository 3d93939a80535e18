//! Facet filters, `attribute:value`, whose value is percent-encoded on the wire.
//!
//! Clients differ: the spec's form encodes the value only (`discount:10%25`), the vendor's browser library encodes
//! the whole string (`brand%3Aapple`, also when the value was encoded before), and hand-made events often encode
//! nothing. [`decode`] reads all of them; [`encode`] writes the spec's form.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// What JavaScript's `encodeURIComponent` encodes, which is what the vendor's own clients use.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The attribute and the plain value of a filter in any wire form; nothing if no colon separates them.
///
/// If no colon stands in the text as it came, the whole is decoded once; then the value is decoded.
pub fn decode(filter: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    if let Some((attribute, value)) = filter.split_once(':') {
        return Some((attribute.into(), unescape(value)));
    }
    let whole = unescape(filter);
    let (attribute, value) = whole.split_once(':')?;
    Some((attribute.to_owned().into(), unescape(value).into_owned().into()))
}

/// The spec's form: the attribute as it is, a colon, the percent-encoded value.
pub fn encode(attribute: &str, value: &str) -> String {
    format!("{attribute}:{}", utf8_percent_encode(value, ENCODED))
}

/// The spec's form of a filter in any wire form; one without a colon stays as it came.
pub(super) fn canonical(filter: &str) -> Cow<'_, str> {
    match decode(filter) {
        Some((attribute, value)) if !is_plain(filter) => encode(&attribute, &value).into(),
        _ => filter.into(),
    }
}

pub(super) fn is_canonical(filter: &str) -> bool {
    is_plain(filter) || canonical(filter) == filter
}

/// Whether a filter has a colon and nothing that could need encoding or decoding: the common case, told apart cheaply.
fn is_plain(filter: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    filter.split_once(':').is_some_and(|(_, value)| value.bytes().all(unreserved))
}

/// Percent-decodes; what is no UTF-8 afterwards stays as it came.
fn unescape(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(filter: &str) -> Option<(String, String)> {
        decode(filter).map(|(attribute, value)| (attribute.into_owned(), value.into_owned()))
    }

    #[test]
    fn reads_every_wire_form() {
        for (wire, attribute, value) in [
            ("brand:apple", "brand", "apple"),
            ("brand%3Aapple", "brand", "apple"),
            ("discount:10%25", "discount", "10%"),
            ("discount%3A10%25", "discount", "10%"),
            ("discount%3A10%2525", "discount", "10%"),
            ("category:Home & Garden", "category", "Home & Garden"),
            ("category%3AHome%20%26%20Garden", "category", "Home & Garden"),
            ("time:10:30", "time", "10:30"),
            ("colour:bl%C3%BC", "colour", "blü"),
            ("odd:%ff", "odd", "%ff"),
        ] {
            assert_eq!(pair(wire), Some((attribute.to_owned(), value.to_owned())), "{wire}");
        }
        assert_eq!(pair("price>=10"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(attribute in "[a-zA-Z_.]{1,12}", value in any::<String>()) {
            let wire = encode(&attribute, &value);
            prop_assert_eq!(pair(&wire), Some((attribute.clone(), value.clone())));
            prop_assert!(is_canonical(&wire));
            let twice = utf8_percent_encode(&wire, ENCODED).to_string();
            prop_assert_eq!(pair(&twice), Some((attribute, value)));
        }

        #[test]
        fn the_canonical_form_is_canonical(filter in any::<String>()) {
            prop_assert!(is_canonical(&canonical(&filter)));
        }
    }
}
