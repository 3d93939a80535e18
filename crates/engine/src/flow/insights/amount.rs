//! Amounts as shops write them: `19.9`, `"19.90"`, `"$19.90"`, `"19,90 €"`, `"1.299,00"`.

use super::text;
use causeway_mapping::Value;

/// What groups thousands where it is not the decimal sign.
const GROUPING: [char; 6] = ['.', ',', ' ', '\'', '\u{a0}', '\u{202f}'];

/// The amount, if the value is one.
pub(crate) fn of(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(number.as_f64()),
        Value::String(text) => parse(text),
        _ => None,
    }
}

/// The amount, or the first in a list.
pub(super) fn first(value: &Value<'_>) -> Option<f64> {
    text::candidates(value).iter().find_map(of)
}

/// The whole number, if the value is one.
pub(super) fn whole(value: &Value<'_>) -> Option<i64> {
    let number = of(value).filter(|number| number.fract() == 0.0 && number.abs() <= EXACT)?;
    Some(number as i64)
}

/// Up to here every whole number has a float of its own: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Drops what binary fractions add: 69.97 instead of 69.97000000000001.
pub(super) fn rounded(amount: f64) -> f64 {
    (amount * 1e6).round() / 1e6
}

fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    finite(text).or_else(|| {
        let (sign, digits) = core(text)?;
        Some(sign * finite(&plain_digits(digits)?)?)
    })
}

/// JSON has no word for what is beyond the floats.
fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// What stands between currency signs and words: the sign, and digits with separators.
fn core(text: &str) -> Option<(f64, &str)> {
    let first = text.find(|letter: char| letter.is_ascii_digit())?;
    let start = first - usize::from(text[..first].ends_with(['.', ',']));
    let end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let (before, after) = (&text[..start], &text[end..]);
    let currency = |letter: char| !letter.is_numeric() && letter != '%';
    let named = before.chars().chain(after.chars()).all(currency);
    let negative = before.contains(['-', '\u{2212}']);
    named.then(|| (if negative { -1.0 } else { 1.0 }, &text[start..end]))
}

/// Digits with a point at most. The last separator is the decimal sign, unless it comes again or is a comma before
/// three digits: `1,299` is a thousand and more, `19,90` is not.
fn plain_digits(text: &str) -> Option<String> {
    let decimal = decimal(text);
    let (whole, fraction) = decimal.map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let grouped = grouped(whole)?;
    let fits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{}.{fraction}0", if grouped.is_empty() { "0" } else { &grouped }))
}

fn decimal(text: &str) -> Option<usize> {
    let at = text.rfind(['.', ','])?;
    let sign = &text[at..=at];
    let others = text[..at].contains(GROUPING);
    let thousands = sign == "," && text.len() - at - 1 == 3 && !text[..at].is_empty() && !others;
    let repeated = text[..at].contains(sign);
    (!thousands && !repeated).then_some(at)
}

/// The digits of thousands that are grouped by one sign; nothing if the groups are not of three digits.
fn grouped(text: &str) -> Option<String> {
    let separators = || text.chars().filter(|letter| !letter.is_ascii_digit());
    let one = separators().next();
    if separators().any(|letter| !GROUPING.contains(&letter) || Some(letter) != one) {
        return None;
    }
    let mut groups = text.split(GROUPING);
    let first = groups.next().unwrap_or_default();
    let threes = groups.all(|group| group.len() == 3) && (one.is_none() || (1..=3).contains(&first.len()));
    threes.then(|| text.chars().filter(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_however_they_are_written() {
        for (text, amount) in [
            ("19.90", 19.9),
            ("$19.90", 19.9),
            ("19,90", 19.9),
            ("19,90 €", 19.9),
            ("EUR 19.90", 19.9),
            ("1,299", 1299.0),
            ("1,299.00", 1299.0),
            ("1.299,00", 1299.0),
            ("1.299.000", 1_299_000.0),
            ("1 299,5", 1299.5),
            ("CHF 1'299.50", 1299.5),
            (".5", 0.5),
            ("-$5.00", -5.0),
            ("1e2", 100.0),
            ("0", 0.0),
        ] {
            assert_eq!(parse(text), Some(amount), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["", "free", "30%", "3 for 2", "1.2.3", "12,34,56", "NaN", "inf", "4x19", "½"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("${}", "9".repeat(400))), None);
    }
}
