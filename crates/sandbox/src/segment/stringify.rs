//! JSON as `JSON.stringify` writes it, byte for byte: that is what Segment signs and sends. Strings are the same here and
//! there; numbers are all doubles, and keys that look like array indices come first.

use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// The value's text, without a space.
pub(super) fn stringify(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Number(number) => text.push_str(&double(number)),
        Value::Array(elements) => {
            list(text, ['[', ']'], elements.iter(), write);
        }
        Value::Object(fields) => {
            list(text, ['{', '}'], in_order(fields).into_iter(), |text, (key, value)| {
                // Writing into a string doesn't fail.
                let _ = write!(text, "{}:", Value::from(key));
                write(text, value);
            });
        }
        plain => text.push_str(&plain.to_string()),
    }
}

fn list<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut String, T),
) {
    text.push(open);
    for (place, item) in items.enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(text, item);
    }
    text.push(close);
}

/// Array indices (below 2^32 − 1, in their shortest form) in ascending order, then the other keys as they came.
fn in_order(fields: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let index =
        |key: &str| key.parse::<u32>().ok().filter(|index| *index < u32::MAX && index.to_string() == key);
    let mut ordered = fields.iter().map(|(key, value)| (key.as_str(), value)).collect::<Vec<_>>();
    ordered.sort_by_key(|(key, _)| index(key).map_or(u64::MAX, u64::from));
    ordered
}

/// ECMAScript's `Number::toString`: the shortest digits that mean the same double; an exponent from 1e21 on and below 1e-6.
fn double(number: &Number) -> String {
    let value = number.as_f64().unwrap_or_default();
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", place_point(&digits, point))
}

/// `0.digits × 10^point`, spelt out.
fn place_point(digits: &str, point: i32) -> String {
    let count = digits.len() as i32;
    match point {
        _ if (count..=21).contains(&point) => format!("{digits}{}", "0".repeat((point - count) as usize)),
        1..=21 => format!("{}.{}", &digits[..point as usize], &digits[point as usize..]),
        -5..=0 => format!("0.{}{digits}", "0".repeat(-point as usize)),
        _ => {
            let fraction = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{}{fraction}e{:+}", &digits[..1], point - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Right sides: what Node prints for `JSON.stringify(JSON.parse(left))`.
    #[test]
    fn texts_are_those_of_javascript() {
        for (json, expected) in [
            ("[1.0,-0.0,0,-5,120,1e20]", "[1,0,0,-5,120,100000000000000000000]"),
            ("[1e21,1.5e300,-2e-7,1.25e-7]", "[1e+21,1.5e+300,-2e-7,1.25e-7]"),
            ("[0.000001,0.1,49.99,123456.789]", "[0.000001,0.1,49.99,123456.789]"),
            ("[12345678901234567890,9007199254740993]", "[12345678901234567000,9007199254740992]"),
            (r#"{"b":1,"10":2,"a":3,"2":4,"02":5}"#, r#"{"2":4,"10":2,"b":1,"a":3,"02":5}"#),
            (r#"{"":null,"x":[true,{}],"y":[]}"#, r#"{"":null,"x":[true,{}],"y":[]}"#),
            (r#""Caf\u00e9 \u001f\u2028\/\ud83d\ude00\b""#, "\"Café \\u001f\u{2028}/😀\\b\""),
        ] {
            assert_eq!(stringify(&serde_json::from_str(json).unwrap()), expected);
        }
    }
}
