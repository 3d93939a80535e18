//! Reading JSON text by hand: one pass, strings without escapes borrowed, depth bounded.

use std::borrow::Cow;

use super::{Number, Object, Value};
use crate::limits::MAX_DEPTH;

/// Why a text is not JSON that we take, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid JSON at byte {offset}: {message}")]
pub struct ParseError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub message: &'static str,
}

/// Room for an object's first members; saves the first regrowths of a typical event.
const FIRST_MEMBERS: usize = 8;

pub(super) fn parse(json: &[u8]) -> Result<Value<'_>, ParseError> {
    let text = std::str::from_utf8(json)
        .map_err(|error| ParseError { offset: error.valid_up_to(), message: "not UTF-8" })?;
    let mut reader = Reader { text, bytes: json, at: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < json.len() { reader.fail("unexpected text after the value") } else { Ok(value) }
}

/// Whether no number of this JSON is beyond an `f64`.
pub(super) fn numbers_fit(json: &str) -> bool {
    let mut rest = json;
    loop {
        let (between, string) = rest.split_once('"').unwrap_or((rest, ""));
        if !between.split([',', ':', '[', ']', '{', '}', ' ', '\n', '\r', '\t']).all(fits) {
            return false;
        }
        match string_end(string) {
            Some(end) => rest = &string[end + 1..],
            None => return true,
        }
    }
}

/// As many digits as any number may have without being beyond an `f64`.
const SURE_DIGITS: usize = 300;

/// Whether a token that is no string is no number, or one that fits.
fn fits(token: &str) -> bool {
    let number = token.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let plain = || token.len() <= SURE_DIGITS && !token.contains(['e', 'E']);
    !number || plain() || token.parse().is_ok_and(f64::is_finite)
}

