//! From tokens to conditions, as the public parser reads them.
//!
//! It walks the tokens once: a field takes the next two tokens as operator and value, a group reaches to the first `)`
//! whatever that closes, the last `and` or `or` joins a whole group, and what fits nowhere is skipped. We read the same,
//! note what is surprising, and refuse what the public parser throws on, what it cannot name, and what could never match.

use super::{
    Notice, SyntaxError,
    condition::{Condition, Joint, ORDERS, Operand, Part, Test},
    field::{Field, VOCABULARY},
    lexer::{self, Kind, Token},
};
use crate::value::Number;

type Outcome<T> = Result<T, SyntaxError>;

pub(super) fn parse(text: &str) -> Outcome<(Condition, Vec<Notice>)> {
    let tokens = lexer::tokens(text)?;
    let end = Token { kind: Kind::End, text: "eos".to_owned(), column: text.chars().count() + 1 };
    let mut notices = Vec::new();
    let condition = match Parser::new(&tokens, &end, false, &mut notices).conditions()? {
        group @ Condition::Group(..) => group,
        test @ Condition::Test(..) => Condition::Group(Joint::And, vec![test]),
    };
    Ok((condition, notices))
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    end: &'t Token,
    in_group: bool,
    notices: &'t mut Vec<Notice>,
}

impl<'t> Parser<'t> {
    fn new(tokens: &'t [Token], end: &'t Token, in_group: bool, notices: &'t mut Vec<Notice>) -> Self {
        Parser { tokens, at: 0, end, in_group, notices }
    }

    /// The next token; the end comes once.
    fn next(&mut self) -> Option<&'t Token> {
        let token = match self.tokens.get(self.at) {
            Some(token) => Some(token),
            None => (self.at == self.tokens.len()).then_some(self.end),
        };
        self.at += 1;
        token
    }

    fn notice(&mut self, token: &Token, message: impl Into<String>) {
        self.notices.push(Notice { column: token.column, message: message.into() });
    }

    fn conditions(&mut self) -> Outcome<Condition> {
        let mut conditions = Vec::new();
        let mut joint = None;
        while let Some(token) = self.next().filter(|token| token.kind != Kind::End) {
            match token.kind {
                Kind::Identifier => conditions.push(self.named(token)?),
                Kind::Open => conditions.push(self.group(token)?),
                Kind::Conditional => joint = Some(self.joint(token, joint)),
                Kind::Operator if token.text == "!" => conditions.extend(self.negated(token)?),
                _ => self.notice(token, format!("{} is ignored here", token.text)),
            }
        }
        match conditions.len() {
            0 => Err(fail(self.end, "there is nothing to test; write a condition like type = \"track\"")),
            1 => Ok(conditions.remove(0)),
            _ => Ok(Condition::Group(joint.unwrap_or(Joint::And), conditions)),
        }
    }

    fn joint(&mut self, token: &Token, before: Option<Joint>) -> Joint {
        let joint = if token.text == "or" { Joint::Or } else { Joint::And };
        if before.is_some_and(|before| before != joint) {
            self.notice(
                token,
                format!("and and or are mixed: this {} joins all conditions beside it", token.text),
            );
        }
        joint
    }

    fn named(&mut self, token: &Token) -> Outcome<Condition> {
        match token.text.as_str() {
            "contains" | "match" => self.function(token, false),
            _ => self.comparison(token),
        }
    }

    fn negated(&mut self, not: &Token) -> Outcome<Option<Condition>> {
        let function = self.tokens.get(self.at);
        let Some(function) =
            function.filter(|token| token.kind == Kind::Identifier && is_function(&token.text))
        else {
            self.notice(not, "! is ignored here: it only works right before contains() and match()");
            return Ok(None);
        };
        self.at += 1;
        self.function(function, true).map(Some)
    }

    fn comparison(&mut self, token: &Token) -> Outcome<Condition> {
        let field = field(token)?;
        let operator = self.next().unwrap_or(self.end);
        let Some(value) = self.next() else {
            return Err(fail(operator, format!("{} needs an operator and a value", token.text)));
        };
        if operator.kind != Kind::Operator || operator.text == "!" {
            let message =
                format!("expected =, !=, <, <=, > or >= after {}, not {}", token.text, operator.text);
            return Err(fail(operator, message));
        }
        self.check_value(value)?;
        let test = test(&field, &operator.text, value);
        Ok(Condition::Test(field, test))
    }

    fn check_value(&mut self, value: &Token) -> Outcome<()> {
        match value.kind {
            Kind::End => return Err(fail(value, "expected a value")),
            Kind::String if value.text.starts_with('\'') => {
                self.notice(value, "single quotes are part of the text; use double quotes");
            }
            Kind::String | Kind::Number | Kind::Null => {}
            Kind::Identifier if matches!(value.text.as_str(), "true" | "false") => {}
            _ => self.notice(value, format!("{} is taken as a text; put it in double quotes", value.text)),
        }
        Ok(())
    }

    /// `contains(field, text)` or `match(field, text)`. The public parser does not look at the marks between; what it
    /// makes of a text without them is no trigger that anybody meant.
    fn function(&mut self, function: &Token, negated: bool) -> Outcome<Condition> {
        let malformed = || fail(function, format!("expected {}(field, \"text\")", function.text));
        let open = self.next();
        let name = self.next().ok_or_else(malformed)?;
        let comma = self.next();
        let value = self.next().ok_or_else(malformed)?;
        let close = self.next().map(|token| token.kind);
        let opened = open.is_some_and(|open| open.kind == Kind::Open);
        let parted = comma.is_some_and(|comma| comma.text == ",");
        let closed = close == Some(Kind::Close) || (self.in_group && close == Some(Kind::End));
        if !(opened && parted && closed) {
            return Err(malformed());
        }
        self.check_value(value)?;
        let field = field(name).and_then(|field| match field.kind {
            super::field::Kind::Type => Err(fail(name, "functions cannot test type; use = or !=")),
            _ => Ok(field),
        })?;
        let (part, text) = if function.text == "contains" {
            (Part::Any, operand(value).into_text())
        } else {
            self.pattern(value)
        };
        Ok(Condition::Test(field, Test::Text { part, negated, text }))
    }

    /// `"text*"` is a start; anything else is an end, without its first character.
    fn pattern(&mut self, value: &Token) -> (Part, String) {
        let mut text = operand(value).into_text();
        if value.text.ends_with("*\"") {
            text.pop();
            return (Part::Start, text);
        }
        if !text.starts_with('*') {
            self.notice(value, "without a * this tests the end, and leaves out the first character");
        }
        (Part::End, text.chars().skip(1).collect())
    }

    /// Reaches to the first `)`, whatever that closes.
    fn group(&mut self, open: &Token) -> Outcome<Condition> {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|token| token.kind == Kind::Close) else {
            let nested = "a group may not stand inside a group: Segment cannot read it either";
            return Err(fail(open, if self.in_group { nested } else { "this ( is never closed" }));
        };
        self.at += length + 1;
        let end = Token { column: rest[length].column, ..self.end.clone() };
        Parser::new(&rest[..length], &end, true, self.notices).conditions()
    }
}

