//! From text to tokens, as the public lexer cuts them.
//!
//! Two of its habits matter: a string's closing quote that is not followed by a space, `,`, `]`, `)` or the end opens
//! the next string, and a word cut short by the end of the text (`nul`) loses its tail.

use super::SyntaxError;
use crate::limits::MAX_TRIGGER_LENGTH;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Identifier,
    Dot,
    Operator,
    Conditional,
    String,
    Number,
    Null,
    Open,
    Close,
    /// Brackets and commas.
    Other,
    /// The end of the text, or of a group.
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// A string's text still has its quotes.
    pub(super) text: String,
    pub(super) column: usize,
}

/// The tokens of a text, with dotted names joined into one.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    if text.len() > MAX_TRIGGER_LENGTH {
        let message =
            format!("a trigger may have at most {MAX_TRIGGER_LENGTH} bytes, this one has {}", text.len());
        return Err(SyntaxError { column: 1, message });
    }
    let mut lexer = Lexer { characters: text.chars().collect(), at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(join_names(tokens))
}

/// Joins `a . b` into `a.b`.
fn join_names(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let after_name =
            joined.last_mut().filter(|last| token.kind == Kind::Dot && last.kind == Kind::Identifier);
        let next_name = rest.next_if(|next| after_name.is_some() && next.kind == Kind::Identifier);
        match (after_name, next_name) {
            (Some(name), Some(next)) => {
                name.text.push('.');
                name.text.push_str(&next.text);
            }
            _ => joined.push(token),
        }
    }
    joined
}

struct Lexer {
    characters: Vec<char>,
    at: usize,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError { column: self.at.max(1), message: message.into() })
    }

    fn token(&mut self) -> Result<Option<Token>, SyntaxError> {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        let Some(first) = self.next() else { return Ok(None) };
        let column = self.at;
        let (kind, text) = match first {
            '!' if self.peek().is_some_and(|next| next.is_ascii_alphabetic() || next == '(') => {
                (Kind::Operator, "!".to_owned())
            }
            '=' => (Kind::Operator, "=".to_owned()),
            '!' if self.accept("=") => (Kind::Operator, "!=".to_owned()),
            '!' => return self.fail("expected \"!= \", or ! right before a function"),
            '<' | '>' if self.accept("=") => (Kind::Operator, format!("{first}=")),
            '<' | '>' => (Kind::Operator, first.to_string()),
            'a' if self.accept("nd") => (Kind::Conditional, "and".to_owned()),
            'o' if self.accept("r") => (Kind::Conditional, "or".to_owned()),
            'n' if self.accept("ull") => (Kind::Null, "null".to_owned()),
            'a'..='z' | 'A'..='Z' | '\\' | '_' => (Kind::Identifier, self.identifier(first)?),
            '0'..='9' | '-' | '+' => (Kind::Number, self.number(first)?),
            '"' | '\'' => (Kind::String, self.string(first)?),
            '.' => (Kind::Dot, ".".to_owned()),
            '[' | ']' | ',' => (Kind::Other, first.to_string()),
            '(' => (Kind::Open, "(".to_owned()),
            ')' => (Kind::Close, ")".to_owned()),
            _ => return self.fail(format!("unexpected character {first:?}; names escape such with \\")),
        };
        Ok(Some(Token { kind, text, column }))
    }

    /// Takes `word` if it comes next and ends there. At the end of the text it takes what it read all the same.
    fn accept(&mut self, word: &str) -> bool {
        let start = self.at;
        let mut matches = true;
        for wanted in word.chars() {
            let Some(found) = self.next() else { return false };
            matches &= found == wanted;
            if is_terminator(Some(found)) {
                break;
            }
        }
        if matches && is_terminator(self.peek()) {
            return true;
        }
        self.at = start;
        false
    }

    fn identifier(&mut self, first: char) -> Result<String, SyntaxError> {
        let mut name = String::new();
        let mut character = first;
        loop {
            if character == '\\' {
                character = match self.next() {
                    Some(escaped) => escaped,
                    None => return self.fail("expected a character after \\"),
                };
            }
            name.push(character);
            match self.peek() {
                Some(next) if next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '\\') => {
                    character = next;
                }
                _ => break,
            }
            self.at += 1;
        }
        match self.peek() {
            Some('.' | '(' | '=' | '!') => Ok(name),
            next if is_terminator(next) => Ok(name),
            next => {
                self.at += 1;
                self.fail(format!(
                    "unexpected {:?} after {name}; put a space between, or \\ before it",
                    next.unwrap_or(' ')
                ))
            }
        }
    }

    fn number(&mut self, first: char) -> Result<String, SyntaxError> {
        let mut number = String::from(first);
        while let Some(next @ ('0'..='9' | '.')) = self.peek() {
            self.at += 1;
            if next == '.' && is_terminator(self.peek()) {
                return self.fail("expected a digit after the decimal point");
            }
            if next == '.' && number.contains('.') {
                return self.fail("a number has one decimal point");
            }
            number.push(next);
        }
        match number.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(number),
            _ => self.fail(format!("{number} is no number that can be tested")),
        }
    }

    fn string(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.at;
        let rest = &self.characters[start..];
        let Some(length) = rest.iter().position(|character| *character == quote) else {
            return self.fail(format!("this string is never closed; end it with {quote}"));
        };
        self.at += length;
        let text: String = self.characters[start - 1..=self.at].iter().collect();
        self.accept(quote.encode_utf8(&mut [0; 4]));
        Ok(text)
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n')
}

fn is_terminator(character: Option<char>) -> bool {
    character.is_none_or(|character| is_space(character) || matches!(character, ',' | ']' | ')'))
}
