//! A JSON object by the places of its members, so that something can be added without writing it anew.

use crate::json::{Malformed, Reader, Shape};
use std::borrow::Cow;
use std::ops::Range;

/// How often a parameter is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// Not at all.
    Absent,
    /// Once, here.
    Once(T),
    /// More than once: nobody can say which of them counts.
    Often,
}

impl<T> Found<T> {
    /// The only one of these.
    pub(super) fn only(mut all: impl Iterator<Item = T>) -> Self {
        match (all.next(), all.next()) {
            (None, _) => Self::Absent,
            (Some(one), None) => Self::Once(one),
            (Some(_), Some(_)) => Self::Often,
        }
    }
}

/// An object within a text.
#[derive(Debug)]
pub(super) struct Object<'a> {
    /// Keys and the places of their values.
    members: Vec<(Cow<'a, str>, Range<usize>)>,
    /// The place of the closing bracket.
    close: usize,
}

impl<'a> Object<'a> {
    /// Reads the object that comes next.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.here();
        let mut members = Vec::new();
        reader.object(|reader, key| {
            let start = reader.here();
            let length = reader.value()?.len();
            members.push((key, start..start + length));
            Ok(())
        })?;
        Ok(Self { members, close: start + reader.since(start).len() - 1 })
    }

    /// The place of a member's value.
    pub(super) fn get(&self, name: &str) -> Found<Range<usize>> {
        let named = self.members.iter().filter(|(key, _)| key == name);
        Found::only(named.map(|(_, place)| place.clone()))
    }

    /// Where a further member goes, and whether a comma stands before it.
    pub(super) fn end(&self) -> (usize, bool) {
        (self.close, !self.members.is_empty())
    }
}

/// The items of an array that is all of this text, of which strings are handed out; nothing if it is no array.
pub(super) fn items(text: &str) -> Option<Vec<Option<Cow<'_, str>>>> {
    let mut reader = Reader::new(text);
    let mut items = Vec::new();
    let read = reader.array(|reader| {
        let string = reader.shape()? == Shape::String;
        items.push(if string { Some(reader.string()?) } else { reader.value().map(|_| None)? });
        Ok(())
    });
    (read.is_ok() && reader.end().is_ok()).then_some(items)
}