fn fail(token: &Token, message: impl Into<String>) -> SyntaxError {
    SyntaxError { column: token.column, message: message.into() }
}

fn is_function(name: &str) -> bool {
    matches!(name, "contains" | "match")
}

fn field(token: &Token) -> Outcome<Field> {
    let known = if token.kind == Kind::Identifier { Field::of_identifier(&token.text) } else { None };
    match known {
        Some(field) => field.map_err(|message| fail(token, message)),
        None if matches!(token.text.as_str(), "and" | "or") => {
            Err(fail(token, format!("put a space after {}", token.text)))
        }
        None => Err(fail(token, format!("unknown identifier {}; there are {VOCABULARY}", token.text))),
    }
}

/// The value of a token. Double quotes are taken off, single ones stay.
fn operand(token: &Token) -> Operand {
    let text = token.text.as_str();
    match token.kind {
        Kind::String => {
            let text = text.strip_prefix('"').unwrap_or(text);
            Operand::Text(text.strip_suffix('"').unwrap_or(text).to_owned())
        }
        Kind::Number => number(text).map_or_else(|| Operand::Text(text.to_owned()), Operand::Number),
        Kind::Identifier if text == "true" || text == "false" => Operand::Bool(text == "true"),
        _ => Operand::Text(text.to_owned()),
    }
}

fn number(text: &str) -> Option<Number> {
    text.parse().ok().and_then(Number::from_f64)
}

/// What `operator value` asks of a field. Only named fields know numbers and booleans, only `name` and `userId` beside
/// them know `null`; for the others all values are text.
fn test(field: &Field, operator: &str, value: &Token) -> Test {
    use super::field::Kind as FieldKind;
    let named = field.kind.is_named();
    let knows_null = named || matches!(field.kind, FieldKind::Name | FieldKind::UserId);
    let knows_flags = named || field.kind == FieldKind::UserId;
    match (operator, value.text.as_str(), operand(value)) {
        ("=", "null", _) if knows_null => Test::NotExists,
        ("!=", "null", _) if knows_null => Test::Exists,
        ("=", "true" | "false", _) if knows_flags => Test::Is(value.text == "true"),
        ("=", _, Operand::Number(number)) if named => Test::NumberEquals(number),
        ("!=", _, Operand::Number(number)) if named => Test::NumberNotEquals(number),
        ("=", _, operand) => Test::Equals(operand.into_text()),
        (operator, _, operand) => {
            let operand = if named { operand } else { Operand::Text(operand.into_text()) };
            let order = ORDERS.iter().find(|(_, sign)| *sign == operator);
            order.map_or(Test::NotEquals(operand.clone()), |(order, _)| Test::Compare(*order, operand))
        }
    }
}
