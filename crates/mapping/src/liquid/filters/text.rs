//! Filters of text, with lengths and places counted as JavaScript does, in UTF-16 units.

use super::{
    filter,
    number::{integer, strict},
};
use crate::{
    liquid::{
        filter::{Call, Filter},
        view::text as as_text,
    },
    text::{is_js_space, js_length},
    value::Value,
};

pub(super) const FILTERS: &[Filter] = &[
    filter("append", 1, 1, |call| made(call.text() + &call.argument_text(0))),
    filter("prepend", 1, 1, |call| made(call.argument_text(0) + &call.text())),
    filter("upcase", 0, 0, |call| made(call.text().to_uppercase())),
    filter("downcase", 0, 0, |call| made(call.text().to_lowercase())),
    filter("capitalize", 0, 0, |call| made(capitalize(&call.text()))),
    filter("strip", 0, 1, |call| {
        made(call.text().trim_start_matches(stripped(call)).trim_end_matches(stripped(call)))
    }),
    filter("lstrip", 0, 1, |call| made(call.text().trim_start_matches(stripped(call)))),
    filter("rstrip", 0, 1, |call| made(call.text().trim_end_matches(stripped(call)))),
    filter("strip_newlines", 0, 0, |call| made(call.text().replace("\r\n", "").replace('\n', ""))),
    filter("remove", 1, 1, |call| made(call.text().replace(&call.argument_text(0), ""))),
    filter("remove_first", 1, 1, |call| made(call.text().replacen(&call.argument_text(0), "", 1))),
    filter("remove_last", 1, 1, |call| made(replace_last(&call.text(), &call.argument_text(0), ""))),
    filter("replace", 1, 2, |call| {
        made(replace(&call.text(), &call.argument_text(0), &call.argument_text(1)))
    }),
    filter("replace_first", 1, 2, |call| {
        made(call.text().replacen(&call.argument_text(0), &call.argument_text(1), 1))
    }),
    filter("replace_last", 1, 2, |call| {
        made(replace_last(&call.text(), &call.argument_text(0), &call.argument_text(1)))
    }),
    filter("truncate", 0, 2, truncate),
    filter("truncatewords", 0, 2, truncate_words),
    filter("normalize_whitespace", 0, 0, |call| made(words(&call.text()).join(" "))),
    filter("number_of_words", 0, 0, |call| {
        let text = call.text();
        let text = text.trim_matches(is_js_space);
        integer(if text.is_empty() { 0 } else { words(text).len() })
    }),
    filter("json", 0, 0, json),
    filter("jsonify", 0, 0, json),
    filter("default", 0, 1, |call| match &call.input {
        Some(Value::String(text)) if text.is_empty() => default(call),
        Some(Value::Array(items)) if items.is_empty() => default(call),
        None | Some(Value::Null | Value::Bool(false)) => default(call),
        Some(given) => given.clone(),
    }),
];

pub(super) fn made(text: impl Into<String>) -> Value<'static> {
    Value::from(text.into())
}

fn default(call: &Call) -> Value<'static> {
    call.argument(0).cloned().unwrap_or_default()
}

/// Whether a character is to be stripped: one of those given, else a space.
fn stripped(call: &Call) -> impl Fn(char) -> bool {
    let given = call.argument(0).filter(|given| given.is_truthy()).map(as_text).unwrap_or_default();
    move |character| if given.is_empty() { is_js_space(character) } else { given.contains(character) }
}

fn capitalize(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| {
        // JavaScript takes one UTF-16 unit, and half a pair has no upper case
        if first.len_utf16() == 1 { first.to_uppercase().collect() } else { first.to_string() }
    });
    first.unwrap_or_default() + &rest.as_str().to_lowercase()
}

fn replace(text: &str, pattern: &str, replacement: &str) -> String {
    if !pattern.is_empty() {
        return text.replace(pattern, replacement);
    }
    // an empty pattern splits into characters
    text.chars().map(String::from).collect::<Vec<_>>().join(replacement)
}

fn replace_last(text: &str, pattern: &str, replacement: &str) -> String {
    match text.rfind(pattern) {
        Some(at) => [&text[..at], replacement, &text[at + pattern.len()..]].concat(),
        None => text.to_owned(),
    }
}

fn truncate(call: &Call) -> Value<'static> {
    let text = call.text();
    let length = call.argument(0).map_or(50.0, strict);
    let end = ellipsis(call);
    if js_length(&text) as f64 <= length {
        return call.input.clone().unwrap_or_default();
    }
    made(head(&text, length - js_length(&end) as f64) + &end)
}

/// What stands for the part cut off.
fn ellipsis(call: &Call) -> String {
    call.argument(1).map_or_else(|| "...".to_owned(), as_text)
}

/// The first so many UTF-16 units.
fn head(text: &str, length: f64) -> String {
    let units: Vec<u16> = text.encode_utf16().take(length.max(0.0) as usize).collect();
    String::from_utf16_lossy(&units)
}

fn truncate_words(call: &Call) -> Value<'static> {
    let text = call.text();
    let words = words(&text);
    let wanted = call.argument(0).map_or(15.0, strict);
    let wanted = if wanted <= 0.0 { 1.0 } else { wanted };
    let end = ellipsis(call);
    let kept = words.iter().take(wanted as usize).copied().collect::<Vec<_>>().join(" ");
    made(if words.len() as f64 >= wanted { kept + &end } else { kept })
}

/// What stands between runs of space; at the edges that may be nothing.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(is_js_space).collect();
    let last = words.len() - 1;
    let mut at = 0;
    words.retain(|word| {
        at += 1;
        !word.is_empty() || at == 1 || at == last + 1
    });
    words
}

fn json(call: &Call) -> Value<'static> {
    let mut json = Vec::new();
    if let Some(input) = &call.input {
        input.write_json(&mut json);
    }
    made(String::from_utf8_lossy(&json))
}