/// Where the quotation mark stands that ends a string.
fn string_end(string: &str) -> Option<usize> {
    let mut escaped = false;
    string.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn fail<T>(&self, message: &'static str) -> Result<T, ParseError> {
        Err(ParseError { offset: self.at, message })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => self.fail("expected a value"),
            None => self.fail("the text ends where a value should be"),
        }
    }

    fn word(&mut self, word: &'static str, value: Value<'a>) -> Result<Value<'a>, ParseError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.fail("expected true, false or null");
        }
        self.at += word.len();
        Ok(value)
    }

    fn enter(&mut self, depth: usize) -> Result<(), ParseError> {
        if depth > MAX_DEPTH {
            return self.fail("nested deeper than 64 levels");
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.enter(depth)?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.ends(b']', "expected , or ] in an array")? {
                return Ok(Value::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, ParseError> {
        self.enter(depth)?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(Object::new()));
        }
        let mut members = Vec::with_capacity(FIRST_MEMBERS);
        loop {
            members.push((self.key()?, self.value(depth)?));
            if self.ends(b'}', "expected , or } in an object")? {
                return Ok(Value::Object(Object::from_members(members)));
            }
        }
    }

    fn key(&mut self) -> Result<Cow<'a, str>, ParseError> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return self.fail("expected a key in double quotes");
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.fail("expected : after a key");
        }
        self.at += 1;
        Ok(key)
    }

    /// Steps over a comma (false) or the closing mark (true).
    fn ends(&mut self, close: u8, otherwise: &'static str) -> Result<bool, ParseError> {
        self.skip_space();
        match self.peek() {
            Some(byte) if byte == close => self.at += 1,
            Some(b',') => {
                self.at += 1;
                return Ok(false);
            }
            _ => return self.fail(otherwise),
        }
        Ok(true)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ParseError> {
        let start = self.at + 1;
        self.at = self.run_end(start);
        if self.peek() == Some(b'"') {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped_string(start)
    }

    /// The end of the characters that stand for themselves.
    fn run_end(&self, start: usize) -> usize {
        let ordinary = |byte: &u8| *byte != b'"' && *byte != b'\\' && *byte >= 0x20;
        start + self.bytes[start..].iter().take_while(|byte| ordinary(byte)).count()
    }

    fn escaped_string(&mut self, start: usize) -> Result<Cow<'a, str>, ParseError> {
        let mut text = self.text[start..self.at].to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return self.fail("a control character in a string must be escaped"),
                None => return self.fail("the text ends inside a string"),
            }
            let run = self.at;
            self.at = self.run_end(run);
            text.push_str(&self.text[run..self.at]);
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        let escaped = self.bytes.get(self.at + 1).copied();
        self.at += 2;
        Ok(match escaped {
            Some(mark @ (b'"' | b'\\' | b'/')) => char::from(mark),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                self.at -= 2;
                return self.fail("unknown escape in a string");
            }
        })
    }

    /// The character of `\uXXXX`, or of two of them that make a pair.
    fn unicode(&mut self) -> Result<char, ParseError> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) || !self.bytes[self.at..].starts_with(b"\\u") {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let alone = self.at;
        self.at += 2;
        let second = self.hex()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = alone; // the second is a character of its own
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, ParseError> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let code =
            digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?));
        match code {
            Some(code) if digits.len() == 4 => {
                self.at += 4;
                Ok(code)
            }
            _ => self.fail("expected four hexadecimal digits after \\u"),
        }
    }

    fn number(&mut self) -> Result<Value<'a>, ParseError> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let whole = self.whole()?;
        let fractional = self.fraction()? | self.exponent()?;
        let number = match (whole, negative) {
            (Some(whole), false) if !fractional => Some(Number::from(whole)),
            (Some(whole), true) if !fractional && i64::try_from(whole).is_ok() => {
                Some(Number::from(-(whole as i64)))
            }
            _ => self.text[start..self.at].parse().ok().and_then(Number::from_f64),
        };
        number.map(Value::Number).ok_or(ParseError { offset: start, message: "number out of range" })
    }

    /// The digits before any point; `None` where they are more than 64 bits hold.
    fn whole(&mut self) -> Result<Option<u64>, ParseError> {
        let start = self.at;
        let mut whole = Some(0_u64);
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            whole = whole.and_then(|whole| whole.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
            self.at += 1;
        }
        match self.at - start {
            0 => self.fail("expected a digit"),
            1 => Ok(whole),
            _ if self.bytes[start] == b'0' => self.fail("a number must not start with 0"),
            _ => Ok(whole),
        }
    }

    fn fraction(&mut self) -> Result<bool, ParseError> {
        if self.peek() != Some(b'.') {
            return Ok(false);
        }
        self.at += 1;
        self.digits()
    }

    fn exponent(&mut self) -> Result<bool, ParseError> {
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Ok(false);
        }
        self.at += 1;
        self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
        self.digits()
    }

    fn digits(&mut self) -> Result<bool, ParseError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { self.fail("expected a digit") } else { Ok(true) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(json: &str) -> String {
        parse(json.as_bytes()).expect_err(json).to_string()
    }

    #[test]
    fn plain_strings_borrow_and_escaped_ones_are_read() {
        let Ok(Value::Array(items)) = parse(br#"["plain", "a\n\"\u00e9\ud83d\ude00\ud800x"]"#) else {
            panic!()
        };
        assert!(matches!(&items[0], Value::String(Cow::Borrowed("plain"))));
        assert_eq!(items[1].as_str(), Some("a\n\"é😀\u{fffd}x"));
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(message(r#"{"a":01}"#), "invalid JSON at byte 7: a number must not start with 0");
        assert_eq!(message("[1,]"), "invalid JSON at byte 3: expected a value");
        assert_eq!(message(r#"{"a" 1}"#), "invalid JSON at byte 5: expected : after a key");
        assert_eq!(message(r#""\x""#), "invalid JSON at byte 1: unknown escape in a string");
        assert_eq!(message("1e999"), "invalid JSON at byte 0: number out of range");
        assert_eq!(
            message("\"a\u{1}\""),
            "invalid JSON at byte 2: a control character in a string must be escaped"
        );
    }

    #[test]
    fn nesting_stops_at_sixty_four_levels() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(parse(nested(64).as_bytes()).is_ok());
        assert_eq!(message(&nested(65)), "invalid JSON at byte 64: nested deeper than 64 levels");
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn numbers_are_spelled_as_javascript_spells_them() {
        let spelled =
            |json: &str| parse(json.as_bytes()).map(|value| crate::text::js_string(&value).into_owned());
        for (json, text) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("19.99", "19.99"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775807", "-9223372036854775807"),
        ] {
            assert_eq!(spelled(json).as_deref(), Ok(text), "{json}");
        }
    }

    #[test]
    fn numbers_that_no_float_holds_are_found_wherever_they_stand() {
        let many = "9".repeat(309);
        for json in ["1e999", "[-1e309]", r#"{"a\\":"\"","b":[true,{"c":1E400}]}"#, &many] {
            assert!(!numbers_fit(json) && parse(json.as_bytes()).is_err(), "{json}");
        }
        for json in [r#"{"a":"1e999","b\"":[false,1e3,-1e-999,null]}"#, &many[1..], r#""\\""#, "1e308"] {
            assert!(numbers_fit(json) && parse(json.as_bytes()).is_ok(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn of_json_only_what_can_be_held_is_read(json in r#"[\[\],{}:"\\19e+\-]{0,12}|[19]{1,2}[eE]-?[0-9]{1,4}|\["[\\"]{0,3}",1e[0-9]{3}\]"#) {
            if serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok() {
                prop_assert_eq!(numbers_fit(&json), parse(json.as_bytes()).is_ok());
            }
        }

        #[test]
        fn takes_exactly_what_serde_json_takes(json in r#"[\[\]{},:"\\a0-9.eE+\-truefalsn u]{0,24}"#) {
            let theirs: Result<serde_json::Value, _> = serde_json::from_str(&json);
            match (parse(json.as_bytes()), theirs) {
                // theirs rounds the last digit of some floats
                (Ok(ours), Ok(theirs)) => prop_assert!(ours == Value::from(theirs) || json.contains(['.', 'e', 'E'])),
                (Err(_), Err(_)) => {}
                (ours, theirs) => prop_assert!(json.contains("\\u"), "{:?} {:?}", ours, theirs),
            }
        }

        #[test]
        fn what_is_written_reads_back_the_same(value in crate::testing::value()) {
            let mut json = Vec::new();
            value.write_json(&mut json);
            prop_assert_eq!(parse(&json).unwrap(), value);
        }
    }
}
