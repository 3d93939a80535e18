//! Reading filters. Messages are modelled on the vendor's, which public reports quote.

use super::cursor::Cursor;
use super::{Clause, Condition, Filters, Literal, TAGS};
use serde_json::Value;

/// The highest `<score=N>` (vendor's guide to optional filters).
const HIGHEST_SCORE: u32 = 65_535;

/// Reads the `filters` parameter: conditions with AND, OR, NOT and parentheses.
pub(in super::super) fn expression(text: &str) -> Result<Filters, String> {
    checked(Cursor::new(text).filters()?)
}

/// Reads `facetFilters` or `optionalFilters`: strings, or lists of alternatives.
pub(in super::super) fn facet_list(value: &Value) -> Result<Filters, String> {
    nested(value, facet)
}

/// Reads `numericFilters`.
pub(in super::super) fn numeric_list(value: &Value) -> Result<Filters, String> {
    nested(value, |text| {
        let literal = Cursor::new(text).whole()?;
        if literal.is_numeric() { Ok(literal) } else { Err(format!("{text} is no numeric filter")) }
    })
}

/// Reads `tagFilters`.
pub(in super::super) fn tag_list(value: &Value) -> Result<Filters, String> {
    nested(value, |tag| facet(&format!("{TAGS}:{tag}")))
}

fn nested(value: &Value, read: impl Fn(&str) -> Result<Literal, String>) -> Result<Filters, String> {
    match value {
        Value::String(text) if text.trim_start().starts_with('[') => {
            let list = serde_json::from_str::<Value>(text).map_err(|error| error.to_string())?;
            if list.is_array() { nested(&list, read) } else { Err("an array is expected".into()) }
        }
        Value::String(text) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(|item| read(item).map(|literal| vec![literal])).collect()
        }
        Value::Array(items) => {
            let clauses = items.iter().map(|item| clause(item, &read)).collect::<Result<Filters, _>>()?;
            Ok(clauses.into_iter().filter(|clause| !clause.is_empty()).collect())
        }
        _ => Err("an array of strings is expected".into()),
    }
}

fn clause(item: &Value, read: &impl Fn(&str) -> Result<Literal, String>) -> Result<Clause, String> {
    let alternatives = item.as_array().map_or(std::slice::from_ref(item), Vec::as_slice);
    let texts =
        alternatives.iter().map(|item| item.as_str().ok_or("strings or arrays of strings are expected"));
    texts.map(|text| read(text?)).collect()
}

/// `facet:value`, `facet:-value`, `NOT facet:value`, with `<score=N>` behind. Quotes around a value are taken off.
fn facet(text: &str) -> Result<Literal, String> {
    let (rest, score) = scored(text)?;
    let (rest, not) = rest.trim().strip_prefix("NOT ").map_or((rest, false), |rest| (rest, true));
    let (attribute, value) = rest.split_once(':').ok_or_else(|| format!("{text} lacks a colon"))?;
    let value = value.trim();
    let (value, minus) = value.strip_prefix('-').map_or((value, false), |value| (value, true));
    let value = value.strip_prefix("\\-").map_or(value.to_owned(), |value| format!("-{value}"));
    let condition =
        Condition::Facet { attribute: bare(attribute).to_owned(), value: bare(&value).to_owned() };
    Ok(Literal::new(condition, not != minus, score))
}

fn bare(text: &str) -> &str {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.unwrap_or(text)
}

/// Takes `<score=N>` off the end.
pub(super) fn scored(text: &str) -> Result<(&str, u32), String> {
    let Some((rest, score)) = text.rsplit_once("<score=") else { return Ok((text, 1)) };
    let score = score.trim().strip_suffix('>').and_then(|score| score.trim().parse().ok());
    match score {
        Some(score) if score <= HIGHEST_SCORE => Ok((rest, score)),
        _ => Err(format!("Invalid score in {text}, expected an integer from 0 to {HIGHEST_SCORE}")),
    }
}

