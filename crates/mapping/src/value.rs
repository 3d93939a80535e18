//! JSON values that borrow their text: the payload a mapping reads and the result it makes.

mod convert;
mod number;
mod object;
mod parse;
mod serialize;
mod write;

use std::borrow::Cow;

pub use number::Number;
pub use object::Object;
pub(crate) use object::unique;
pub use parse::ParseError;
pub(crate) use write::{write_str, write_str_body};

/// A JSON value whose strings and keys may borrow from the text it was read from or from a mapping.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value<'a> {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(Number),
    /// A string
    String(Cow<'a, str>),
    /// An array
    Array(Vec<Value<'a>>),
    /// An object
    Object(Object<'a>),
}

impl<'a> Value<'a> {
    /// Reads one JSON text. Strings without escapes borrow from `json`.
    ///
    /// Nesting deeper than [`MAX_DEPTH`](crate::limits::MAX_DEPTH), numbers beyond an `f64` and anything that RFC 8259
    /// does not allow are errors. Half of a surrogate pair becomes U+FFFD, since no Rust string can hold it.
    pub fn parse(json: &'a [u8]) -> Result<Value<'a>, ParseError> {
        parse::parse(json)
    }

    /// Whether [`Value::parse`] would take this text, which is known to be JSON nested no deeper than
    /// [`MAX_DEPTH`](crate::limits::MAX_DEPTH): all that is left to go wrong is a number beyond an `f64`. Quicker than reading
    /// it, since nothing is kept.
    pub fn can_hold(json: &str) -> bool {
        parse::numbers_fit(json)
    }

    /// Appends the value as compact JSON, with JavaScript's spelling of numbers and escapes.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write::write(self, out);
    }

    /// The value with every string copied, so that it borrows from nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(flag),
            Value::Number(number) => Value::Number(number),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Value::Object(object) => Value::Object(object.into_owned()),
        }
    }

    /// A copy that borrows its strings from this value.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(*flag),
            Value::Number(number) => Value::Number(*number),
            Value::String(text) => Value::String(Cow::Borrowed(text)),
            Value::Array(items) => Value::Array(items.iter().map(Value::borrowed).collect()),
            Value::Object(object) => Value::Object(object.borrowed()),
        }
    }

    /// The member named `key`, if this is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.as_object()?.get(key)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// The object, if this is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        if let Value::Object(object) = self { Some(object) } else { None }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        if let Value::Array(items) = self { Some(items) } else { None }
    }

    /// The flag, if this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Value::Bool(flag) = self { Some(*flag) } else { None }
    }

    /// What kind of value this is, as error messages say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// JavaScript's truth: `null`, `false`, `0` and `""` are false, all else is true.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::Array(_) | Value::Object(_) => true,
        }
    }
}
