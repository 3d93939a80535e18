//! Query strings.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The decoded value of the first parameter whose name matches, upper and lower case alike.
pub(crate) fn value(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = raw_pairs(query.unwrap_or_default());
    pairs
        .map(|(key, value)| (decode(key), value))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| decode(value))
}

/// All parameters, decoded.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    raw_pairs(query).map(|(key, value)| (decode(key), decode(value)))
}

/// Percent encoding that leaves letters and digits alone.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Undoes percent encoding and `+` for a space; bytes that are no UTF-8 become replacement characters.
fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_values_are_decoded() {
        let query = Some("x-algolia-api-key=k%201&flag&X=a+b");
        assert_eq!(value(query, "X-Algolia-API-Key").as_deref(), Some("k 1"));
        assert_eq!(value(query, "flag").as_deref(), Some(""));
        assert_eq!(value(query, "x").as_deref(), Some("a b"));
        assert_eq!(value(None, "x"), None);
    }
}
