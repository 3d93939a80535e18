//! A URL-encoded string of parameters: the `params` of a query, or the query string of an address.

use super::object::Found;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use std::ops::Range;

/// All but letters, digits and what RFC 3986 leaves unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parameters of such a string, by their places in it.
#[derive(Debug)]
pub(super) struct Encoded<'a> {
    /// The string itself.
    pub(super) text: Cow<'a, str>,
    pairs: Vec<(String, Range<usize>)>,
}

impl<'a> Encoded<'a> {
    pub(super) fn read(text: Cow<'a, str>) -> Self {
        let mut at = 0;
        let pairs = text.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let start = at + pair.len() - value.len();
            at += pair.len() + 1;
            (decode(name).into_owned(), start..start + value.len())
        });
        let pairs = pairs.filter(|(name, _)| !name.is_empty()).collect();
        Self { text, pairs }
    }

    /// The place of a parameter's value, still encoded.
    pub(super) fn get(&self, name: &str) -> Found<Range<usize>> {
        let named = self.pairs.iter().filter(|(key, _)| key == name);
        Found::only(named.map(|(_, place)| place.clone()))
    }
}

/// Reads a name or value: a plus sign is a space here.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return percent_decode_str(&spaced).decode_utf8_lossy().into_owned().into();
    }
    percent_decode_str(text).decode_utf8_lossy()
}

/// Writes a name or value.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The place of an encoded array's closing bracket; nothing if the text does not end with one.
pub(super) fn closing_bracket(text: &str) -> Option<usize> {
    let bracket = ["]", "%5D", "%5d"].into_iter().find(|bracket| text.ends_with(bracket))?;
    Some(text.len() - bracket.len())
}
