//! What real events have: which fields, of which types, how often, with which values.

use causeway_mapping::{Object, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Different fields that are remembered of one kind of event; names come from outside.
const MAX_FIELDS: usize = 500;

/// Levels of objects that are looked into.
const MAX_LEVELS: usize = 5;

/// Examples longer than this are of no help in a comment.
const MAX_EXAMPLE: usize = 60;

/// A field of many objects.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// In how many objects it had a value.
    pub(super) count: u64,
    /// JSON types, with `integer` apart from `number`.
    pub(super) types: BTreeSet<&'static str>,
    /// The first value that was short.
    pub(super) example: Option<String>,
    /// The fields of a list's items.
    pub(super) items: Fields,
}

/// The fields of many objects, by their dotted names.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// How many objects.
    pub(super) objects: u64,
    pub(super) by_path: BTreeMap<String, Observed>,
}

impl Fields {
    /// Adds an object.
    pub(super) fn add(&mut self, object: &Value<'_>) {
        self.objects += 1;
        self.members("", object, MAX_LEVELS);
    }

    fn members(&mut self, place: &str, object: &Value<'_>, levels: usize) {
        let members = object.as_object().filter(|_| levels > 0);
        let members = members.into_iter().flat_map(Object::iter);
        for (name, member) in members.filter(|(name, _)| is_addressable(name)) {
            let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            match member {
                Value::Null => {}
                Value::Object(_) => self.members(&path, member, levels - 1),
                _ => self.field(path, member),
            }
        }
    }

    fn field(&mut self, path: String, value: &Value<'_>) {
        if self.by_path.len() < MAX_FIELDS || self.by_path.contains_key(&path) {
            self.by_path.entry(path).or_default().add(value);
        }
    }

    /// How many of the objects have the field, 0 to 1.
    pub(super) fn share(&self, observed: &Observed) -> f64 {
        observed.count as f64 / self.objects.max(1) as f64
    }
}

impl Observed {
    fn add(&mut self, value: &Value<'_>) {
        self.count += 1;
        self.types.insert(kind(value));
        if let Value::Array(items) = value {
            items.iter().filter(|item| item.as_object().is_some()).for_each(|item| self.items.add(item));
        }
        if self.example.is_none() {
            let mut text = Vec::new();
            value.write_json(&mut text);
            self.example = String::from_utf8(text).ok().filter(|text| text.len() <= MAX_EXAMPLE);
        }
    }

    pub(super) fn is_list_of_objects(&self) -> bool {
        self.items.objects > 0
    }
}

/// Names that a path can hold as they are. The others are rare, and a proposal for them would have to be explained.
fn is_addressable(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-' | ' ' | '$' | ':'))
}

fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Number(number) if number.as_f64().fract() == 0.0 => "integer",
        other => other.kind(),
    }
}
