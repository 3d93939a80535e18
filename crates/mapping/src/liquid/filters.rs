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
    for filter in all() {
        language.filters.register(filter.name.to_owned(), Box::new(filter));
    }
    let disabled = DISABLED.map(|name| Refused { name, why: "disabled" });
    let left_out = LEFT_OUT.map(|name| Refused { name, why: "not supported" });
    for refused in disabled.into_iter().chain(left_out) {
        language.filters.register(refused.name.to_owned(), Box::new(refused));
    }
}

/// What a filter is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Takes {
    /// Texts. Lists and objects become some.
    Text,
    /// Numbers. What is none counts as 0.
    Number,
    /// Values of any kind.
    Anything,
}

/// What the filter of a name is for.
pub(super) fn takes(name: &str) -> Takes {
    let among = |filters: &[Filter]| filters.iter().any(|filter| filter.name == name);
    match name {
        "default" | "json" | "jsonify" => Takes::Anything,
        "split" => Takes::Text,
        _ if among(number::FILTERS) => Takes::Number,
        _ if among(text::FILTERS) || among(web::FILTERS) => Takes::Text,
        _ => Takes::Anything,
    }
}

/// Every filter that there is.
pub(super) fn all() -> impl Iterator<Item = Filter> {
    [text::FILTERS, number::FILTERS, list::FILTERS, web::FILTERS].into_iter().flatten().copied()
}

const fn filter(name: &'static str, least: usize, most: usize, apply: Apply) -> Filter {
    Filter { name, least, most, apply }
}

type Apply = fn(&Call) -> Value<'static>;
