//! JavaScript's conversions between text, numbers and values, which Segment's results are made of.

use std::borrow::Cow;

use crate::value::Value;

/// What `String(value)` gives.
pub(crate) fn js_string<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Null => "null".into(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => Cow::Borrowed(text),
        Value::Object(_) => "[object Object]".into(),
        Value::Array(items) => {
            let mut text = String::new();
            join(items, &mut text);
            text.into()
        }
    }
}

/// What joining an array by commas gives: nulls are empty, arrays inside are joined as well.
fn join(items: &[Value<'_>], text: &mut String) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match item {
            Value::Null => {}
            Value::Array(inner) => join(inner, text),
            other => text.push_str(&js_string(other)),
        }
    }
}

/// What `value == ''` gives: true also for `0`, `false`, and arrays that join to nothing.
pub(crate) fn equals_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Object(_) => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => !value.is_truthy(),
        Value::Array(items) => match items.as_slice() {
            [] | [Value::Null] => true,
            [Value::String(text)] => text.is_empty(),
            [inner @ Value::Array(_)] => equals_empty(inner),
            _ => false,
        },
    }
}

/// What `Number(text)` gives: NaN for what is no number, 0 for blank text.
pub(crate) fn js_number(text: &str) -> f64 {
    let text = text.trim_matches(is_js_space);
    let radix = |prefix: [&str; 2], radix: u32| {
        let digits = prefix.iter().find_map(|prefix| text.strip_prefix(prefix))?;
        let value = |sum: f64, digit: char| Some(sum * f64::from(radix) + f64::from(digit.to_digit(radix)?));
        Some(if digits.is_empty() {
            f64::NAN
        } else {
            digits.chars().try_fold(0.0, value).unwrap_or(f64::NAN)
        })
    };
    let other_base =
        || radix(["0x", "0X"], 16).or_else(|| radix(["0o", "0O"], 8)).or_else(|| radix(["0b", "0B"], 2));
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => other_base().unwrap_or_else(|| decimal(text)),
    }
}

/// Rust's own reading of decimals is JavaScript's but for its words for infinity and NaN.
fn decimal(text: &str) -> f64 {
    let spelled = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if spelled { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// Whether JavaScript's `trim` takes this character off.
pub(crate) fn is_js_space(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

/// Length as JavaScript counts it, in UTF-16 code units.
pub(crate) fn js_length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_javascript_reads_them() {
        for (text, number) in [
            ("", 0.0),
            (" 12 ", 12.0),
            ("0x1F", 31.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-3", -3.0),
        ] {
            assert!((js_number(text) - number).abs() < f64::EPSILON, "{text}");
        }
        for text in ["abc", "1 2", "inf", "nan", "0x", "0xg", "infinity", "1e", "-0x1"] {
            assert!(js_number(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn arrays_become_text_by_commas() {
        let value = Value::parse(br#"["a", null, [1, [true]], {"b": 1}]"#).unwrap();
        assert_eq!(js_string(&value), "a,,1,true,[object Object]");
    }

    #[test]
    fn loose_equality_with_the_empty_string() {
        let equal = |json: &str| equals_empty(&Value::parse(json.as_bytes()).unwrap());
        assert!(["\"\"", "0", "-0.0", "false", "[]", "[null]", "[[]]", "[\"\"]"].into_iter().all(equal));
        assert!(!["\" \"", "1", "true", "{}", "[0]", "[null,null]", "null"].into_iter().any(equal));
    }
}
