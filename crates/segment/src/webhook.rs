//! Who a webhook comes from: `X-Signature`, the HMAC-SHA1 that Segment makes with the shared secret.
//!
//! Segment signs the text of a message. Of a batch it signs **the first message only**, so a valid signature says nothing
//! of the others: whoever takes batches should ask for a secret of another kind as well.
//! Source: `segmentio/action-destinations`, `webhook`.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::value::RawValue;
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// The header with the signature: 40 lower-case hexadecimal digits.
pub const SIGNATURE: &str = "x-signature";

/// Whether the signature is that of the body, made with this secret. The bytes count as they came: a body that was read
/// and written again has another signature. Takes as long for a nearly right signature as for a wrong one.
pub fn is_signed(body: &[u8], signature: &str, secret: &str) -> bool {
    let expected = signed_part(body).map(|part| self::signature(part, secret));
    expected.is_some_and(|expected| expected.as_bytes().ct_eq(signature.as_bytes()).into())
}

/// The signature of a text.
pub fn signature(text: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(text);
    hex::encode(mac.finalize().into_bytes())
}

/// What Segment signs of a body: all of it, or the first element of an array. None if the array has no message in it.
pub fn signed_part(body: &[u8]) -> Option<&[u8]> {
    match body.trim_ascii_start().split_first() {
        Some((b'[', items)) => first(items),
        _ => Some(body),
    }
}

/// The text of the object that stands first. What comes after it is not looked at before the signature is.
fn first(items: &[u8]) -> Option<&[u8]> {
    let objects = items.trim_ascii_start().starts_with(b"{");
    let mut values = serde_json::Deserializer::from_slice(items).into_iter::<&RawValue>();
    values.next().filter(|_| objects)?.ok().map(|value| value.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "local-demo-secret";
    const ONE: &str = r#"{"type":"track","event":"Product Clicked","userId":"u-77","properties":{"product_id":"SKU-9","position":3}}"#;
    const BEYOND_ASCII: &str = r#"{"type":"track","event":"Product Viewed","anonymousId":"a-1","properties":{"name":"Café Grün 😀"}}"#;
    const BATCH: &str = r#"[{"type":"track","event":"Product Viewed","anonymousId":"a-1","messageId":"m-1"},{"type":"track","event":"Product Viewed","anonymousId":"a-2","messageId":"m-2"}]"#;

    #[test]
    fn signatures_are_segments() {
        for (body, signature) in [
            (ONE, "47c2bb32e28d24fd5b58e13dc8850af0c4977737"),
            (BEYOND_ASCII, "f82575adffa8d42fa3c6a445d706dd6c91ab9cab"),
            (BATCH, "42486902b14a75dbbc34862a2349ae0ddef8f3d4"),
        ] {
            assert!(is_signed(body.as_bytes(), signature, SECRET), "{body}");
            assert!(!is_signed(body.as_bytes(), signature, "another secret"), "{body}");
            assert!(!is_signed(body.as_bytes(), &signature.to_uppercase(), SECRET), "{body}");
            assert!(!is_signed(body.replace("track", "trick").as_bytes(), signature, SECRET), "{body}");
        }
    }

    #[test]
    fn the_signature_of_a_whole_batch_is_none() {
        assert!(!is_signed(BATCH.as_bytes(), "81b2ee161bec5720625e99290cedc66f7ae718d9", SECRET));
        for nothing in ["[]", "[1]", "[", "[{", "[{]"] {
            assert_eq!(signed_part(nothing.as_bytes()), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn the_first_message_is_found_whatever_stands_around_it(
            key in any::<String>(), space in "[ \n\t]{0,3}", rest in any::<String>()
        ) {
            let first = serde_json::json!({ key: ["]", {"}": "\"},{"}] }).to_string();
            let body = format!("{space}[{space}{first}{space},{rest}");
            prop_assert_eq!(signed_part(body.as_bytes()), Some(first.as_bytes()));
        }
    }
}
