//! Reading an expression from its beginning to its end.

use super::parse::scored;
use super::{Comparison, Condition, Filters, Literal, TAGS};

/// How deep parentheses may nest.
const DEEPEST: usize = 32;

/// Where the reading of an expression is.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// A whole expression; nothing but spaces says nothing.
    pub(super) fn filters(mut self) -> Result<Filters, String> {
        self.spaces();
        if self.rest().is_empty() {
            return Ok(Filters::new());
        }
        let filters = self.any(DEEPEST)?;
        if self.rest().is_empty() { Ok(filters) } else { Err(self.unexpected()) }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn unexpected(&self) -> String {
        let token = self.rest().split_whitespace().next().unwrap_or("end of filter");
        format!("Unexpected token {token} at col {}", self.at)
    }

    /// Takes a sign or a keyword, and the spaces behind it.
    fn take(&mut self, sign: &str) -> bool {
        let keyword = sign.chars().all(char::is_alphabetic);
        let taken = self.rest().strip_prefix(sign).is_some_and(|rest| {
            !keyword || rest.chars().next().is_none_or(|letter| letter.is_whitespace() || letter == '(')
        });
        if taken {
            self.at += sign.len();
            self.spaces();
        }
        taken
    }

    /// `all OR all OR …`: an alternative must not be a conjunction.
    fn any(&mut self, depth: usize) -> Result<Filters, String> {
        let mut filters = self.all(depth)?;
        while self.take("OR") {
            let more = self.all(depth)?;
            let ([clause], [other]) = (filters.as_mut_slice(), more.as_slice()) else {
                return Err("filter (X AND Y) OR Z is not allowed, only (X OR Y) AND Z is allowed".into());
            };
            clause.extend(other.iter().cloned());
        }
        Ok(filters)
    }

    fn all(&mut self, depth: usize) -> Result<Filters, String> {
        let mut filters = self.one(depth)?;
        while self.take("AND") {
            filters.extend(self.one(depth)?);
        }
        Ok(filters)
    }

    fn one(&mut self, depth: usize) -> Result<Filters, String> {
        if self.take("NOT") {
            let mut literal = self.literal()?;
            literal.negated = !literal.negated;
            return Ok(vec![vec![literal]]);
        }
        if !self.take("(") {
            return Ok(vec![vec![self.literal()?]]);
        }
        let depth = depth.checked_sub(1).ok_or("too many parentheses")?;
        let inner = self.any(depth)?;
        if self.take(")") { Ok(inner) } else { Err(self.unexpected()) }
    }

    /// A condition that is all there is.
    pub(super) fn whole(mut self) -> Result<Literal, String> {
        self.spaces();
        let literal = self.literal()?;
        if self.rest().is_empty() { Ok(literal) } else { Err(self.unexpected()) }
    }

    /// `attribute:value`, `attribute:1 TO 2`, `attribute < 3`, or a tag alone.
    fn literal(&mut self) -> Result<Literal, String> {
        let attribute = self.text_until(|letter| ":<>=!()".contains(letter) || letter.is_whitespace())?;
        if self.take(":") {
            return self.value(attribute);
        }
        let comparison = self.comparison()?;
        Ok(match comparison {
            Some(comparison) => Literal::new(Condition::Number { attribute, comparison }, false, 1),
            None => Literal::new(
                Condition::Facet { attribute: TAGS.into(), value: attribute },
                false,
                self.score()?,
            ),
        })
    }

    fn value(&mut self, attribute: String) -> Result<Literal, String> {
        let value = self.text_until(|letter| "()".contains(letter) || letter.is_whitespace())?;
        if self.take("TO") {
            let low = value.parse::<f64>().map_err(|_| self.unexpected())?;
            let comparison = Comparison::Between(low, self.number()?);
            return Ok(Literal::new(Condition::Number { attribute, comparison }, false, 1));
        }
        let (value, glued) = scored(&value)?;
        let value = value.to_owned();
        let score = if glued == 1 { self.score()? } else { glued };
        Ok(Literal::new(Condition::Facet { attribute, value }, false, score))
    }

    fn score(&mut self) -> Result<u32, String> {
        if !self.rest().starts_with("<score=") {
            return Ok(1);
        }
        let word = self.text_until(char::is_whitespace)?;
        scored(&word).map(|(_, score)| score)
    }

    fn comparison(&mut self) -> Result<Option<Comparison>, String> {
        type Make = fn(f64) -> Comparison;
        let signs: [(&str, Make); 6] = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("!=", Comparison::IsNot),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Is),
        ];
        if self.rest().starts_with("<score=") {
            return Ok(None);
        }
        let Some((_, make)) = signs.into_iter().find(|(sign, _)| self.take(sign)) else { return Ok(None) };
        self.number().map(make).map(Some)
    }

    fn number(&mut self) -> Result<f64, String> {
        let at = self.at;
        let text = self.text_until(|letter| "()".contains(letter) || letter.is_whitespace())?;
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| Cursor { at, ..*self }.unexpected())
    }

    /// A quoted text, or one that ends where `ends` says; then the spaces behind it.
    fn text_until(&mut self, ends: impl Fn(char) -> bool) -> Result<String, String> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|letter| ['"', '\''].contains(letter));
        let (text, length) = if let Some(quote) = quote {
            quoted(rest, quote).ok_or_else(|| self.unexpected())?
        } else {
            let length = rest.find(ends).unwrap_or(rest.len());
            (rest[..length].to_owned(), length)
        };
        let keyword = quote.is_none() && ["AND", "OR", "NOT"].contains(&text.as_str());
        if length == 0 || keyword {
            return Err(self.unexpected());
        }
        self.at += length;
        self.spaces();
        Ok(text)
    }
}

/// The text between quotes, and how long it is with them. A backslash lets a quote be part of it.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => inner.push(letters.next()?.1),
            letter if letter == quote => return Some((inner, at + letter.len_utf8())),
            letter => inner.push(letter),
        }
    }
    None
}
