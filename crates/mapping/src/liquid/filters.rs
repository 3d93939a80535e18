//! The filters that Segment allows, and why others are refused.

mod list;
mod number;
mod text;
mod web;

use liquid_core::Language;

use super::filter::{Call, Filter, Refused};
use crate::value::Value;
pub(super) use number::strict;

/// Segment switches these off.
const DISABLED: [&str; 20] = [
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "type",
    "uniq",
    "where_exp",
];

/// Segment's engine has these and we have not: they need a clock, chance or a time zone, or only serve the switched-off.
const LEFT_OUT: [&str; 21] = [
    "base64_decode",
    "base64_encode",
    "date",
    "date_to_long_string",
    "date_to_rfc822",
    "date_to_string",
    "date_to_xmlschema",
    "hmac_sha256",
    "inspect",
    "pop",
    "push",
    "raw",
    "sample",
    "sha256",
    "shift",
    "slugify",
    "strip_html",
    "sum",
    "unshift",
    "uri_escape",
    "where",
];

pub(super) fn register(language: &mut Language) {
    let filters = [text::FILTERS, number::FILTERS, list::FILTERS, web::FILTERS];
    for filter in filters.into_iter().flatten() {
        language.filters.register(filter.name.to_owned(), Box::new(*filter));
    }
    let disabled = DISABLED.map(|name| Refused { name, why: "disabled" });
    let left_out = LEFT_OUT.map(|name| Refused { name, why: "not supported" });
    for refused in disabled.into_iter().chain(left_out) {
        language.filters.register(refused.name.to_owned(), Box::new(refused));
    }
}

const fn filter(name: &'static str, least: usize, most: usize, apply: Apply) -> Filter {
    Filter { name, least, most, apply }
}

type Apply = fn(&Call) -> Value<'static>;
