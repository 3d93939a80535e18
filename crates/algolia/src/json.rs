//! A strict, borrowing, single-pass reader of JSON text.
//!
//! Why not a general parser: an event is needed typed *and* as the exact text that came, and a mistake in one event
//! must not hide the others, while a mistake in the JSON refuses them all. One pass over the text gives all three.
//! Values are never copied unless a string holds escapes. Work is linear in the text and nesting is bounded, so no
//! input can make it slow or exhaust the stack.

use std::borrow::Cow;

/// How deep arrays and objects may be nested. The deepest thing the vendor describes is 4 deep.
pub(crate) const MAX_DEPTH: usize = 64;

/// The text is no JSON: what was wrong, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON at byte {at}: {what}")]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// What kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Object,
    Array,
    String,
    Number,
    Bool,
    Null,
}

impl Shape {
    /// The word that the vendor's messages use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shape::Object => "object",
            Shape::Array => "array",
            Shape::String => "string",
            Shape::Number => "number",
            Shape::Bool => "bool",
            Shape::Null => "null",
        }
    }
}

/// A place in a JSON text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Reader { text, at: 0, depth: 0 }
    }

    /// The place before the next value, for [`Reader::since`].
    pub(crate) fn here(&mut self) -> usize {
        self.space();
        self.at
    }

    /// The exact text from a place up to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// What kind of value comes next; nothing but white space is consumed.
    pub(crate) fn shape(&mut self) -> Result<Shape, Malformed> {
        self.space();
        match self.peek() {
            b'{' => Ok(Shape::Object),
            b'[' => Ok(Shape::Array),
            b'"' => Ok(Shape::String),
            b'-' | b'0'..=b'9' => Ok(Shape::Number),
            b't' | b'f' => Ok(Shape::Bool),
            b'n' => Ok(Shape::Null),
            _ => Err(self.wrong("expected a value")),
        }
    }

    /// Reads an object, handing each key to `member`, which must consume the value.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.sequence(b'{', b'}', |reader| {
            let key = reader.string()?;
            reader.space();
            reader.byte(b':', "expected a colon after the key")?;
            member(reader, key)
        })
    }

    /// Reads an array, calling `item` at each item, which must consume the value.
    pub(crate) fn array(
        &mut self,
        item: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.sequence(b'[', b']', item)
    }

    /// Reads a string; borrowed unless it holds escapes. A lone surrogate becomes U+FFFD, as with the vendor's parser.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        self.space();
        self.byte(b'"', "expected a string")?;
        let start = self.at;
        match self.plain()? {
            b'"' => Ok(Cow::Borrowed(&self.text[start..self.at - 1])),
            _ => self.escaped(start).map(Cow::Owned),
        }
    }

    /// Reads a number as the text that came.
    pub(crate) fn number(&mut self) -> Result<&'a str, Malformed> {
        let start = self.here();
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(self.since(start))
    }

    /// Passes over the next value, whatever it is, and answers its exact text.
    pub(crate) fn value(&mut self) -> Result<&'a str, Malformed> {
        let start = self.here();
        match self.shape()? {
            Shape::Object => self.object(|reader, _| reader.value().map(drop))?,
            Shape::Array => self.array(|reader| reader.value().map(drop))?,
            Shape::String => drop(self.string()?),
            Shape::Number => drop(self.number()?),
            Shape::Bool | Shape::Null => self.word()?,
        }
        Ok(self.since(start))
    }

    /// Nothing but white space may be left.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err(self.wrong("expected the end")) }
    }

    pub(crate) fn wrong(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    /// The next byte; 0 at the end, which no valid JSON text holds.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn byte(&mut self, byte: u8, what: &'static str) -> Result<(), Malformed> {
        if self.skip(byte) { Ok(()) } else { Err(self.wrong(what)) }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.wrong("expected a digit")) }
    }

    fn word(&mut self) -> Result<(), Malformed> {
        let rest = &self.text.as_bytes()[self.at..];
        let found = [&b"true"[..], b"false", b"null"].into_iter().find(|word| rest.starts_with(word));
        self.at += found.map_or(0, <[u8]>::len);
        if found.is_some() { Ok(()) } else { Err(self.wrong("expected true, false or null")) }
    }

    /// Members or items between brackets, with commas between them.
    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        mut each: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.space();
        self.byte(open, "expected an opening bracket")?;
        self.enter()?;
        self.space();
        if !self.skip(close) {
            loop {
                each(self)?;
                self.space();
                if self.skip(close) {
                    break;
                }
                self.byte(b',', "expected a comma or a closing bracket")?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.wrong("nested deeper than 64")) } else { Ok(()) }
    }

    /// Runs to the next quote or backslash and consumes it.
    fn plain(&mut self) -> Result<u8, Malformed> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'"' | b'\\' => return Ok(byte),
                0..0x20 => return Err(self.wrong("control character in a string")),
                _ => {}
            }
        }
        Err(self.wrong("string without an end"))
    }

    /// The rest of a string whose first backslash was just consumed.
    fn escaped(&mut self, start: usize) -> Result<String, Malformed> {
        let mut text = String::from(&self.text[start..self.at - 1]);
        loop {
            text.push(self.escape()?);
            let start = self.at;
            let stop = self.plain()?;
            text.push_str(&self.text[start..self.at - 1]);
            if stop == b'"' {
                return Ok(text);
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.wrong("unknown escape")),
        })
    }

    fn unicode(&mut self) -> Result<char, Malformed> {
        let unit = self.hex4()?;
        let low = if (0xD800..0xDC00).contains(&unit) { self.low_surrogate()? } else { None };
        let code = low.map_or(unit, |low| 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The second half of a pair, if it follows; otherwise nothing is consumed.
    fn low_surrogate(&mut self) -> Result<Option<u32>, Malformed> {
        let start = self.at;
        if self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let unit = self.hex4()?;
            if (0xDC00..0xE000).contains(&unit) {
                return Ok(Some(unit));
            }
            self.at = start;
        }
        Ok(None)
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.peek()).to_digit(16);
            unit = unit * 16 + digit.ok_or_else(|| self.wrong("expected four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(text: &str) -> Result<&str, Malformed> {
        let mut reader = Reader::new(text);
        let value = reader.value()?;
        reader.end().map(|()| value)
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(whole(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH))).is_ok());
        assert!(whole(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn a_lone_surrogate_becomes_the_replacement_character() {
        assert_eq!(Reader::new(r#""a\ud83d\ude00b""#).string().unwrap(), "a😀b");
        assert_eq!(Reader::new(r#""\ud83dx\udc00""#).string().unwrap(), "\u{fffd}x\u{fffd}");
        assert_eq!(Reader::new(r#""\ud83d\u0041""#).string().unwrap(), "\u{fffd}A");
    }

    proptest! {
        #[test]
        fn accepts_exactly_what_serde_json_accepts(text in r#"[\[\]{}:,"0-9a-u\\ .eE+-]{0,14}"#) {
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(whole(&text).is_ok(), theirs, "{}", text);
        }

        #[test]
        fn reads_any_string_back(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(Reader::new(&quoted).string().unwrap().into_owned(), text);
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = whole(&text);
        }
    }
}
