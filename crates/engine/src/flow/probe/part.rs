//! A part of a mapping under watch, and what is seen of it.

use super::liquid::Template;
use super::rules::Rule;
use causeway_mapping::{Mapping, Value};
use serde_json::Value as Json;

/// What is seen of a part of a mapping.
#[derive(Debug)]
pub(in crate::flow) struct Probe {
    /// Where in the mapping.
    pub(in crate::flow) place: String,
    /// The path, or the condition in words.
    pub(in crate::flow) words: String,
    pub(in crate::flow) watch: Watch,
    /// How often it was looked at.
    pub(in crate::flow) seen: u64,
    /// How often the answer was yes.
    pub(in crate::flow) hits: u64,
    /// The first value with which it was.
    pub(in crate::flow) example: Option<Json>,
}

/// What is asked of a part.
#[derive(Debug, Clone, Copy)]
pub(in crate::flow) enum Watch {
    /// Does the path lead to anything?
    Path,
    /// Is the condition true?
    Condition,
    /// Is one comparison of a condition true?
    Comparison,
    /// Is the value one that the directive does not take as it is?
    Value(&'static Rule),
}

/// Something to look with, in the order of the mapping.
#[derive(Debug)]
pub(super) enum Part {
    /// A part of the mapping, compiled alone.
    Directive(Mapping, Vec<Probe>),
    Liquid(Template),
}

impl Part {
    /// Looks at a value. What can't be resolved makes a dead letter, which is told of on its own.
    pub(super) fn look(&mut self, value: &Value<'_>) {
        match self {
            Self::Liquid(template) => template.look(value),
            Self::Directive(mapping, probes) => {
                if let Ok(found) = mapping.resolve(value) {
                    for probe in probes {
                        probe.look(found.as_ref());
                    }
                }
            }
        }
    }

    pub(super) fn probes(&self) -> &[Probe] {
        match self {
            Self::Liquid(template) => &template.probes,
            Self::Directive(_, probes) => probes,
        }
    }
}

impl Probe {
    pub(super) fn new(place: String, words: String, watch: Watch) -> Self {
        Self { place, words, watch, seen: 0, hits: 0, example: None }
    }

    fn look(&mut self, found: Option<&Value<'_>>) {
        match self.watch {
            Watch::Path => self.count(found.is_some_and(|found| *found != Value::Null), None),
            Watch::Condition | Watch::Comparison => self.count(found == Some(&Value::Bool(true)), None),
            Watch::Value(rule) => self.count((rule.applies)(found), found),
        }
    }

    pub(super) fn count(&mut self, hit: bool, example: Option<&Value<'_>>) {
        self.seen += 1;
        self.hits += u64::from(hit);
        if hit && self.example.is_none() {
            self.example = example.map(Json::from);
        }
    }
}

impl Watch {
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Value(one), Self::Value(other)) => std::ptr::eq(one, other),
            (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
        }
    }
}
