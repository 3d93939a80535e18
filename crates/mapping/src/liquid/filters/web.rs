//! Filters for text that goes into HTML and addresses.

use std::fmt::Write;

use super::{filter, text::made};
use crate::liquid::filter::Filter;

pub(super) const FILTERS: &[Filter] = &[
    filter("escape", 0, 0, |call| made(escape(&call.text()))),
    filter("xml_escape", 0, 0, |call| made(escape(&call.text()))),
    filter("escape_once", 0, 0, |call| made(escape(&unescape(&call.text())))),
    filter("url_encode", 0, 0, |call| made(encode(&call.text(), b"-_.!~*'()"))),
    filter("cgi_escape", 0, 0, |call| made(encode(&call.text(), b"-_.~"))),
    filter("url_decode", 0, 0, |call| made(decode(&call.text()))),
];

const ENTITIES: [(&str, &str); 5] =
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;"), ("'", "&#39;")];

fn escape(text: &str) -> String {
    // `&` comes first, so no entity is escaped again
    ENTITIES.iter().fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity))
}

fn unescape(text: &str) -> String {
    // `&` comes last, so nothing is taken for an entity that was none
    ENTITIES.iter().rev().fold(text.to_owned(), |text, (plain, entity)| text.replace(entity, plain))
}

/// JavaScript's `encodeURIComponent` with `+` for a space; these marks stay beside letters and digits.
fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}"); // writing to a string cannot fail
            }
        }
    }
    encoded
}

/// The reverse; a `%` that starts no byte stays.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        let byte = byte.unwrap_or(*first);
        bytes.push(if byte == b'+' { b' ' } else { byte });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
