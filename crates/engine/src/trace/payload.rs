//! An event's text as it may be shown.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// What stands in place of a secret.
const MASK: &str = r#""********""#;

/// A call may carry the key that it was sent with. Source: Segment's Tracking API, "Authentication".
#[derive(Deserialize)]
struct Signed<'a> {
    #[serde(borrow, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
}

/// The text with its write key masked; what is no JSON becomes a text.
pub(super) fn shown(raw: &str) -> Option<Box<RawValue>> {
    let key = serde_json::from_str::<Signed<'_>>(raw).ok().and_then(|signed| signed.write_key);
    let text = key.map_or_else(|| raw.to_owned(), |key| without(raw, key.get()));
    RawValue::from_string(text).or_else(|_| RawValue::from_string(Value::from(raw).to_string())).ok()
}

/// The text without this part of it. All else stays as it came, numbers to the last digit.
fn without(raw: &str, part: &str) -> String {
    let start = part.as_ptr() as usize - raw.as_ptr() as usize;
    format!("{}{MASK}{}", &raw[..start], &raw[start + part.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_key_is_masked_and_all_else_stays_as_it_came() {
        let text = |raw| shown(raw).unwrap().get().to_owned();
        let call = r#"{"type":"track", "writeKey" : "s3cret","properties":{"price":1.10}}"#;
        assert_eq!(text(call), r#"{"type":"track", "writeKey" : "********","properties":{"price":1.10}}"#);
        assert_eq!(text(r#"{"userToken":"writeKey"}"#), r#"{"userToken":"writeKey"}"#);
        assert_eq!(text("no json"), r#""no json""#);
    }
}
