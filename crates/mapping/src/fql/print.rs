//! From conditions to text that reads back as the same conditions.

use std::fmt::{self, Display, Formatter, Write};

use super::{
    condition::{Condition, Operand, Part, Test},
    field::Field,
};
use crate::value::Number;

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Test(field, test) => print_test(field, test, formatter),
            Condition::Group(joint, children) => {
                for (at, child) in children.iter().enumerate() {
                    if at > 0 {
                        write!(formatter, " {} ", joint.word())?;
                    }
                    match child {
                        Condition::Group(..) => write!(formatter, "({child})")?,
                        Condition::Test(..) => child.fmt(formatter)?,
                    }
                }
                Ok(())
            }
        }
    }
}

fn print_test(field: &Field, test: &Test, formatter: &mut Formatter<'_>) -> fmt::Result {
    match test {
        Test::Equals(text) => write!(formatter, "{field} = {}", Quoted(text)),
        Test::NotEquals(operand) => write!(formatter, "{field} != {operand}"),
        Test::NumberEquals(number) => write!(formatter, "{field} = {}", Plain(*number)),
        Test::NumberNotEquals(number) => write!(formatter, "{field} != {}", Plain(*number)),
        Test::Compare(order, operand) => write!(formatter, "{field} {} {operand}", order.sign()),
        Test::Exists => write!(formatter, "{field} != null"),
        Test::NotExists => write!(formatter, "{field} = null"),
        Test::Is(flag) => write!(formatter, "{field} = {flag}"),
        Test::Text { part, negated, text } => {
            let not = if *negated { "!" } else { "" };
            match part {
                Part::Any => write!(formatter, "{not}contains({field}, {})", Quoted(text)),
                Part::Start => write!(formatter, "{not}match({field}, {})", starts(text)),
                Part::End => write!(formatter, "{not}match({field}, {})", ends(text)),
            }
        }
    }
}

/// A pattern that the parser takes for a start: its raw text ends in `*"`.
fn starts(text: &str) -> String {
    let bare = |start: &str| format!("{}", Bare(&format!("{start}*\"")));
    match text.strip_suffix('*') {
        Some(start) if text.contains('"') => bare(start),
        _ => format!("\"{text}*\""),
    }
}

/// A pattern that the parser takes for an end: its raw text does not end in `*"`, and its first character goes.
fn ends(text: &str) -> String {
    match text {
        "" => "\"\"".to_owned(),
        _ if text.ends_with('*') || text.contains('"') => Bare(&format!("*{text}")).to_string(),
        _ => format!("\"*{text}\""),
    }
}

impl Display for Field {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.word())?;
        if self.kind.is_named() { write!(formatter, ".{}", Name(&self.name)) } else { Ok(()) }
    }
}

impl Display for Operand {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Text(text) => Quoted(text).fmt(formatter),
            Operand::Number(number) => Plain(*number).fmt(formatter),
            Operand::Bool(flag) => flag.fmt(formatter),
        }
    }
}

/// A number without an exponent, which the lexer does not know.
struct Plain(Number);

impl Display for Plain {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match (self.0.as_i64(), self.0.as_u64()) {
            (Some(whole), _) => whole.fmt(formatter),
            (None, Some(whole)) => whole.fmt(formatter),
            (None, None) => self.0.as_f64().fmt(formatter),
        }
    }
}

/// A text: in double quotes; as an escaped word where it has double quotes itself.
struct Quoted<'t>(&'t str);

impl Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.0.contains('"') { Bare(self.0).fmt(formatter) } else { write!(formatter, "\"{}\"", self.0) }
    }
}

/// A text as one word, with every character escaped that is not a letter or digit.
struct Bare<'t>(&'t str);

impl Display for Bare<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for character in self.0.chars() {
            if first || !character.is_ascii_alphanumeric() {
                formatter.write_char('\\')?;
            }
            first = false;
            formatter.write_char(character)?;
        }
        Ok(())
    }
}

/// A name below `properties`, `traits` or `context`. What is not alphanumeric, `_`, `-` or `.` is escaped, as is what
/// the lexer would not take for a name: a digit or dash at a start, a dot beside a dot, a last word that is a keyword.
struct Name<'t>(&'t str);

impl Display for Name<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let last = self.0.rsplit('.').next().unwrap_or_default();
        let keyword = matches!(last, "and" | "or" | "null").then(|| self.0.len() - last.len());
        let mut before = '.';
        for (at, character) in self.0.char_indices() {
            let after = self.0[at + character.len_utf8()..].chars().next().unwrap_or('.');
            let plain = match character {
                '.' => before != '.' && after != '.',
                '0'..='9' | '-' => before != '.',
                other => (other.is_ascii_alphabetic() || other == '_') && keyword != Some(at),
            };
            if !plain {
                formatter.write_char('\\')?;
            }
            formatter.write_char(character)?;
            before = character;
        }
        Ok(())
    }
}