/// Alternatives of one sort only, as documented.
fn checked(filters: Filters) -> Result<Filters, String> {
    let mixed = |clause: &Clause| clause.iter().any(|literal| literal.is_numeric() != clause[0].is_numeric());
    if filters.iter().any(mixed) {
        return Err("Different types are not allowed in the same OR.".into());
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use super::super::Comparison;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn is(attribute: &str, value: &str) -> Literal {
        Literal::new(Condition::Facet { attribute: attribute.into(), value: value.into() }, false, 1)
    }

    fn not(literal: Literal) -> Literal {
        Literal { negated: true, ..literal }
    }

    fn number(attribute: &str, comparison: Comparison) -> Literal {
        Literal::new(Condition::Number { attribute: attribute.into(), comparison }, false, 1)
    }

    #[test]
    fn expressions_are_read_as_documented() {
        #[rustfmt::skip]
        let table = [
            ("", vec![]),
            ("(category:Book OR category:Ebook) AND _tags:published",
             vec![vec![is("category", "Book"), is("category", "Ebook")], vec![is("_tags", "published")]]),
            ("published AND NOT 'my attribute':\"it's OR \\\"this\\\"\"",
             vec![vec![is("_tags", "published")], vec![not(is("my attribute", "it's OR \"this\""))]]),
            ("price>=1.5 AND price:2 TO 3 AND (stock != 0 OR stock<-1)",
             vec![vec![number("price", Comparison::AtLeast(1.5))], vec![number("price", Comparison::Between(2.0, 3.0))],
                  vec![number("stock", Comparison::IsNot(0.0)), number("stock", Comparison::Less(-1.0))]]),
            ("available:true AND url:http://a.b/c<score=3>",
             vec![vec![is("available", "true")], vec![Literal { score: 3, ..is("url", "http://a.b/c") }]]),
            ("ORDER:x", vec![vec![is("ORDER", "x")]]),
        ];
        for (text, filters) in table {
            assert_eq!(expression(text), Ok(filters), "{text}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for (text, words) in [
            ("a:b OR c > 3", "Different types are not allowed in the same OR."),
            ("a:b OR (c:d AND e:f)", "(X AND Y) OR Z is not allowed"),
            ("a:b AND c:d OR e:f", "(X AND Y) OR Z is not allowed"),
            ("NOT (a:b OR c:d)", "Unexpected token (a:b at col 4"),
            ("a:b AND", "Unexpected token end of filter at col 7"),
            ("a:b c:d", "Unexpected token c:d at col 4"),
            ("(a:b", "Unexpected token end of filter at col 4"),
            ("a > many", "Unexpected token many at col 4"),
            ("a:'b", "Unexpected token 'b at col 2"),
        ] {
            let error = expression(text).expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn lists_are_and_of_or_with_minus_for_not() {
        let expected = vec![
            vec![is("category", "Book"), not(is("category", "Movie"))],
            vec![is("author", "-John: Doe")],
        ];
        let list = json!([["category:Book", "category:-Movie"], "author:\\-John: Doe"]);
        assert_eq!(facet_list(&list), Ok(expected.clone()));
        assert_eq!(facet_list(&list.to_string().into()), Ok(expected));
        let scored = vec![vec![Literal { score: 7, ..is("brand", "A & B") }]];
        assert_eq!(facet_list(&json!("brand:A & B<score=7>")), Ok(scored));
        let numbers =
            vec![vec![number("inStock", Comparison::Is(1.0))], vec![number("price", Comparison::Less(10.0))]];
        assert_eq!(numeric_list(&json!([["inStock = 1"], "price<10"])), Ok(numbers));
        for bad in [json!(["brand"]), json!([7]), json!({}), json!(["a:b<score=70000>"]), json!([[[]]])] {
            assert!(facet_list(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[a\"'():<>=! éANDORT0-9\\\\-]{0,30}") {
            let _ = expression(&text);
            let _ = facet_list(&text.clone().into());
            let _ = numeric_list(&text.into());
        }
    }
}
