//! Dotted paths as Segment's `get` reads them.

use std::borrow::Cow;

use crate::{
    limits::MAX_PATH_LENGTH,
    text::js_length,
    tree::Tree,
    value::{Number, Value},
};

/// Names and indices to walk from a value to one of its parts. The empty path is the value itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    steps: Box<[Step]>,
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    name: Box<str>,
    /// The name as a place in an array, if it is spelled like one.
    index: Option<usize>,
}

impl Step {
    fn new(name: &str) -> Self {
        let index = name.parse().ok().filter(|index: &usize| index.to_string() == name);
        Step { name: name.into(), index }
    }
}

/// A path that is too long to be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a path may have at most {MAX_PATH_LENGTH} bytes, this one has {0}")]
pub(crate) struct TooLong(usize);

impl Path {
    /// A path of `@path` and `@arrayPath`: the first `$.` in it means nothing.
    pub(crate) fn of_mapping(text: &str) -> Result<Path, TooLong> {
        Path::of_template(&text.replacen("$.", "", 1))
    }

    /// A path as templates have it: `a.b[0]['c d']`, where brackets around anything but an index or a quoted name
    /// belong to the name, and quotes mean nothing else.
    pub(crate) fn of_template(text: &str) -> Result<Path, TooLong> {
        Path::from_names(text, split_mapping(text).map(|name| name.replace(['\'', '"'], "")))
    }

    /// A path of FQL: names between dots and brackets.
    pub(crate) fn of_trigger(text: &str) -> Result<Path, TooLong> {
        Path::from_names(text, text.split(['.', '[', ']']).filter(|name| !name.is_empty()).map(str::to_owned))
    }

    fn from_names(text: &str, names: impl Iterator<Item = String>) -> Result<Path, TooLong> {
        if text.len() > MAX_PATH_LENGTH {
            return Err(TooLong(text.len()));
        }
        Ok(Path { steps: names.map(|name| Step::new(&name)).collect() })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The part of `root` at this path. As in JavaScript's `a && a[b]`, a false value on the way is the answer.
    pub(crate) fn find<'v>(&self, root: Option<&'v Value<'v>>) -> Tree<'v> {
        let Some(mut value) = root else { return Tree::Absent };
        for (at, step) in self.steps.iter().enumerate() {
            let next = match value {
                Value::Object(object) => object.get(&step.name),
                Value::Array(items) if step.index.is_some() => step.index.and_then(|index| items.get(index)),
                falsy if !falsy.is_truthy() => return Tree::Borrowed(falsy),
                other => return made(other, &self.steps[at..]),
            };
            match next {
                Some(found) => value = found,
                None => return Tree::Absent,
            }
        }
        Tree::Borrowed(value)
    }
}

/// Walks what JavaScript has on strings and arrays: their length, and a string's characters.
fn made<'v>(from: &Value<'_>, steps: &[Step]) -> Tree<'v> {
    let mut made: Option<Value<'static>> = None;
    for step in steps {
        let value = made.as_ref().unwrap_or(from);
        if !value.is_truthy() {
            break;
        }
        match property(value, step) {
            Some(next) => made = Some(next),
            None => return Tree::Absent,
        }
    }
    made.map_or(Tree::Absent, Tree::Owned)
}

fn property(value: &Value<'_>, step: &Step) -> Option<Value<'static>> {
    let number = |length: usize| Value::Number(Number::from(length as u64));
    match (value, step.index) {
        (Value::Array(items), None) if &*step.name == "length" => Some(number(items.len())),
        (Value::String(text), None) if &*step.name == "length" => Some(number(js_length(text))),
        (Value::String(text), Some(index)) => {
            let unit = text.encode_utf16().nth(index)?;
            Some(Value::String(Cow::Owned(String::from_utf16_lossy(&[unit]))))
        }
        _ => None,
    }
}

/// The names between the separators: `.`, `[` before a quote or digit, and `]`s after one.
fn split_mapping(text: &str) -> impl Iterator<Item = &str> {
    let marks = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'\'' | b'"' | b'0'..=b'9'));
    let bytes = text.as_bytes();
    let (mut at, mut closing) = (0_usize, false);
    let separates = move |character: char| {
        closing =
            character == ']' && (closing || marks(at.checked_sub(1).and_then(|before| bytes.get(before))));
        at += character.len_utf8();
        closing || character == '.' || (character == '[' && marks(bytes.get(at)))
    };
    text.split(separates).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let path = Path::of_mapping(text).unwrap();
        path.steps.iter().map(|step| step.name.to_string()).collect()
    }

    #[test]
    fn dots_indices_and_quoted_names_separate_and_other_brackets_do_not() {
        assert_eq!(names("$.a.b[0].c"), ["a", "b", "0", "c"]);
        assert_eq!(names("a['b c'][\"d\"]"), ["a", "b c", "d"]);
        assert_eq!(names("a[b].c"), ["a[b]", "c"]);
        assert_eq!(names("integrations.Actions Amplitude.session_id").len(), 3);
        assert_eq!(names("a..b."), ["a", "b"]);
        assert_eq!(names("a['b.c']"), ["a", "b", "c"]);
        assert_eq!(names("a[0]]"), ["a", "0"]);
        assert!(names("").is_empty() && names("$.").is_empty() && names(".").is_empty());
    }

    #[test]
    fn a_false_value_on_the_way_is_the_answer() {
        let payload = Value::parse(
            br#"{"zero": 0, "no": false, "empty": "", "null": null, "text": "abc", "list": [7]}"#,
        );
        let payload = payload.unwrap();
        let found = |path: &str| Path::of_mapping(path).unwrap().find(Some(&payload)).into_json();
        assert_eq!(found("zero.a.b").as_deref(), Some("0"));
        assert_eq!(found("no.a").as_deref(), Some("false"));
        assert_eq!(found("empty.a").as_deref(), Some("\"\""));
        assert_eq!(found("null.a").as_deref(), Some("null"));
        assert_eq!(found("text.a"), None);
        assert_eq!(found("text.length").as_deref(), Some("3"));
        assert_eq!(found("text[1]").as_deref(), Some("\"b\""));
        assert_eq!(found("list.length").as_deref(), Some("1"));
        assert_eq!(found("list[0]").as_deref(), Some("7"));
        assert_eq!(found("list[00]"), None);
        assert_eq!(found("list[1].x"), None);
    }

    impl Tree<'_> {
        fn into_json(self) -> Option<String> {
            let mut out = Vec::new();
            self.write_json(&mut out, usize::MAX).unwrap().then(|| String::from_utf8(out).unwrap())
        }
    }
}
